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
