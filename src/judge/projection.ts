import { clipProbability, LEAST_PROBABILITY, type Margin } from './margin.js';

const { log, log1p, max, min, sqrt } = Math;

/** A point of the null's edge: the baseline's rate and the canary's, `canary = g(baseline)`. */
export interface Edge {
  readonly baseline: number;
  readonly canary: number;
}

/** What is bet on: both rates, and the canary's share of the block's requests. */
export interface Alternative {
  readonly baseline: number;
  readonly canary: number;
  /** n_c / (n_b + n_c), in (0, 1). */
  readonly share: number;
}

/** Kullback-Leibler divergence of Bernoulli(p) from Bernoulli(q), in nats. */
export function divergence(p: number, q: number): number {
  const one = p <= 0 ? 0 : p * log(p / q);
  const zero = p >= 1 ? 0 : (1 - p) * (log1p(-p) - log1p(-q));
  return max(0, one + zero);
}

/**
 * The reverse information projection of an alternative on the edge of the null: the (v, u = g(v)) with the least
 * `w KL(c||u) + (1-w) KL(b||v)`. Its likelihood ratio is an e-variable for the whole half-plane (Turner, Ly and
 * Grünwald, JSPI 2024, arXiv 2106.02693; margins: Turner and Grünwald, arXiv 2203.09785).
 */
export function project(alternative: Alternative, margin: Margin): Edge {
  return margin.kind === 'relative'
    ? projectOnRatio(alternative, margin.times)
    : projectOnDifference(alternative, margin.by);
}

/** The stationary point solves `rho v^2 - B v + C = 0`; this form of the smaller root does not cancel. */
function projectOnRatio({ baseline: b, canary: c, share: w }: Alternative, times: number): Edge {
  const constant = w * c + (1 - w) * b;
  const linear = w * (times + c) + (1 - w) * (1 + times * b);
  const root = sqrt(max(0, linear * linear - 4 * times * constant));
  const v = clipProbability((2 * constant) / (linear + root));
  return { baseline: v, canary: clipProbability(times * v) };
}

/** Halvings; the bracket is at most 1 wide, so this is below the spacing of doubles. */
const STEPS = 60;

/** The derivative of the divergence along the edge changes its sign once, between b and c - delta. */
function projectOnDifference({ baseline: b, canary: c, share: w }: Alternative, by: number): Edge {
  const least = max(LEAST_PROBABILITY, LEAST_PROBABILITY - by);
  const most = min(1 - LEAST_PROBABILITY, 1 - LEAST_PROBABILITY - by);
  let low = within(min(b, c - by), least, most);
  let high = within(max(b, c - by), least, most);
  for (let step = 0; step < STEPS && low < high; step++) {
    const v = (low + high) / 2;
    const u = v + by;
    const slope = w * (u - c) * v * (1 - v) + (1 - w) * (v - b) * u * (1 - u);
    if (slope > 0) high = v;
    else low = v;
  }
  const v = (low + high) / 2;
  return { baseline: v, canary: clipProbability(v + by) };
}

function within(value: number, least: number, most: number): number {
  return min(most, max(least, value));
}
