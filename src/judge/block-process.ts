import { alternativesOf, type Side, sharesOf } from './alternatives.js';
import { type Block, logFactor } from './block.js';
import {
  type Capital,
  FAIL_SCHEDULE,
  invest,
  logValue,
  multiply,
  PASS_SCHEDULE,
  startCapital,
} from './capital.js';
import type { Margin } from './margin.js';

/** The e-process of one margin and side over blocks of requests (TBE). Plain JSON. */
export interface BlockProcess {
  readonly capital: Capital;
  /** What each stake won or lost in the interval that runs, and the most that it won in any before; in nats. */
  readonly gains: readonly number[];
  readonly largest: readonly number[];
  readonly interval: number | null;
}

/** What is known before the block, and when it is. */
export interface BlockContext {
  readonly side: Side;
  readonly margin: Margin;
  /** The baseline's rate as it was before the block. */
  readonly baseline: number;
  /** PASS only: the rate that a healthy canary is expected to have. */
  readonly expected: number;
  /** The design effect, at least 1: evidence is divided by it. */
  readonly phi: number;
  readonly tick: number;
  /** The interval of the two-interval rule. */
  readonly interval: number;
}

export function startBlockProcess(side: Side): BlockProcess {
  const zeros = sharesOf(side).map(() => 0);
  return { capital: startCapital(zeros.length), gains: zeros, largest: zeros, interval: null };
}

/**
 * `M_k <- M_k + log F_k / phi` for each alternative after the late start's investment. The block has both arms.
 * A root of an e-variable is one, so that `phi` never costs validity.
 */
export function updateBlockProcess(process: BlockProcess, block: Block, context: BlockContext): BlockProcess {
  const { side, margin, baseline, expected, phi, tick } = context;
  const factors = alternativesOf(side, margin, { baseline, expected }).map(
    (canary) => logFactor(block, { baseline, canary }, margin) / phi,
  );
  const scheme = { shares: sharesOf(side), ...(side === 'fail' ? FAIL_SCHEDULE : PASS_SCHEDULE) };
  const capital = multiply(invest(process.capital, scheme, tick), factors);
  return { capital, ...withGains(process, factors, context.interval) };
}

/**
 * The logarithm of the e-value. The two-interval rule takes from each stake what its best interval brought, so that
 * no single burst decides; that only ever lowers the value.
 */
export function logValueOf(
  process: BlockProcess,
  { twoIntervals }: { readonly twoIntervals: boolean },
): number {
  if (!twoIntervals) return logValue(process.capital);
  return logValue(
    process.capital,
    process.largest.map((most, k) => Math.max(most, process.gains[k] ?? 0)),
  );
}

function withGains(
  { gains, largest, interval }: BlockProcess,
  factors: readonly number[],
  now: number,
): Pick<BlockProcess, 'gains' | 'largest' | 'interval'> {
  const isNew = interval !== now;
  return {
    gains: factors.map((factor, k) => short((isNew ? 0 : (gains[k] ?? 0)) + factor)),
    largest: isNew ? largest.map((most, k) => Math.max(most, gains[k] ?? 0)) : largest,
    interval: now,
  };
}

/** Rounded up, which is the careful direction, so that the state stays small. */
function short(gain: number): number {
  return Math.ceil(gain * 1e4) / 1e4 + 0;
}
