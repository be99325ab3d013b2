import { median } from '../goal.js';
import type { Outcome } from './outcome.js';

/** What came of one judge in one cell. */
export interface Summary {
  readonly runs: number;
  readonly failed: number;
  readonly passed: number;
  /** Parts of the runs. */
  readonly failRate: number;
  readonly passRate: number;
  readonly openRate: number;
  /** The 95 % Clopper-Pearson interval of the rate of FAIL. */
  readonly failInterval: readonly [number, number];
  /** To FAIL in minutes, an undecided run counted as never; the mean is over those that failed. */
  readonly medianMinutes: number;
  readonly meanMinutes: number;
  /** The mean to FAIL with the end of the trace for a run without: what a median that is never reached leaves open. */
  readonly restrictedMinutes: number;
  readonly medianRequests: number;
  /** Failed requests of the canary until FAIL, on average. */
  readonly meanBurnt: number;
  readonly medianPassMinutes: number;
}

/** Traces are as long as this. */
const LAST_MINUTE = 60;

export function summarise(outcomes: readonly Outcome[]): Summary {
  const of = (decision: Outcome['decision']) => outcomes.filter((outcome) => outcome.decision === decision);
  const [failed, passed] = [of('fail'), of('pass')];
  const runs = outcomes.length;
  const overAll = (decision: Outcome['decision'], value: (outcome: Outcome) => number) =>
    median(
      outcomes.map((outcome) => (outcome.decision === decision ? value(outcome) : Number.POSITIVE_INFINITY)),
    );
  return {
    runs,
    failed: failed.length,
    passed: passed.length,
    failRate: failed.length / runs,
    passRate: passed.length / runs,
    openRate: (runs - failed.length - passed.length) / runs,
    failInterval: clopperPearson(failed.length, runs),
    medianMinutes: overAll('fail', ({ minute }) => minute),
    meanMinutes: mean(failed.map(({ minute }) => minute)),
    restrictedMinutes: mean(
      outcomes.map(({ decision, minute }) => (decision === 'fail' ? minute : LAST_MINUTE)),
    ),
    medianRequests: overAll('fail', ({ requests }) => requests),
    meanBurnt: mean(failed.map(({ failed: burnt }) => burnt)),
    medianPassMinutes: overAll('pass', ({ minute }) => minute),
  };
}

/** The exact 95 % interval of a share: each bound leaves 2.5 % beyond what was seen. */
export function clopperPearson(count: number, total: number, level = 0.95): readonly [number, number] {
  const tail = (1 - level) / 2;
  const low = count === 0 ? 0 : solve((p) => 1 - atMost(count - 1, total, p) - tail);
  const high = count === total ? 1 : solve((p) => tail - atMost(count, total, p));
  return [low, high];
}

/** The one-sided upper limit that 95 % of such limits keep. */
export function upperLimit(count: number, total: number): number {
  return clopperPearson(count, total, 0.9)[1];
}

function solve(rising: (p: number) => number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(X <= count) of a binomial variable. */
function atMost(count: number, total: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return count >= total ? 1 : 0;
  let log = total * Math.log1p(-p);
  let sum = 0;
  for (let x = 0; x <= count; x++) {
    sum += Math.exp(log);
    log += Math.log((total - x) / (x + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return Math.min(1, sum);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}
