import type { Side } from './alternatives.js';
import { type BlockProcess, logValueOf, startBlockProcess } from './block-process.js';
import { type EffectGrid, isOpen, plugInStep, startEffectGrid, stepGrid } from './effect-grid.js';
import { ratiosFor } from './effect-margins.js';
import type { Clock } from './errors.js';
import { exceedanceOf, shareAbove } from './exceedance.js';
import {
  countScatter,
  type LatencyScatter,
  leaveAt,
  lossAt,
  phiAt,
  startScatter,
} from './latency-scatter.js';
import { blockAt, NO_MORE_OFTEN, type Stream, updateStream } from './latency-stream.js';
import { countsAbove, type LatencyView, type Sketches, thresholdOf, viewOf } from './latency-view.js';
import { logWeightedSum } from './log-space.js';
import type { Comparison } from './rules.js';
import { logScale, raisedBin, type Scale, upperEdge } from './scale.js';
import { addSketches, EMPTY_SKETCH, type Sketch, totalOf } from './sketch.js';

/** The comparison of two distributions of latencies. Plain JSON, below 2 kB beside the sketches. */
export interface LatencyComparison {
  readonly scale: Scale;
  readonly past: Sketches;
  /** What waits for its other arm. */
  readonly pending: Sketches;
  /** One process for each of the four quantiles. */
  readonly fail: readonly BlockProcess[];
  readonly pass: BlockProcess;
  readonly effect: EffectGrid;
  /** How much the shares above the thresholds scatter, in the middle and in the tail. */
  readonly scatter: LatencyScatter;
}

/** What of a latency rule is compared, and when a batch came. */
export interface LatencyContext {
  readonly comparison: Comparison;
  readonly quantile: number;
  readonly clock: Clock;
}

/** FAIL watches the middle and the tail: a regression may show in either. */
const FAIL_QUANTILES = [0.5, 0.95, 0.99, 0.999] as const;
const FAIL_SHARES = [0.25, 0.35, 0.2, 0.2] as const;

const EMPTY: Sketches = { canary: EMPTY_SKETCH, baseline: EMPTY_SKETCH };

/** `minutes` are the baseline's before the canary, on the same scale. */
export function startLatency(
  comparison: Comparison,
  scale = latencyScale(comparison),
  minutes: readonly Sketch[] = [],
): LatencyComparison {
  return {
    scale,
    past: EMPTY,
    pending: EMPTY,
    fail: FAIL_QUANTILES.map(() => startBlockProcess('fail', { countsBursts: true })),
    pass: startBlockProcess('pass', { countsBursts: false }),
    effect: startEffectGrid(latencyRatios(comparison).length),
    scatter: startScatter(minutes),
  };
}

/** The scale on which the margins of the comparison are edges. */
export function latencyScale(comparison: Comparison): Scale {
  return logScale([failMargin(comparison), passMargin(comparison)]);
}

/**
 * Counts the canary above `(1 + r) tau` against the baseline above `tau`, where tau are quantiles of the baseline's
 * earlier batches; each pair of counts is a block for the two-sample e-process without a margin. It is exact for
 * "the canary is stochastically at most (1 + r) times slower". A batch with one arm empty waits for the next.
 */
export function updateLatency(
  state: LatencyComparison,
  batch: Sketches,
  context: LatencyContext,
): LatencyComparison {
  const block = merge(state.pending, batch);
  if (totalOf(block.canary) === 0 || totalOf(block.baseline) === 0) return { ...state, pending: block };
  const view = viewOf(state, block);
  const { comparison, quantile, clock } = context;
  const scatter = countScatter(state.scatter, clock.interval, (level) =>
    blockAt(view, level, 1 + failMargin(comparison)),
  );
  const stream = (side: Side, level: number, times: number): Stream => ({
    side,
    quantile: level,
    times,
    clock,
    phi: phiAt(scatter, level),
    loss: lossAt(state.scatter, scatter, level),
    isNewInterval: clock.interval !== state.scatter.interval?.index,
  });
  return {
    scale: state.scale,
    past: merge(state.past, block),
    pending: EMPTY,
    fail: state.fail.map((process, i) =>
      updateStream(process, view, stream('fail', FAIL_QUANTILES[i] ?? quantile, 1 + failMargin(comparison))),
    ),
    pass: updateStream(state.pass, view, stream('pass', quantile, 1 + passMargin(comparison))),
    effect: updateEffect(state.effect, view, context, phiAt(scatter, quantile)),
    scatter,
  };
}

/** The e-value of "slower than the margin": the weighted mean over the four quantiles. */
export function latencyFail(state: LatencyComparison): number {
  return logWeightedSum(
    state.fail.map((process, i) =>
      logValueOf(process, { leave: leaveAt(state.scatter, FAIL_QUANTILES[i] ?? 0.5) }),
    ),
    FAIL_SHARES,
  );
}

/** The e-value of "not slower than the margin at the chosen quantile". */
export function latencyPass(state: LatencyComparison): number {
  return logValueOf(state.pass, { leave: 0 });
}

/** All values of both arms, with what still waits for its other arm. */
export function latencyTotals(state: LatencyComparison): Sketches {
  return merge(state.past, state.pending);
}

/** The candidates of the effect, as the scale has them: rising ratios of the quantile. */
export function latencyRatios(comparison: Comparison): readonly number[] {
  return ratiosFor(comparison);
}

/** How much slower the canary can be found to be on this scale; coarse buckets make it larger than the plan's. */
export function effectiveMargin(
  state: LatencyComparison,
  { comparison, quantile }: Omit<LatencyContext, 'clock'>,
): number | null {
  const bin = exceedanceOf(state.past.baseline, quantile)?.bin;
  if (bin === undefined) return null;
  const raised = raisedBin(state.scale, { bin, times: 1 + passMargin(comparison), round: 'down' });
  return raised === null ? null : upperEdge(state.scale, raised) / upperEdge(state.scale, bin) - 1;
}

/** Each candidate ratio, at the quantile that people read. */
function updateEffect(
  effect: EffectGrid,
  view: LatencyView,
  { comparison, quantile }: LatencyContext,
  phi: number,
): EffectGrid {
  const threshold = thresholdOf(view, quantile);
  if (threshold === null) return effect;
  const { bin, rate } = threshold;
  const candidates = latencyRatios(comparison);
  const [larger, smaller] = (['up', 'down'] as const).map((round, side) =>
    candidates.map((times, i) => {
      if (!isOpen(effect, i)) return 0;
      const raised = raisedBin(view.scale, { bin, times, round });
      if (raised === null) return 0;
      const bet = { baseline: rate, canary: shareAbove(view.pastCanary, raised) };
      return plugInStep(countsAbove(view, bin, raised), bet, NO_MORE_OFTEN, phi)[side] ?? 0;
    }),
  );
  return stepGrid(effect, { larger: larger ?? [], smaller: smaller ?? [] });
}

function merge(a: Sketches, b: Sketches): Sketches {
  return { canary: addSketches(a.canary, b.canary), baseline: addSketches(a.baseline, b.baseline) };
}

function failMargin({ failAbove }: Comparison): number {
  return failAbove.relative ?? 0;
}

function passMargin({ passBelow }: Comparison): number {
  return passBelow.relative ?? 0;
}
