import { addBlocks, type Block, EMPTY_BLOCK } from './block.js';
import {
  closeInterval,
  type Dispersion,
  intervalsToLeave,
  lossOf,
  needsTwoIntervals,
  type PastInterval,
  phiOf,
  startDispersion,
} from './dispersion.js';
import { addSketches, EMPTY_SKETCH, quantileBin, type Sketch, tailOf } from './sketch.js';

/**
 * How much more the shares above the thresholds scatter from minute to minute than independent requests would: an arm
 * is slow as a whole for a while, most of all in the middle. Plain JSON.
 */
export interface LatencyScatter {
  /** In the middle, and in the tail. */
  readonly levels: readonly Dispersion[];
  /** The running interval. */
  readonly interval: { readonly index: number; readonly blocks: readonly Block[] } | null;
}

const LEVELS = [0.5, 0.95] as const;
/** Latencies are taken for independent until they show otherwise; until then no single interval decides. */
const UNKNOWN = { unknown: 1.5, weight: 3 };
/** After so many intervals they have had the time to show it. */
const ENOUGH_INTERVALS = 11;

/** From the baseline's minutes before the canary: each against the quantiles of all. */
export function startScatter(minutes: readonly Sketch[]): LatencyScatter {
  const all = minutes.reduce(addSketches, EMPTY_SKETCH);
  const levels = LEVELS.map((level) => startDispersion(pastAbove(minutes, quantileBin(all, level)), UNKNOWN));
  return { levels, interval: null };
}

/** Adds a batch to its interval; the first batch of another interval closes the one before. */
export function countScatter(
  scatter: LatencyScatter,
  index: number,
  blockAt: (level: number) => Block | null,
): LatencyScatter {
  const found = LEVELS.map((level) => blockAt(level) ?? EMPTY_BLOCK);
  const { interval, levels } = scatter;
  if (interval?.index === index) {
    const blocks = interval.blocks.map((block, i) => addBlocks(block, found[i] ?? EMPTY_BLOCK));
    return { levels, interval: { index, blocks } };
  }
  const closed = levels.map((level, i) => short(closeInterval(level, interval?.blocks[i] ?? EMPTY_BLOCK)));
  return { levels: closed, interval: { index, blocks: found } };
}

/** The design effect at a quantile: that of the next level below. */
export function phiAt(scatter: LatencyScatter, quantile: number): number {
  const level = levelOf(scatter, quantile);
  return level === undefined ? 1 : phiOf(level);
}

/** How much less evidence at a quantile is worth than it was; at least 1. */
export function lossAt(before: LatencyScatter, after: LatencyScatter, quantile: number): number {
  const [old, now] = [levelOf(before, quantile), levelOf(after, quantile)];
  return old === undefined || now === undefined ? 1 : lossOf(old, now);
}

/** How many of the best intervals do not count. */
export function leaveAt(scatter: LatencyScatter, quantile: number): number {
  const level = levelOf(scatter, quantile);
  if (level === undefined) return 1;
  const isCalm = level.intervals >= ENOUGH_INTERVALS && !needsTwoIntervals({ ...level, hasHistory: true });
  return isCalm ? 0 : intervalsToLeave(level);
}

function levelOf({ levels }: LatencyScatter, quantile: number): Dispersion | undefined {
  return quantile < (LEVELS[1] ?? 1) ? levels[0] : levels[1];
}

function pastAbove(minutes: readonly Sketch[], bin: number | null): readonly PastInterval[] {
  if (bin === null) return [];
  return minutes.map((minute) => {
    const { total, above } = tailOf(minute);
    return { failed: above(bin), total };
  });
}

/** Six digits of an estimate are more than it is worth, and the state stays small. */
function short({ sum, most, last, ...rest }: Dispersion): Dispersion {
  const six = (value: number) => Number(value.toPrecision(6)) + 0;
  return {
    ...rest,
    sum: six(sum),
    most: six(most),
    last: last === null ? null : { difference: six(last.difference), variance: six(last.variance) },
  };
}
