import type { Metric, Plan, Source } from './plan.js';

/**
 * The metrics that a watch can measure, aimed at the service. After a promotion that retires the canary the service
 * is found where the baseline was, and a source that knows only the canary has nothing left to ask. Without a
 * canary, or when it stays, the canary's own place is the service.
 */
export function watchedMetrics({ canary, metrics }: Pick<Plan, 'canary' | 'metrics'>): readonly Metric[] {
  const moved = isMoved(canary);
  return metrics.flatMap((metric) => {
    const source = aimed(metric.source, moved);
    return source === null ? [] : [{ ...metric, source }];
  });
}

/** Whether the service is where the baseline was: a script that prints both arms then has it there. */
export function isMoved(canary: Plan['canary']): boolean {
  return canary !== null && canary.endsAt === 0;
}

/** The metrics that a watch compares with the time before the promotion. */
export function comparedInWatch(plan: Pick<Plan, 'canary' | 'metrics' | 'watch'>): readonly Metric[] {
  if (plan.watch === null || plan.watch.forMs === 0) return [];
  const watched = new Set(watchedMetrics(plan).map(({ name }) => name));
  return plan.metrics.filter(({ name, worseBy }) => worseBy !== null && watched.has(name));
}

/** A release does not wait longer than this for numbers that a canary would have brought. */
export const LONGEST_LOOK_MS = 5 * 60_000;

/**
 * How long a release measures before it promotes, at most: for what a watch compares, where no canary was judged and
 * the source remembers nothing.
 */
export function lookBeforeMs(plan: Pick<Plan, 'canary' | 'metrics' | 'watch'>): number {
  const isSeen = (plan.canary?.steps ?? []).some(({ forMs }) => forMs > 0);
  const unseen = comparedInWatch(plan).filter(({ source }) => source.kind !== 'prometheus');
  if (isSeen || unseen.length === 0) return 0;
  return Math.min(plan.watch?.forMs ?? 0, LONGEST_LOOK_MS);
}

/** What asks the service alone; a script goes on telling both arms. */
function aimed(source: Source, moved: boolean): Source | null {
  switch (source.kind) {
    case 'run':
      return source;
    case 'probe': {
      const canary = moved ? source.baseline : source.canary;
      return canary === null ? null : { ...source, canary, baseline: null };
    }
    case 'prometheus': {
      const canary = moved ? source.baseline : source.canary;
      return canary === null ? null : { ...source, canary, baseline: null };
    }
    case 'http-json': {
      if (source.canary === null) return source;
      const canary = moved ? source.baseline : source.canary;
      return canary === null ? null : { ...source, canary, baseline: null };
    }
  }
}
