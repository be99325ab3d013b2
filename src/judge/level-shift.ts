import { logSumExp } from './log-space.js';
import { correlationOf, type Scatter, scatterOf } from './prewhitening.js';

const { exp, log, log1p, max, min, sqrt } = Math;

/** What a level shift is judged by: the past differences less the margin, and how many came before them. */
export interface Shifted {
  readonly values: readonly number[];
  readonly before: number;
  /** What the baseline's history says of the scatter; null without one. */
  readonly known: Scatter | null;
}

/** Without a history the noise is taken to have a memory until the pairs show otherwise. */
const UNKNOWN = { correlation: 0.6, pairs: 20 };
/** What a history says of the correlation counts as an hour of pairs, one a minute. */
const HISTORY_PAIRS = 60;
/** As much bets on a shift at the first pair, and such a part of the rest at each later one, where the signs do as well. */
const FIRST = 0.97;
const PER_PAIR = 0.04;
/** The variance of the size of a shift before it is seen, in units of the innovations' variance. */
const SIZE = 4;
/** A history counts as so many pairs: its baseline may be calmer than the canary. */
const KNOWN_PAIRS = 8;
/** A shift that begins after the first pair must have lasted so long. */
const LEAST_PAIRS = 4;
/** Innovations count for no more than so many times their scatter, once there are a few. */
const MOST_SCATTER = 3.5;
const LEAST_OWN = 5;
/** What the estimate of the correlation costs, in pairs; by simulation at the margin. */
const LOST_PAIRS = 1;

/**
 * The logarithm of the Bayes factor of "the level rose above the margin at some pair" against "it never did", for an
 * autoregression of order one whose scale is unknown: the t test's, which is an e-process for normal noise of any
 * scale (Lai 1976; Wang and Ramdas, arXiv 2310.03722), over all onsets. The correlation is estimated, so that it is an
 * approximation; where it starts without a history the first pair says nothing by itself.
 */
export function logLevelShift({ values, before, known }: Shifted): number {
  const n = values.length;
  if (n < 2) return 0;
  const prior = known === null ? UNKNOWN : { correlation: known.correlation, pairs: HISTORY_PAIRS };
  const correlation = correlationOf(values, prior);
  const innovations = clipped(
    values.map((value, i) => value - correlation * (values[i - 1] ?? 0)),
    known,
  );
  const calm = calmBefore(innovations, known);
  const terms: number[] = [];
  // What pairs after the onset bring, summed up from the last one back.
  const after: Sums = { xx: 0, xu: 0, uu: 0 };
  for (let onset = n - 1; onset >= 0; onset--) {
    const isLong = onset === 0 || n - onset >= LEAST_PAIRS;
    const u = innovations[onset] ?? 0;
    // At its onset a shift shows in full, later only in what the correlation does not foretell.
    const x = onset === 0 ? sqrt(1 - correlation * correlation) : 1;
    const scaled = onset === 0 ? x * u : u;
    const sums = { xx: after.xx + x * x, xu: after.xu + x * scaled, uu: after.uu + scaled * scaled };
    if (isLong) {
      const factor = logBayesFactor(sums, n - onset, calm[onset] ?? NOTHING_KNOWN);
      terms.push(logStake(before + onset) + factor);
    }
    const step = 1 - correlation;
    after.xx += step * step;
    after.xu += step * u;
    after.uu += u * u;
  }
  return logSumExp(terms);
}

interface Sums {
  xx: number;
  xu: number;
  uu: number;
}

/** Squares of innovations without a shift, and of how many. */
interface Calm {
  readonly squares: number;
  readonly pairs: number;
}

const NOTHING_KNOWN: Calm = { squares: 0, pairs: 0 };

/** The part of the capital on a shift at this pair; what is on later ones is kept as it is. */
function logStake(pair: number): number {
  return pair === 0 ? log(FIRST) : log1p(-FIRST) + log(PER_PAIR) + (pair - 1) * log1p(-PER_PAIR);
}

/** Drawn in to a few times the scatter: a single outlier is no shift, and what follows it must show one. */
function clipped(innovations: readonly number[], known: Scatter | null): readonly number[] {
  const own = innovations.length < LEAST_OWN ? 0 : scatterOf(innovations.slice(1));
  const most = MOST_SCATTER * max(own, known?.scatter ?? 0);
  return most > 0 ? innovations.map((value) => min(most, max(-most, value))) : innovations;
}

/** The scatter known at each onset: from the history, and about their mean from the pairs before. */
function calmBefore(innovations: readonly number[], known: Scatter | null): readonly Calm[] {
  const start =
    known === null ? NOTHING_KNOWN : { squares: KNOWN_PAIRS * known.scatter ** 2, pairs: KNOWN_PAIRS };
  let [count, sum, squares] = [0, 0, 0];
  return innovations.map((_, onset) => {
    // The first pair is no innovation.
    const value = onset > 1 ? innovations[onset - 1] : undefined;
    if (value !== undefined) {
      count += 1;
      sum += value;
      squares += value * value;
    }
    if (count < 2) return start;
    return { squares: start.squares + squares - (sum * sum) / count, pairs: start.pairs + count - 1 };
  });
}

/** One-sided, only shifts upwards: `log sqrt(1/(1+g xx)) + N/2 log(A/B) + log 2 P(shift > 0)` with g the size. */
function logBayesFactor({ xx, xu, uu }: Sums, pairs: number, calm: Calm): number {
  const size = calm.pairs + pairs - LOST_PAIRS;
  const all = calm.squares + uu;
  const explained = (SIZE / (1 + SIZE * xx)) * xu * xu;
  const half = all > 0 && explained < all ? (-size / 2) * log1p(-explained / all) : 0;
  return -0.5 * log1p(SIZE * xx) + oneSided(half, xu > 0);
}

/** `z^2 / 2 + log(2 Phi(+-z))` by a bound on Mills' ratio (Birnbaum 1942), without overflow for what is far below. */
function oneSided(half: number, isAbove: boolean): number {
  const z = sqrt(2 * half);
  const mills = 4 / (3 * z + sqrt(z * z + 8)) / sqrt(2 * Math.PI);
  return isAbove ? half + log(2 - 2 * mills * exp(-half)) : log(2 * mills);
}
