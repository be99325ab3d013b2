const { max, min } = Math;

/**
 * How much worse the canary's rate may be: `g(v) = v + by` (absolute, a share: 0.005 is 0.5 percentage points) or
 * `g(v) = times * v` (relative, a factor: 1.1 is 10 %). Zero and one are no margin at all.
 */
export type Margin =
  | { readonly kind: 'absolute'; readonly by: number }
  | { readonly kind: 'relative'; readonly times: number };

/** Probabilities stay this far from 0 and 1, where the logarithms end. */
export const LEAST_PROBABILITY = 1e-9;

export function clipProbability(value: number): number {
  return min(1 - LEAST_PROBABILITY, max(LEAST_PROBABILITY, value));
}

/** g(v): the canary's rate at the margin when the baseline's is `rate`; clipped to be a probability. */
export function boundOf(margin: Margin, rate: number): number {
  return clipProbability(margin.kind === 'absolute' ? rate + margin.by : margin.times * rate);
}
