import type { Batch } from '../metrics/contract.js';
import { ReleaseProblem } from '../release/problem.js';
import type { ReleaseContext } from './context.js';
import { scriptEnvironment } from './script.js';
import { stopIfAsked } from './stop.js';
import type { Observation, Trial } from './trial.js';

const LOOK_EVERY_MS = 1_000;

interface ObserveOptions {
  readonly stage: 'canary' | 'promote';
  /** Null when there is nothing to measure, and `alarm` alone watches. */
  readonly trial: Trial | null;
  readonly forMs: number;
  readonly wave: string | null;
  /** Ends as soon as all has passed. */
  readonly early?: boolean;
  /** Looked at once a second beside the metrics; throws to end the observation. */
  readonly alarm?: (signal: AbortSignal) => Promise<void>;
  /** What becomes of a batch before it is judged. */
  readonly turn?: (metric: string, batch: Batch) => Batch;
}

/**
 * Measures for the given time and judges at every look. Ends before its time when the judge fails it or `alarm` says
 * so, and with `early` when all has passed. Throws when the release must stop.
 */
export async function observe(context: ReleaseContext, options: ObserveOptions): Promise<Observation | null> {
  const { trial, forMs } = options;
  const { clock } = context.ports;
  const done = new AbortController();
  const signal = AbortSignal.any([context.signal, done.signal]);
  const from = clock.now();
  const deadline = from + forMs;
  trial?.listen(from);
  const parts = [
    measure(context, options, signal),
    options.alarm ? sound(context, options.alarm, signal) : Promise.resolve(),
  ];
  let broken: unknown = null;
  const ended = parts.map((part) =>
    part.catch((error: unknown) => {
      broken ??= error;
      done.abort();
    }),
  );
  let at = from;
  while (at < deadline && !signal.aborted) {
    await clock.sleep(Math.min(LOOK_EVERY_MS, deadline - at), signal);
    at = clock.now();
    if (at < deadline && trial?.look({ at, deadline, early: options.early ?? false })) break;
  }
  const isWhole = at >= deadline;
  done.abort();
  await Promise.all(ended);
  stopIfAsked(context.signal);
  if (broken) throw broken;
  // Whatever the clock did meanwhile: a verdict at the end is one at the deadline, and one before it is not.
  return trial?.conclude({ at: isWhole ? Math.max(clock.now(), deadline) : at, deadline }) ?? null;
}

/** Turns an observation that did not pass into the problem that ends the stage. */
export function mustPass(observation: Observation, what: string): void {
  if (observation.verdict === 'passed') return;
  const deciding = observation.metrics.filter(({ importance }) => importance !== 'advisory');
  const telling = deciding.filter(({ verdict }) => verdict === observation.verdict);
  const facts = telling.map(({ metric, reason }) => `${metric}: ${reason}`).join('; ');
  throw new ReleaseProblem(
    `metric-${observation.verdict}`,
    `${what}: ${facts || observation.reason || 'nothing was measured'}`,
    { verdict: observation.verdict, evidence: evidenceLines(observation) },
  );
}

/** What the stage's evidence says of an observation, a line for each metric. */
export function evidenceLines({ metrics }: Pick<Observation, 'metrics'>, where = ''): readonly string[] {
  return metrics.map(({ metric, importance, verdict, reason }) => {
    const advisory = importance === 'advisory' ? ' (advisory)' : '';
    return `- ${where}\`${metric}\`${advisory} ${verdict}: ${reason}`;
  });
}

async function measure(
  context: ReleaseContext,
  { stage, trial, wave, turn }: ObserveOptions,
  signal: AbortSignal,
): Promise<void> {
  if (trial === null || trial.metrics.length === 0) return;
  await context.ports.metrics.measure({
    metrics: trial.metrics,
    wave,
    env: scriptEnvironment(context, { stage }),
    signal,
    everyMs: LOOK_EVERY_MS,
    onBatch: (name, batch) => trial.take(name, turn ? turn(name, batch) : batch),
  });
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
