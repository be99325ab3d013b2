import {
  addBatch,
  type LimitBatch,
  type LimitRule,
  type LimitState,
  startLimit,
  verdictOf,
} from '../judge/limit.js';
import type { MetricVerdict, Verdict } from '../judge/verdict.js';
import type { Batch } from '../metrics/contract.js';
import type { Metric } from '../plan/plan.js';
import { ReleaseProblem } from '../release/problem.js';
import type { ReleaseContext } from './context.js';
import { stopIfAsked } from './stop.js';

const LOOK_EVERY_MS = 1_000;

export interface Observation {
  readonly verdict: Verdict;
  readonly metrics: readonly MetricVerdict[];
}

/** The worst verdict decides: one metric that failed fails them all, and none of the others opens the gate. */
const WORST_FIRST = ['failed', 'errored', 'inconclusive', 'passed'] as const satisfies readonly Verdict[];

/**
 * Measures for the given time and judges. Ends early only when a metric has failed on evidence or `alarm` says so;
 * nothing passes early. Throws when the release must stop.
 */
export async function observe(
  context: ReleaseContext,
  options: {
    readonly metrics: readonly Metric[];
    readonly forMs: number;
    /** Looked at once a second beside the metrics; throws to end the observation. */
    readonly alarm?: (signal: AbortSignal) => Promise<void>;
  },
): Promise<Observation> {
  const done = new AbortController();
  const signal = AbortSignal.any([context.signal, done.signal]);
  const rules = options.metrics.flatMap(limitRuleOf);
  const states = new Map(rules.map((rule) => [rule.name, startLimit(rule)]));
  const failedEarly = (): boolean => [...states.values()].some((state) => isFailed(state));

  const measuring = context.ports.metrics.measure({
    metrics: options.metrics,
    wave: null,
    env: {},
    signal,
    everyMs: LOOK_EVERY_MS,
    onBatch: (name, batch) => {
      const state = states.get(name);
      if (!state) return;
      states.set(name, addBatch(state, limitBatchOf(batch)));
      if (failedEarly()) done.abort();
    },
  });
  const watching = options.alarm ? sound(context, options.alarm, signal) : Promise.resolve();
  let alarm: unknown = null;
  const alarmed = watching.catch((error: unknown) => {
    alarm = error;
    done.abort();
  });
  await context.ports.clock.sleep(options.forMs, signal);
  done.abort();
  await Promise.all([measuring, alarmed]);
  stopIfAsked(context.signal);
  if (alarm) throw alarm;
  return combine([...states.values()].map(finalVerdict));
}

export function combine(metrics: readonly MetricVerdict[]): Observation {
  const verdict =
    WORST_FIRST.find((worst) => metrics.some((metric) => metric.verdict === worst)) ?? 'inconclusive';
  return { verdict, metrics };
}

/** Turns an observation that did not pass into the problem that ends the stage. */
export function mustPass(observation: Observation, what: string): void {
  if (observation.verdict === 'passed') return;
  const telling = observation.metrics.filter((metric) => metric.verdict === observation.verdict);
  throw new ReleaseProblem(
    `metric-${observation.verdict}`,
    `${what}: ${telling.map((metric) => `${metric.metric}: ${metric.reason}`).join('; ') || 'nothing was measured'}`,
    { verdict: observation.verdict },
  );
}

function limitRuleOf({ name, kind, quantile, limit, minimumSamples }: Metric): LimitRule[] {
  if (kind === 'gauge' || limit === null) return [];
  return [{ name, kind, quantile, limit, minimumSamples }];
}

function limitBatchOf(batch: Batch): LimitBatch {
  const { from, to, problem } = batch;
  const span = { from, to, ...(problem ? { problem } : {}) };
  const arm = (of: 'canary' | 'baseline') => {
    if (batch.kind === 'errors' && batch[of] !== null)
      return { ...batch[of], latenciesMs: [], failures: batch[of].failures ?? {} };
    if (batch.kind !== 'latency' || batch[of] === null || !('values' in batch[of])) return null;
    return { total: batch[of].values.length, failed: 0, latenciesMs: batch[of].values, failures: {} };
  };
  return { ...span, canary: arm('canary'), baseline: arm('baseline') };
}

async function sound(
  context: ReleaseContext,
  alarm: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await alarm(signal);
    await context.ports.clock.sleep(LOOK_EVERY_MS, signal);
  }
}

function isFailed(state: LimitState): boolean {
  const verdict = verdictOf(state, { final: false });
  return verdict !== 'continue' && verdict.verdict === 'failed';
}

function finalVerdict(state: LimitState): MetricVerdict {
  const verdict = verdictOf(state, { final: true });
  if (verdict !== 'continue') return verdict;
  throw new Error('a final verdict cannot be `continue`');
}
