import { failAlternatives, passAlternatives, type Side, sharesOf } from './alternatives.js';
import { logRatio } from './block.js';
import {
  type Capital,
  FAIL_SCHEDULE,
  invest,
  logValue,
  multiply,
  PASS_SCHEDULE,
  rounded,
  startCapital,
} from './capital.js';
import { clipProbability } from './margin.js';
import type { LimitStanding } from './standing.js';

const { max, min } = Math;

/**
 * A limit on a share of the canary's requests, judged without a baseline: failed ones, or ones above the allowed
 * latency, of which a quantile allows `1 - q`. Plain JSON.
 */
export interface ShareLimit {
  readonly fail: Capital;
  readonly pass: Capital;
  readonly total: number;
  /** Failed, or too slow. */
  readonly bad: number;
  /** In the bucket that holds the limit: nobody knows on which side of it. */
  readonly unsure: number;
}

/** FAIL bets on shares from here on, so that a limit of nothing is broken by the first few failures. */
const LEAST_BET = 1e-3;

export function startShareLimit(): ShareLimit {
  return {
    fail: startCapital(sharesOf('fail').length),
    pass: startCapital(sharesOf('pass').length),
    total: 0,
    bad: 0,
    unsure: 0,
  };
}

/**
 * `M_k <- M_k ((c_k/L)^x ((1-c_k)/(1-L))^(n-x))^(1/phi)`, the test of one share against the allowed one: the
 * two-sample factor with all requests in one arm. What nobody knows is good is bad for PASS and good for FAIL.
 */
export function updateShareLimit(
  limit: ShareLimit,
  found: { readonly total: number; readonly bad: number; readonly unsure?: number },
  context: { readonly allowed: number; readonly phi: number; readonly tick: number },
): ShareLimit {
  if (found.total <= 0) return limit;
  const allowed = clipProbability(context.allowed);
  const unsure = found.unsure ?? 0;
  const expected = min((limit.bad + limit.unsure + 0.5) / (limit.total + 1), allowed * (1 - 1e-4));
  const bet = (side: Side, capital: Capital, alternatives: readonly number[]) => {
    const schedule = side === 'fail' ? FAIL_SCHEDULE : PASS_SCHEDULE;
    const bad = side === 'fail' ? found.bad : found.bad + unsure;
    const factors = alternatives.map((share) => logRatio(bad, found.total, share, allowed) / context.phi);
    return rounded(multiply(invest(capital, { shares: sharesOf(side), ...schedule }, context.tick), factors));
  };
  return {
    fail: bet('fail', limit.fail, failAlternatives(max(allowed, LEAST_BET))),
    pass: bet('pass', limit.pass, passAlternatives(allowed, expected)),
    total: limit.total + found.total,
    bad: limit.bad + found.bad,
    unsure: limit.unsure + unsure,
  };
}

/** The e-value of "above the limit". */
export function shareLimitFail(limit: ShareLimit): number {
  return logValue(limit.fail);
}

/** The e-value of "below the limit". */
export function shareLimitPass(limit: ShareLimit): number {
  return logValue(limit.pass);
}

/** `allowed` is the largest share of bad requests. */
export function standingOfShare(limit: ShareLimit, allowed: number): LimitStanding {
  const isAllowed = (bad: number) => limit.total > 0 && bad / limit.total <= allowed + 1e-12;
  const kept = isAllowed(limit.bad + limit.unsure);
  return {
    logFail: shareLimitFail(limit),
    broken: false,
    logPass: shareLimitPass(limit),
    kept,
    betweenEdges: !kept && isAllowed(limit.bad),
  };
}
