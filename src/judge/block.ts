import { clipProbability, type Margin } from './margin.js';
import { project } from './projection.js';

/** Requests of both arms over the same time; failed <= total. */
export interface Block {
  readonly baselineFailed: number;
  readonly baselineTotal: number;
  readonly canaryFailed: number;
  readonly canaryTotal: number;
}

/** Rates that were fixed before the block was seen. */
export interface Bet {
  readonly baseline: number;
  readonly canary: number;
}

export const EMPTY_BLOCK: Block = {
  baselineFailed: 0,
  baselineTotal: 0,
  canaryFailed: 0,
  canaryTotal: 0,
};

export function addBlocks(a: Block, b: Block): Block {
  return {
    baselineFailed: a.baselineFailed + b.baselineFailed,
    baselineTotal: a.baselineTotal + b.baselineTotal,
    canaryFailed: a.canaryFailed + b.canaryFailed,
    canaryTotal: a.canaryTotal + b.canaryTotal,
  };
}

/** A comparison needs both arms. */
export function hasBothArms(block: Block): boolean {
  return block.baselineTotal > 0 && block.canaryTotal > 0;
}

/** The canary's share of the requests, w. */
export function canaryShare(block: Block): number {
  return block.canaryTotal / (block.baselineTotal + block.canaryTotal);
}

/**
 * The logarithm of the block's e-variable:
 * `x_c log(c/u) + (n_c - x_c) log((1-c)/(1-u)) + x_b log(b/v) + (n_b - x_b) log((1-b)/(1-v))`
 * with (v, u) the projection of (b, c) on the edge of the null. Its expectation is at most 1 for all rates within
 * the null, for any sizes and any share (Turner, Ly and Grünwald, arXiv 2106.02693, and the inequality of the
 * means), so products of it over blocks are a test supermartingale. It needs both arms.
 */
export function logFactor(block: Block, bet: Bet, margin: Margin): number {
  const baseline = clipProbability(bet.baseline);
  const canary = clipProbability(bet.canary);
  const edge = project({ baseline, canary, share: canaryShare(block) }, margin);
  return (
    logRatio(block.canaryFailed, block.canaryTotal, canary, edge.canary) +
    logRatio(block.baselineFailed, block.baselineTotal, baseline, edge.baseline)
  );
}

/** The log-likelihood ratio of `failed` of `total` under two rates. */
export function logRatio(failed: number, total: number, rate: number, against: number): number {
  if (rate === against) return 0;
  return failed * Math.log(rate / against) + (total - failed) * (Math.log1p(-rate) - Math.log1p(-against));
}
