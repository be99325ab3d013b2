import type { Side } from './alternatives.js';
import type { Block } from './block.js';
import { type BlockProcess, devalue, updateBlockProcess } from './block-process.js';
import { rounded } from './capital.js';
import type { Clock } from './errors.js';
import { shareAbove } from './exceedance.js';
import { countsAbove, type LatencyView, thresholdOf } from './latency-view.js';
import type { Margin } from './margin.js';
import { raisedBin } from './scale.js';

/** The canary may not be above the raised threshold more often than the baseline is above its own. */
export const NO_MORE_OFTEN: Margin = { kind: 'relative', times: 1 };

/** One process of a latency: what it refutes, where, and what its evidence is worth. */
export interface Stream {
  readonly side: Side;
  readonly quantile: number;
  readonly times: number;
  readonly clock: Clock;
  readonly phi: number;
  /** How much less the evidence so far is worth than it was. */
  readonly loss: number;
  readonly isNewInterval: boolean;
}

/** Bets on the batch above the past's quantile; one without a threshold yet is only devalued. */
export function updateStream(process: BlockProcess, view: LatencyView, stream: Stream): BlockProcess {
  const { side, quantile, times, clock, phi, loss, isNewInterval } = stream;
  const worth = devalue(process, side, loss);
  const threshold = thresholdOf(view, quantile);
  if (threshold === null) return worth;
  const { bin, rate } = threshold;
  // Rounded so that neither side claims more than the plan's margin.
  const raised = raisedBin(view.scale, { bin, times, round: side === 'fail' ? 'up' : 'down' });
  if (raised === null) return worth;
  const updated = updateBlockProcess(worth, countsAbove(view, bin, raised), {
    side,
    margin: NO_MORE_OFTEN,
    baseline: rate,
    expected: Math.min(shareAbove(view.pastBaseline, raised), rate * (1 - 1e-4)),
    phi,
    tick: clock.tick,
    isNewInterval,
  });
  return { ...updated, capital: rounded(updated.capital) };
}

/** What FAIL counts at a quantile; null while it has no threshold. */
export function blockAt(view: LatencyView, quantile: number, times: number): Block | null {
  const threshold = thresholdOf(view, quantile);
  if (threshold === null) return null;
  const raised = raisedBin(view.scale, { bin: threshold.bin, times, round: 'up' });
  return raised === null ? null : countsAbove(view, threshold.bin, raised);
}
