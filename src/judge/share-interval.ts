import { logBeta } from './log-beta.js';

const { log, log1p, max } = Math;

/** How a mixture is tuned: it is tightest after `requests`, at the level `alpha`. */
export interface Tuning {
  readonly requests: number;
  readonly alpha: number;
}

const DEFAULT_TUNING: Tuning = { requests: 1000, alpha: 0.05 };

/**
 * The logarithm of the two-sided beta-binomial mixture against a share of `share`, after `count` of `total` (Howard,
 * Ramdas, McAuliffe and Sekhon, Annals of Statistics 2021, proposition 7):
 * `log B(k + p r, n - k + (1-p) r) - log B(p r, (1-p) r) - k log p - (n-k) log(1-p)`, where
 * `r = t / (2 log(1/a) + log(1 + 2 log(1/a))) - 1`.
 */
export function logShareMixture(
  { count, total }: { readonly count: number; readonly total: number },
  share: number,
  tuning: Tuning = DEFAULT_TUNING,
): number {
  const nats = 2 * log(1 / tuning.alpha);
  const weight = max(tuning.requests / (nats + log1p(nats)) - 1, 1e-3);
  const [one, zero] = [share * weight, (1 - share) * weight];
  const likelihood = count * log(share) + (total - count) * log1p(-share);
  return logBeta(count + one, total - count + zero) - logBeta(one, zero) - likelihood;
}

/**
 * A confidence sequence of one share: all values that the mixture does not refute at the level `alpha`. It holds at
 * all times together. For display; verdicts do not rest on it.
 */
export function shareInterval(
  found: { readonly count: number; readonly total: number },
  alpha = 0.05,
  tuning: Tuning = DEFAULT_TUNING,
): readonly [low: number, high: number] {
  if (found.total <= 0) return [0, 1];
  const observed = found.count / found.total;
  const holds = (share: number) => logShareMixture(found, share, tuning) < log(1 / alpha);
  const low = found.count <= 0 ? 0 : border({ holds, inside: observed, outside: NEXT_TO_ZERO });
  const high = found.count >= found.total ? 1 : border({ holds, inside: observed, outside: 1 - NEXT_TO_ONE });
  return [low, high];
}

/**
 * How many of `total` values may lie up to a quantile: all counts that do not refute its share. With them a quantile
 * has a confidence sequence, too (Howard and Ramdas, Bernoulli 2022).
 */
export function rankInterval(
  total: number,
  quantile: number,
  alpha = 0.05,
): readonly [least: number, most: number] {
  const holds = (count: number) =>
    logShareMixture({ count, total }, quantile, DEFAULT_TUNING) < log(1 / alpha);
  const inside = quantile * total;
  return [border({ holds, inside, outside: 0 }), border({ holds, inside, outside: total })];
}

const NEXT_TO_ZERO = 1e-15;
const NEXT_TO_ONE = 1e-12;
const STEPS = 100;

/** Bisection between a value that holds and one that does not; the mixture is convex in the share and in the count. */
function border(search: {
  readonly holds: (value: number) => boolean;
  readonly inside: number;
  readonly outside: number;
}): number {
  let { inside, outside } = search;
  if (search.holds(outside)) return outside;
  for (let step = 0; step < STEPS && inside !== outside; step++) {
    const middle = (inside + outside) / 2;
    if (search.holds(middle)) inside = middle;
    else outside = middle;
  }
  return (inside + outside) / 2;
}
