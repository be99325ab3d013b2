import { addValues, emptyHistogram, type Histogram } from './histogram.js';

/** What one arm answered in one batch, as `metrics/contract.ts` has it. */
export interface Sample {
  readonly total: number;
  readonly failed: number;
  readonly latenciesMs: readonly number[];
  readonly failures: Readonly<Record<string, number>>;
}

/** All samples of one arm so far. Plain JSON. */
export interface Tally {
  readonly total: number;
  readonly failed: number;
  /** Latencies for a latency metric, in units of its limit; empty otherwise. */
  readonly latency: Histogram;
  /** The reasons for failure, for people. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Reasons beyond the commonest tell nobody anything, and the state is kept in the ledger. */
const MOST_REASONS = 10;

export function emptyTally(unit: number): Tally {
  return { total: 0, failed: 0, latency: emptyHistogram(unit), failures: {} };
}

export function addSample(tally: Tally, sample: Sample, withLatencies: boolean): Tally {
  return {
    total: tally.total + sample.total,
    failed: tally.failed + sample.failed,
    latency: withLatencies ? addValues(tally.latency, sample.latenciesMs) : tally.latency,
    failures: addReasons(tally.failures, sample.failures),
  };
}

/** Why a sample cannot be one, or null. */
export function whatIsWrong(sample: Sample, withLatencies: boolean): string | null {
  const { total, failed, latenciesMs } = sample;
  if (!isCount(total)) return `${total} is no number of requests`;
  if (!isCount(failed)) return `${failed} is no number of failed requests`;
  if (failed > total) return `${failed} of ${total} requests failed, which is more than all`;
  if (!withLatencies) return null;
  if (latenciesMs.length !== total) return `${latenciesMs.length} latencies came for ${total} requests`;
  const odd = latenciesMs.find((latency) => !(Number.isFinite(latency) && latency >= 0));
  return odd === undefined ? null : `${odd} is no latency`;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function addReasons(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = new Map(Object.entries(a));
  for (const [reason, count] of Object.entries(b)) sum.set(reason, (sum.get(reason) ?? 0) + count);
  return Object.fromEntries([...sum].sort(([, x], [, y]) => y - x).slice(0, MOST_REASONS));
}
