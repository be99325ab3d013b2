import { boundOf, type Margin } from './margin.js';
import type { Alternative } from './projection.js';
import { informationOf } from './request-limit.js';

/** The test's median stopping time over the theoretical limit, measured: what the mixture and the late start cost. */
const OVER_LIMIT = 1.6;

/** What has been found so far of one comparison of rates. */
export interface Progress {
  readonly rates: Alternative;
  /** Requests seen, in both arms. */
  readonly total: number;
  readonly phi: number;
  /** The e-value and where it decides, in nats. */
  readonly logFail: number;
  readonly logFailLimit: number;
  readonly logPass: number;
  readonly logPassLimit: number;
}

export interface Needed {
  readonly verdict: 'fail' | 'pass';
  /** More requests, in both arms together. */
  readonly requests: number;
}

/**
 * How many more requests would have decided if the rates stayed as they were: `1.6 phi log(1/alpha) / I` less those
 * seen, and at least what the missing evidence takes at the same pace. With several margins FAIL needs all of them
 * and PASS one. Null between the thresholds, where no number of requests decides.
 */
export function neededRequests(
  progress: Progress,
  margins: { readonly fail: readonly Margin[]; readonly pass: readonly Margin[] },
): Needed | null {
  const { rates } = progress;
  const isAbove = (margin: Margin) => rates.canary > boundOf(margin, rates.baseline);
  const isBelow = (margin: Margin) => rates.canary < boundOf(margin, rates.baseline);
  const paces = (of: readonly Margin[]) => of.map((margin) => informationOf(rates, margin));
  if (margins.fail.length > 0 && margins.fail.every(isAbove)) {
    const missing = progress.logFailLimit - progress.logFail;
    const requests = more(progress, {
      missing,
      limit: progress.logFailLimit,
      pace: Math.min(...paces(margins.fail)),
    });
    return requests === null ? null : { verdict: 'fail', requests };
  }
  const kept = margins.pass.filter(isBelow);
  if (kept.length === 0) return null;
  const missing = progress.logPassLimit - progress.logPass;
  const requests = more(progress, { missing, limit: progress.logPassLimit, pace: Math.max(...paces(kept)) });
  return requests === null ? null : { verdict: 'pass', requests };
}

/** Beyond this nobody waits, and the rates are practically on the margin. */
const MOST = 1e12;

function more(
  { total, phi }: Progress,
  { missing, limit, pace }: { readonly missing: number; readonly limit: number; readonly pace: number },
): number | null {
  if (!Number.isFinite(limit) || !(pace > 0)) return null;
  if (missing <= 0) return 0;
  const requests = Math.ceil(Math.max((OVER_LIMIT * phi * limit) / pace - total, (phi * missing) / pace));
  return requests <= MOST ? requests : null;
}
