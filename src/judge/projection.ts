import { clipProbability, LEAST_PROBABILITY, type Margin } from './margin.js';

const { abs, log, log1p, max, min, sqrt } = Math;

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

/** Newton's method needs about five steps; the bracket makes it safe, and halving alone would be done by then. */
const STEPS = 60;
const CONVERGED = 1e-15;

/** The derivative of the divergence along the edge is a cubic that changes its sign once, between b and c - delta. */
function projectOnDifference({ baseline: b, canary: c, share: w }: Alternative, by: number): Edge {
  const least = max(LEAST_PROBABILITY, LEAST_PROBABILITY - by);
  const most = min(1 - LEAST_PROBABILITY, 1 - LEAST_PROBABILITY - by);
  let low = within(min(b, c - by), least, most);
  let high = within(max(b, c - by), least, most);
  let v = within(w * (c - by) + (1 - w) * b, low, high);
  for (let step = 0; step < STEPS && low < high; step++) {
    const u = v + by;
    const [ofV, ofU] = [v * (1 - v), u * (1 - u)];
    const value = w * (u - c) * ofV + (1 - w) * (v - b) * ofU;
    if (value > 0) high = v;
    else low = v;
    const slope = w * (ofV + (u - c) * (1 - 2 * v)) + (1 - w) * (ofU + (v - b) * (1 - 2 * u));
    const next = v - value / slope;
    if (abs(next - v) <= CONVERGED * v) break;
    v = next > low && next < high ? next : (low + high) / 2;
  }
  return { baseline: v, canary: clipProbability(v + by) };
}

function within(value: number, least: number, most: number): number {
  return min(most, max(least, value));
}
