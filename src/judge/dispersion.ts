import { addBlocks, type Block, EMPTY_BLOCK, hasBothArms } from './block.js';

const { max, min, sqrt } = Math;

/** Failed of total requests of the baseline in one minute before the canary. */
export interface PastInterval {
  readonly failed: number;
  readonly total: number;
}

/**
 * How much more the failures scatter than independent requests would: retries and bursts come in clusters. Kept
 * as the sums of a prior of a few intervals and of what was seen since. Plain JSON.
 */
export interface Dispersion {
  readonly sum: number;
  readonly intervals: number;
  readonly hasHistory: boolean;
  /** All requests of the closed intervals. */
  readonly seen: Block;
  /** Difference of the arms and its variance in the interval before; null without one. */
  readonly last: { readonly difference: number; readonly variance: number } | null;
  /** The largest design effect so far: what evidence that was gathered before is worth. */
  readonly most: number;
}

/** The prior counts as five intervals of 1.5 with a history; without one as two of 3, so that it soon gives way. */
const PRIOR_INTERVALS = 5;
const PRIOR_PHI = 1.5;
const PRIOR_PHI_WITHOUT_HISTORY = 3;
const PRIOR_INTERVALS_WITHOUT_HISTORY = 2;
/** Historic differences are of one arm over time and count half. */
const HISTORY_WEIGHT = 0.5;
/** Below this the excess is noise of the estimate, and the more so the fewer intervals it has. */
const DEAD_ZONE = 1.15;
const DEAD_ZONE_OF_FEW = 1.6;
/**
 * One interval counts for at most so many times the estimate. A regression that sets in is one large difference and
 * would make the evidence of it worthless; bursts come again, and raise the estimate each time.
 */
const MOST_EXCESS = 9;
/** So that a rate that has risen is not measured by the variance of the low one before for ever. */
const OWN_PART = 0.4;
/** Above it single bursts could decide, and the two-interval rule is on. */
const BURSTY = 2;
const HEAVY = 4;

/**
 * Starts from the minutes of the baseline before the canary:
 * `S += (p_i - p_{i-1})^2 / (2 p (1-p) (1/n_i + 1/n_{i-1}))`, `J += 1/2`, `p = (HX + 1/2) / (HN + 50)`.
 * Successive differences are blind to slow drift (von Neumann 1941). Empty minutes are left out.
 */
export function startDispersion(
  history: readonly PastInterval[],
  { unknown = PRIOR_PHI_WITHOUT_HISTORY, weight = PRIOR_INTERVALS_WITHOUT_HISTORY } = {},
): Dispersion {
  const minutes = history.filter(({ total }) => total > 0);
  const hasHistory = minutes.length > 1;
  const rate = pastRate(minutes);
  const prior = hasHistory ? PRIOR_INTERVALS : weight;
  let sum = prior * (hasHistory ? PRIOR_PHI : unknown);
  for (let i = 1; i < minutes.length; i++) {
    const [before, now] = [minutes[i - 1], minutes[i]];
    if (before === undefined || now === undefined) continue;
    const difference = now.failed / now.total - before.failed / before.total;
    const variance = rate * (1 - rate) * (1 / now.total + 1 / before.total);
    sum += (HISTORY_WEIGHT * difference * difference) / variance;
  }
  const counted = max(0, minutes.length - 1) * HISTORY_WEIGHT;
  const intervals = prior + counted;
  return { sum, intervals, hasHistory, seen: EMPTY_BLOCK, last: null, most: phiOf({ sum, intervals }) };
}

/**
 * Closes an interval of the canary: with d = p_c - p_b and V its variance at the rates seen so far (or two fifths of that at
 * its own, where they are so much higher),
 * `S += (d - d')^2 / (V + V')`, `J += 1`. The difference of the arms is blind to what hits both, and its successive
 * differences to a constant regression. No interval counts for more than nine times the estimate before it, and one
 * without both arms is left out.
 */
export function closeInterval(dispersion: Dispersion, block: Block): Dispersion {
  if (!hasBothArms(block)) return dispersion;
  const seen = addBlocks(dispersion.seen, block);
  const difference = block.xc / block.nc - block.xb / block.nb;
  const variance =
    max(spread(seen.xc, seen.nc), OWN_PART * spread(block.xc, block.nc)) / block.nc +
    max(spread(seen.xb, seen.nb), OWN_PART * spread(block.xb, block.nb)) / block.nb;
  const { last } = dispersion;
  const next = { ...dispersion, seen, last: { difference, variance } };
  if (last === null) return next;
  const excess = (difference - last.difference) ** 2 / (variance + last.variance);
  const most = MOST_EXCESS * max(1, dispersion.sum / dispersion.intervals);
  const [sum, intervals] = [dispersion.sum + min(most, excess), dispersion.intervals + 1];
  return { ...next, sum, intervals, most: max(dispersion.most, phiOf({ sum, intervals })) };
}

/** The design effect, at least 1. Quasi-likelihood: a good approximation, not a theorem. */
export function phiOf({ sum, intervals }: Pick<Dispersion, 'sum' | 'intervals'>): number {
  const phi = sum / intervals;
  return phi > max(DEAD_ZONE, 1 + DEAD_ZONE_OF_FEW / sqrt(intervals)) ? phi : 1;
}

/** How much less evidence is worth now than when it was gathered; 1 where the design effect did not grow. */
export function lossOf(before: Dispersion, after: Dispersion): number {
  return after.most / before.most;
}

/** Whether evidence of a single interval may not decide. */
export function needsTwoIntervals(dispersion: Dispersion): boolean {
  return !dispersion.hasHistory || phiOf(dispersion) > BURSTY;
}

/** How many of the best intervals do not count; two where bursts are heavy and nobody knew of them before. */
export function intervalsToLeave(dispersion: Dispersion): number {
  if (!needsTwoIntervals(dispersion)) return 0;
  return !dispersion.hasHistory && phiOf(dispersion) > HEAVY ? 2 : 1;
}

function pastRate(minutes: readonly PastInterval[]): number {
  const failed = minutes.reduce((sum, minute) => sum + minute.failed, 0);
  const total = minutes.reduce((sum, minute) => sum + minute.total, 0);
  return (failed + 0.5) / (total + 50);
}

function spread(failed: number, total: number): number {
  const rate = (failed + 0.5) / (total + 50);
  return rate * (1 - rate);
}
