import { type RecordedBatch, recordBatch } from '../judge/recorded.js';
import type { JudgeRules } from '../judge/rules.js';
import type { TrialBegun } from '../judge/trial.js';
import type { Metric } from '../plan/plan.js';
import type { ReleaseContext } from './context.js';
import { scriptEnvironment } from './script.js';

/** How far back the baseline is looked at, for how much a healthy service scatters by itself. */
const HISTORY_MS = 60 * 60_000;

export type BaselinePast = Required<Pick<TrialBegun, 'history' | 'latencies' | 'readings'>>;

interface MutablePast {
  readonly history: Record<string, BaselinePast['history'][string]>;
  readonly latencies: Record<string, BaselinePast['latencies'][string]>;
  readonly readings: Record<string, BaselinePast['readings'][string]>;
}

/**
 * The baseline before the canary, of metrics that are compared and whose source remembers. Without it the judge is
 * more careful, so that none is an error.
 */
export async function readBaselinePast(
  context: ReleaseContext,
  asked: {
    readonly metrics: readonly Metric[];
    readonly rules: JudgeRules['metrics'];
    /** How long the intervals are over which bursts are recognised. */
    readonly intervalMs: number;
    readonly wave: string | null;
  },
): Promise<BaselinePast> {
  const { metrics: source, clock, log } = context.ports;
  const known = asked.metrics.filter((metric) => metric.worseBy !== null && source.hasHistory(metric));
  const found: MutablePast = { history: {}, latencies: {}, readings: {} };
  const to = clock.now();
  for (const [everyMs, metrics] of byInterval(known, asked.intervalMs)) {
    const past = await source.history({
      metrics,
      wave: asked.wave,
      env: scriptEnvironment(context, { stage: 'canary' }),
      signal: context.signal,
      from: to - HISTORY_MS,
      to,
      everyMs,
    });
    for (const { name } of metrics) {
      const batches = past[name] ?? { problem: 'nothing came of it' };
      const rule = asked.rules[name];
      if ('problem' in batches) {
        log.info(
          `The past of \`${name}\` could not be read, and its judge is more careful: ${batches.problem}`,
        );
      } else if (rule !== undefined) {
        take(
          found,
          name,
          batches.map((batch) => recordBatch(rule, batch)),
        );
      }
    }
  }
  return found;
}

/** Only what can be true was recorded, and only the baseline's is wanted. */
function take(found: MutablePast, name: string, batches: readonly RecordedBatch[]): void {
  const counts = batches.flatMap((one) => (one.kind === 'errors' && one.baseline ? [one.baseline] : []));
  if (counts.length > 0) found.history[name] = counts;
  const times = batches.flatMap((one) => (one.kind === 'latency' && one.baseline ? [one.baseline] : []));
  if (times.length > 0) found.latencies[name] = times;
  const readings = batches.flatMap((one) =>
    one.kind === 'gauge' && one.baseline !== null ? [one.baseline] : [],
  );
  if (readings.length > 0) found.readings[name] = readings;
}

/** Readings of a gauge lie as far apart as they will in the canary; the others are taken by the interval. */
function byInterval(metrics: readonly Metric[], intervalMs: number): ReadonlyMap<number, readonly Metric[]> {
  const groups = new Map<number, Metric[]>();
  for (const metric of metrics) {
    const { kind, source } = metric;
    const everyMs = kind === 'gauge' && 'everyMs' in source ? source.everyMs : intervalMs;
    groups.set(everyMs, [...(groups.get(everyMs) ?? []), metric]);
  }
  return groups;
}
