import type { Block } from './block.js';
import { type Exceedance, exceedanceOf, leastPast } from './exceedance.js';
import type { Scale } from './scale.js';
import { type Sketch, type Tail, tailOf } from './sketch.js';

/** Binned values of both arms. */
export interface Sketches {
  readonly canary: Sketch;
  readonly baseline: Sketch;
}

/** The past and a batch, summed up once for all streams. */
export interface LatencyView {
  readonly scale: Scale;
  readonly past: Sketch;
  readonly pastBaseline: Tail;
  readonly pastCanary: Tail;
  readonly baseline: Tail;
  readonly canary: Tail;
}

export function viewOf(
  { scale, past }: { readonly scale: Scale; readonly past: Sketches },
  batch: Sketches,
): LatencyView {
  return {
    scale,
    past: past.baseline,
    pastBaseline: tailOf(past.baseline),
    pastCanary: tailOf(past.canary),
    baseline: tailOf(batch.baseline),
    canary: tailOf(batch.canary),
  };
}

/** The threshold from the past; null while there is too little of it. */
export function thresholdOf({ past, pastBaseline }: LatencyView, quantile: number): Exceedance | null {
  return pastBaseline.total < leastPast(quantile) ? null : exceedanceOf(past, quantile, pastBaseline);
}

/** The batch as a block: the baseline above the threshold, the canary above the raised one. */
export function countsAbove({ canary, baseline }: LatencyView, bin: number, raised: number): Block {
  return { xb: baseline.above(bin), nb: baseline.total, xc: canary.above(raised), nc: canary.total };
}
