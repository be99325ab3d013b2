import { alternativesOf, type Side, sharesOf } from './alternatives.js';
import { type Block, logFactor } from './block.js';
import { addGains, type Bursts, deductionsOf, devalueGains, startBursts } from './bursts.js';
import {
  type Capital,
  FAIL_SCHEDULE,
  gainsOf,
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
  /** For the two-interval rule; null where it is never on. */
  readonly bursts: Bursts | null;
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
  /** Whether the block is the first one of an interval of the two-interval rule. */
  readonly isNewInterval: boolean;
}

export function startBlockProcess(
  side: Side,
  { countsBursts }: { readonly countsBursts: boolean },
): BlockProcess {
  const alternatives = sharesOf(side).length;
  return {
    capital: startCapital(alternatives),
    bursts: countsBursts ? startBursts(alternatives) : null,
  };
}

/**
 * `M_k <- M_k + log F_k / phi` for each alternative after the late start's investment. The block has both arms.
 * A root of an e-variable is one, so that `phi` never costs validity.
 */
export function updateBlockProcess(
  { capital, bursts }: BlockProcess,
  block: Block,
  context: BlockContext,
): BlockProcess {
  const { side, margin, baseline, expected, phi, tick, isNewInterval } = context;
  const factors = alternativesOf(side, margin, { baseline, expected }).map(
    (canary) => logFactor(block, { baseline, canary }, margin) / phi,
  );
  const scheme = { shares: sharesOf(side), ...(side === 'fail' ? FAIL_SCHEDULE : PASS_SCHEDULE) };
  return {
    capital: multiply(invest(capital, scheme, tick), factors),
    bursts: bursts === null ? null : addGains(bursts, factors, { isNew: isNewInterval }),
  };
}

/**
 * Divides what the stakes won by `loss`, at least 1: the design effect turned out so much larger than what the
 * evidence was divided by when it came. Losses stay as they are, so that this only ever lowers the e-value.
 */
export function devalue({ capital, bursts }: BlockProcess, side: Side, loss: number): BlockProcess {
  if (!(loss > 1)) return { capital, bursts };
  const gains = gainsOf(capital, { shares: sharesOf(side) });
  const lost = gains.map((gain) => (gain !== null && gain > 0 ? loss : 1));
  const stakes = capital.stakes.map((stake, k) =>
    stake === null ? null : stake - (gains[k] ?? 0) * (1 - 1 / (lost[k] ?? 1)),
  );
  return { capital: { ...capital, stakes }, bursts: bursts === null ? null : devalueGains(bursts, lost) };
}

/** The logarithm of the e-value, less `leave` times the best interval of each stake. */
export function logValueOf({ capital, bursts }: BlockProcess, { leave }: { readonly leave: number }): number {
  if (leave <= 0 || bursts === null) return logValue(capital);
  return logValue(
    capital,
    deductionsOf(bursts).map((best) => leave * best),
  );
}
