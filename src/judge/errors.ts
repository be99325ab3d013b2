import type { Side } from './alternatives.js';
import { addBlocks, type Block, EMPTY_BLOCK, hasBothArms } from './block.js';
import {
  type BlockProcess,
  devalue,
  logValueOf,
  startBlockProcess,
  updateBlockProcess,
} from './block-process.js';
import {
  closeInterval,
  type Dispersion,
  intervalsToLeave,
  lossOf,
  type PastInterval,
  phiOf,
  startDispersion,
} from './dispersion.js';
import { type EffectGrid, startEffectGrid, updateRateGrid } from './effect-grid.js';
import { effectMargins } from './effect-margins.js';
import { logSumExp } from './log-space.js';
import type { Margin } from './margin.js';
import type { Comparison, WorseBy } from './rules.js';

/** The comparison of two error rates. Plain JSON, below 2 kB. */
export interface ErrorsComparison {
  /** One process for each margin of each side. */
  readonly fail: readonly BlockProcess[];
  readonly pass: readonly BlockProcess[];
  readonly effect: EffectGrid;
  /** All blocks that were judged, and what waits for its other arm. */
  readonly judged: Block;
  readonly pending: Block;
  /** The baseline's rate before the canary, as so many imagined requests. */
  readonly prior: { readonly failed: number; readonly total: number };
  readonly dispersion: Dispersion;
  /** The running interval of the dispersion. */
  readonly interval: { readonly index: number; readonly block: Block } | null;
}

/** When a batch came, in units of the judge. */
export interface Clock {
  /** The late start invests once a tick. */
  readonly tick: number;
  /** The dispersion is learnt interval by interval. */
  readonly interval: number;
}

export function startErrors(comparison: Comparison, history: readonly PastInterval[]): ErrorsComparison {
  return {
    fail: errorMargins(comparison.failAbove).map(() => startBlockProcess('fail', { countsBursts: true })),
    pass: errorMargins(comparison.passBelow).map(() => startBlockProcess('pass', { countsBursts: true })),
    effect: startEffectGrid(effectMargins(comparison).length),
    judged: EMPTY_BLOCK,
    pending: EMPTY_BLOCK,
    prior: priorOf(history),
    dispersion: startDispersion(history),
    interval: null,
  };
}

/** A block with one arm empty waits and is merged with the next ones. Counts are finite, and failed <= total. */
export function updateErrors(
  state: ErrorsComparison,
  comparison: Comparison,
  { block, clock }: { readonly block: Block; readonly clock: Clock },
): ErrorsComparison {
  const timed = countInterval(state, block, clock.interval);
  const pending = addBlocks(timed.pending, block);
  if (!hasBothArms(pending)) return { ...timed, pending };
  const baseline = baselineRate(timed);
  const phi = phiOf(timed.dispersion);
  const isNewInterval = clock.interval !== state.interval?.index;
  const update = (side: Side, worseBy: WorseBy) => (process: BlockProcess, i: number) => {
    const margin = errorMargins(worseBy)[i];
    if (margin === undefined) return process;
    const context = { side, margin, baseline, expected: baseline, phi, tick: clock.tick, isNewInterval };
    return updateBlockProcess(process, pending, context);
  };
  return {
    ...timed,
    fail: timed.fail.map(update('fail', comparison.failAbove)),
    pass: timed.pass.map(update('pass', comparison.passBelow)),
    effect: updateRateGrid(timed.effect, pending, {
      margins: effectMargins(comparison),
      baseline,
      canary: canaryRate(timed, baseline),
      phi,
    }),
    judged: addBlocks(timed.judged, pending),
    pending: EMPTY_BLOCK,
  };
}

/**
 * The e-value of "worse than the margin". With both margins both must be exceeded: the null is a union, and the
 * least of the two e-values holds for it; exactly while the same margin binds in every block.
 */
export function errorsFail(state: ErrorsComparison): number {
  const leave = intervalsToLeave(state.dispersion);
  return Math.min(...state.fail.map((process) => logValueOf(process, { leave })));
}

/** The e-value of "not worse than the margin". With both margins their mean: below the larger one is enough. */
export function errorsPass(state: ErrorsComparison): number {
  const leave = intervalsToLeave(state.dispersion);
  const logs = state.pass.map((process) => logValueOf(process, { leave }));
  return logSumExp(logs) - Math.log(logs.length);
}

/** The margins of one side, as the block factor wants them. */
export function errorMargins({ absolute, relative }: WorseBy): readonly Margin[] {
  const margins: Margin[] = [];
  if (absolute !== null) margins.push({ kind: 'absolute', by: absolute });
  if (relative !== null) margins.push({ kind: 'relative', times: 1 + relative });
  return margins;
}

/** What both arms had, with what still waits for its other arm. */
export function errorTotals(state: ErrorsComparison): Block {
  return addBlocks(state.judged, state.pending);
}

/**
 * The baseline's rate before the block, `(X + a0) / (N + a0 / m0)`. A poor guess costs power, never validity: the
 * projection holds for every rate.
 */
export function baselineRate({ judged, prior }: ErrorsComparison): number {
  return (judged.xb + prior.failed) / (judged.nb + prior.total);
}

/** The canary's rate before the block, drawn towards the baseline's by half a failure. */
function canaryRate({ judged }: ErrorsComparison, baseline: number): number {
  return (judged.xc + 0.5) / (judged.nc + 0.5 / baseline);
}

/** a0 failures of a0 / m0 requests: 0.5 at 1 % without a history, at most 20 at its rate with one. */
function priorOf(history: readonly PastInterval[]): { readonly failed: number; readonly total: number } {
  const failed = history.reduce((sum, minute) => sum + minute.failed, 0);
  const total = history.reduce((sum, minute) => sum + minute.total, 0);
  if (total <= 0) return { failed: 0.5, total: 50 };
  const weight = Math.min(20, failed + 0.5);
  return { failed: weight, total: (weight * (total + 50)) / (failed + 0.5) };
}

/** The dispersion learns of an interval when the first block of another one comes. */
function countInterval(state: ErrorsComparison, block: Block, index: number): ErrorsComparison {
  const { interval } = state;
  if (interval?.index === index) {
    return { ...state, interval: { index, block: addBlocks(interval.block, block) } };
  }
  const dispersion = interval === null ? state.dispersion : closeInterval(state.dispersion, interval.block);
  const loss = lossOf(state.dispersion, dispersion);
  return {
    ...state,
    fail: state.fail.map((process) => devalue(process, 'fail', loss)),
    pass: state.pass.map((process) => devalue(process, 'pass', loss)),
    dispersion,
    interval: { index, block },
  };
}
