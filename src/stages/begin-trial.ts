import type { PastInterval } from '../judge/dispersion.js';
import { rulesOfPlan } from '../judge/plan-rules.js';
import type { TrialBegun } from '../judge/trial.js';
import type { PastBatches } from '../metrics/contract.js';
import type { Metric, Plan } from '../plan/plan.js';
import { watchedMetrics } from '../plan/watched.js';
import type { ReleaseContext } from './context.js';
import { scriptEnvironment } from './script.js';
import { Trial } from './trial.js';

/** The watch takes so much of the chance of a false alarm, where the canary was judged before it. */
const WATCH_PART = 0.25;
/** Bursts are recognised over a minute, or over a sixtieth of a canary that is shorter than an hour. */
const LONGEST_INTERVAL_MS = 60_000;
const INTERVALS = 60;
/** How far back the baseline is looked at, for how much its error rate scatters by itself. */
const HISTORY_MS = 60 * 60_000;

/** The part of the plan's `false-alarm` that a stage has: together they have all of it. */
export function falseAlarmOf(plan: Plan, stage: 'canary' | 'promote'): number {
  const canary = plan.metrics.length > 0 && (plan.canary?.steps ?? []).some(({ forMs }) => forMs > 0);
  const watch = (plan.watch?.forMs ?? 0) > 0 && watchedMetrics(plan).length > 0;
  if (!(canary && watch)) return plan.falseAlarm;
  return plan.falseAlarm * (stage === 'promote' ? WATCH_PART : 1 - WATCH_PART);
}

interface Begin {
  readonly stage: 'canary' | 'promote';
  readonly metrics: readonly Metric[];
  readonly plannedMs: number;
  readonly history: TrialBegun['history'];
}

/** The judge of a stage, who has seen nothing yet but the baseline's past. */
export function beginTrial(context: ReleaseContext, { stage, metrics, plannedMs, history }: Begin): Trial {
  return new Trial(context.journal, metrics, {
    stage,
    at: context.ports.clock.now(),
    plannedMs,
    intervalMs: intervalOf(plannedMs),
    rules: rulesOfPlan(metrics, falseAlarmOf(context.plan, stage)),
    history,
  });
}

/** Error rates of the baseline before the canary. Without them the judge is more careful, so that none is an error. */
export async function readHistory(
  context: ReleaseContext,
  { metrics, plannedMs, wave }: Pick<Begin, 'metrics' | 'plannedMs'> & { readonly wave: string | null },
): Promise<TrialBegun['history']> {
  const { metrics: source, clock, log } = context.ports;
  const asked = metrics.filter((metric) => metric.kind === 'errors' && source.hasHistory(metric));
  if (asked.length === 0) return {};
  const to = clock.now();
  const past = await source.history({
    metrics: asked,
    wave,
    env: scriptEnvironment(context, { stage: 'canary' }),
    signal: context.signal,
    from: to - HISTORY_MS,
    to,
    everyMs: intervalOf(plannedMs),
  });
  return Object.fromEntries(
    asked.flatMap(({ name }) => {
      const batches = past[name] ?? { problem: 'nothing came of it' };
      if ('problem' in batches)
        log.info(
          `The past of \`${name}\` could not be read, so its judge is more careful: ${batches.problem}`,
        );
      return 'problem' in batches ? [] : [[name, intervalsOf(batches)]];
    }),
  );
}

function intervalOf(plannedMs: number): number {
  return Math.max(1, Math.min(LONGEST_INTERVAL_MS, plannedMs / INTERVALS));
}

function intervalsOf(batches: Exclude<PastBatches, { problem: string }>): readonly PastInterval[] {
  return batches.flatMap((batch) => {
    if (batch.kind !== 'errors' || batch.baseline === null) return [];
    const { failed, total } = batch.baseline;
    const isSound = Number.isFinite(failed) && Number.isFinite(total) && failed >= 0 && failed <= total;
    return isSound ? [{ failed, total }] : [];
  });
}
