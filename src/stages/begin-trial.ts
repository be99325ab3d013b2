import { rulesOfPlan } from '../judge/plan-rules.js';
import type { Metric, Plan } from '../plan/plan.js';
import { watchedMetrics } from '../plan/watched.js';
import { type BaselinePast, readBaselinePast } from './baseline-past.js';
import type { ReleaseContext } from './context.js';
import { Trial } from './trial.js';

/** The watch takes so much of the chance of a false alarm, where the canary was judged before it. */
const WATCH_PART = 0.25;
/** Bursts are recognised over a minute, or over a sixtieth of a canary that is shorter than an hour. */
const LONGEST_INTERVAL_MS = 60_000;
const INTERVALS = 60;

export const NO_PAST: BaselinePast = { history: {}, latencies: {}, readings: {} };

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
  readonly past: BaselinePast;
}

/** The judge of a stage, who has seen nothing yet but the baseline's past. */
export function beginTrial(context: ReleaseContext, { stage, metrics, plannedMs, past }: Begin): Trial {
  return Trial.begin(context.journal, metrics, {
    stage,
    at: context.ports.clock.now(),
    plannedMs,
    intervalMs: intervalOf(plannedMs),
    rules: rulesOfPlan(metrics, falseAlarmOf(context.plan, stage)),
    ...past,
  });
}

/** What the judge of a canary that is planned to last so long learns before it begins. */
export function readPast(
  context: ReleaseContext,
  { metrics, plannedMs, wave }: Pick<Begin, 'metrics' | 'plannedMs'> & { readonly wave: string | null },
): Promise<BaselinePast> {
  const { metrics: rules } = rulesOfPlan(metrics, context.plan.falseAlarm);
  return readBaselinePast(context, { metrics, rules, intervalMs: intervalOf(plannedMs), wave });
}

function intervalOf(plannedMs: number): number {
  return Math.max(1, Math.min(LONGEST_INTERVAL_MS, plannedMs / INTERVALS));
}
