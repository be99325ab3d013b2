import { quantileBin, type Sketch, type Tail, tailOf } from './sketch.js';

/** The threshold of one quantile: a bin of the baseline, and the share of the baseline's values above it. */
export interface Exceedance {
  readonly bin: number;
  readonly rate: number;
}

/**
 * From the baseline's past: the first bin i with `cum_i >= q N`, and `b = (values above it + 1/2) / (N + 1)`. The
 * threshold is fixed before the batch that it judges.
 */
export function exceedanceOf(past: Sketch, quantile: number, tail = tailOf(past)): Exceedance | null {
  const bin = quantileBin(past, quantile);
  return bin === null ? null : { bin, rate: shareAbove(tail, bin) };
}

/** `(values above the bin + 1/2) / (N + 1)` */
export function shareAbove({ total, above }: Tail, bin: number): number {
  return (above(bin) + 0.5) / (total + 1);
}

/** With fewer past values than this the quantile is not worth betting on. */
export function leastPast(quantile: number): number {
  if (quantile <= 0.5) return 20;
  return quantile <= 0.95 ? 60 : 100;
}
