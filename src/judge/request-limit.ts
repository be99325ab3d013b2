import type { Margin } from './margin.js';
import { type Alternative, divergence, project } from './projection.js';

/** How many nats a request brings, on average over both arms: `min w KL(c||u) + (1-w) KL(b||v)` over the null. */
export function informationOf(rates: Alternative, margin: Margin): number {
  const edge = project(rates, margin);
  return (
    rates.share * divergence(rates.canary, edge.canary) +
    (1 - rates.share) * divergence(rates.baseline, edge.baseline)
  );
}

/**
 * The least number of requests, in both arms together, that any test of level `alpha` needs on average:
 * `log(1/alpha) / I` (Wald's inequality for sequential tests). Infinite when the rates lie on the margin.
 */
export function limitTotalRequests(rates: Alternative, margin: Margin, alpha: number): number {
  return Math.log(1 / alpha) / informationOf(rates, margin);
}
