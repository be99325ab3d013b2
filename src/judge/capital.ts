import { logAddExp, logSumExp, readLog, type StoredLog, storeLog } from './log-space.js';

const { exp, floor, log, log1p, max } = Math;

/**
 * The capital of a bet that does not know when a regression begins: some of it lies in cash, the rest is staked on
 * several alternatives. Each of them is a test supermartingale from its own start on, so the sum is one (mixtures
 * over the time of onset: Shin, Ramdas and Rinaldo, e-detectors).
 */
export interface Capital {
  /** The logarithm of what is not staked yet. */
  readonly cash: StoredLog;
  /** The logarithm of each stake. */
  readonly stakes: readonly StoredLog[];
  /** When cash was last invested; null before the first time. */
  readonly tick: number | null;
}

/** How the cash is spent: `first` of it at once, `perTick` of what is left at each new tick. */
export interface Scheme {
  /** How a sum is split over the alternatives; adds up to 1. */
  readonly shares: readonly number[];
  readonly first: number;
  readonly perTick: number;
}

/** FAIL keeps half for regressions that begin late. */
export const FAIL_SCHEDULE = { first: 0.5, perTick: 0.04 } as const;
/** What is healthy is so from the start. */
export const PASS_SCHEDULE = { first: 1, perTick: 0 } as const;

export function startCapital(alternatives: number): Capital {
  return { cash: 0, stakes: Array.from({ length: alternatives }, () => null), tick: null };
}

/** Invests when the tick is a new one. Must be called before the outcome of the bet is applied. */
export function invest(capital: Capital, scheme: Scheme, tick: number): Capital {
  if (capital.tick === tick) return capital;
  const part = capital.tick === null ? scheme.first : scheme.perTick;
  if (part <= 0 || capital.cash === null) return { ...capital, tick };
  const sum = capital.cash + log(part);
  return {
    cash: storeLog(capital.cash + log1p(-part)),
    stakes: scheme.shares.map((share, k) =>
      storeLog(logAddExp(readLog(capital.stakes[k] ?? null), sum + log(share))),
    ),
    tick,
  };
}

/** Applies the logarithm of each alternative's factor. */
export function multiply(capital: Capital, logFactors: readonly number[]): Capital {
  return {
    ...capital,
    stakes: capital.stakes.map((stake, k) => (stake === null ? null : stake + (logFactors[k] ?? 0))),
  };
}

/** Stakes that are lost stay at this: over a hundred thousand batches it adds less than 1 % to an e-value. */
const LOST = -20;

/** Everything rounded down, which is the careful direction, and what is lost to a short number: the state stays small. */
export function rounded(capital: Capital): Capital {
  const down = (value: number) => floor(value * 1e4) / 1e4 + 0;
  return {
    ...capital,
    cash: capital.cash === null ? null : down(capital.cash),
    stakes: capital.stakes.map((stake) => (stake === null ? null : max(LOST, down(stake)))),
  };
}

/** What each stake won since it was staked, in nats; null where nothing is staked yet. */
export function gainsOf({ cash, stakes }: Capital, { shares }: Pick<Scheme, 'shares'>): readonly StoredLog[] {
  const staked = cash === null ? 0 : log1p(-exp(cash));
  return stakes.map((stake, k) => (stake === null ? null : stake - staked - log(shares[k] ?? 1)));
}

/** The logarithm of the e-value. `deductions` are taken from the stakes' logarithms, and are not negative. */
export function logValue(capital: Capital, deductions: readonly number[] = []): number {
  const stakes = capital.stakes.map((stake, k) => readLog(stake) - (deductions[k] ?? 0));
  return logSumExp([...stakes, readLog(capital.cash)]);
}
