import { clipProbability, type Margin } from './margin.js';
import { project } from './projection.js';

const { log, log1p } = Math;

/** Requests of both arms over the same time: `x` failed of `n`, `b` is the baseline and `c` the canary; x <= n. */
export interface Block {
  readonly xb: number;
  readonly nb: number;
  readonly xc: number;
  readonly nc: number;
}

/** Rates that were fixed before the block was seen. */
export interface Bet {
  readonly baseline: number;
  readonly canary: number;
}

export const EMPTY_BLOCK: Block = {
  xb: 0,
  nb: 0,
  xc: 0,
  nc: 0,
};

export function addBlocks(a: Block, b: Block): Block {
  return {
    xb: a.xb + b.xb,
    nb: a.nb + b.nb,
    xc: a.xc + b.xc,
    nc: a.nc + b.nc,
  };
}

/** A comparison needs both arms. */
export function hasBothArms(block: Block): boolean {
  return block.nb > 0 && block.nc > 0;
}

/** The canary's share of the requests, w. */
export function canaryShare(block: Block): number {
  return block.nc / (block.nb + block.nc);
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
    logRatio(block.xc, block.nc, canary, edge.canary) + logRatio(block.xb, block.nb, baseline, edge.baseline)
  );
}

/** The log-likelihood ratio of `failed` of `total` under two rates. */
export function logRatio(failed: number, total: number, rate: number, against: number): number {
  if (rate === against) return 0;
  return failed * log(rate / against) + (total - failed) * (log1p(-rate) - log1p(-against));
}
