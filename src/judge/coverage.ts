const { max } = Math;

/** How much of the time was measured. Plain JSON; times in milliseconds. */
export interface Coverage {
  readonly measuredMs: number;
  readonly missingMs: number;
  /** The part of what is missing in which the canary itself was not measured. */
  readonly canaryMissingMs: number;
  /** The end of the last batch; null before the first one. */
  readonly until: number | null;
  /** The last reason for samples that are missing. */
  readonly problem: string | null;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export const NOTHING_COVERED: Coverage = {
  measuredMs: 0,
  missingMs: 0,
  canaryMissingMs: 0,
  until: null,
  problem: null,
};

/** Why a batch does not count. */
export interface Gap {
  readonly reason: string;
  readonly arm: 'canary' | 'baseline';
}

/** Why a batch cannot be counted by its time, or null. Batches are disjoint: counted twice, evidence would double. */
export function gapInTime({ until }: Coverage, { from, to }: Span): Gap | null {
  if (!(Number.isFinite(from) && Number.isFinite(to) && to > from)) {
    return { arm: 'canary', reason: `${from} to ${to} is no span of time` };
  }
  if (until === null || from >= until) return null;
  const reason = `a batch from ${from} came after one until ${until}; each must begin where the last one ended`;
  return { arm: 'canary', reason };
}

/** Counts the batch as measured, or as missing with the reason. What only comes twice is not missing. */
export function cover(coverage: Coverage, { from, to }: Span, gap: Gap | null): Coverage {
  const until = coverage.until ?? from;
  const lasts = Number.isFinite(to - from) ? max(0, to - max(from, until)) : 0;
  return {
    measuredMs: coverage.measuredMs + (gap === null ? lasts : 0),
    missingMs: coverage.missingMs + (gap === null ? 0 : lasts),
    canaryMissingMs: coverage.canaryMissingMs + (gap?.arm === 'canary' ? lasts : 0),
    until: Number.isFinite(to) ? max(to, coverage.until ?? to) : coverage.until,
    problem: gap?.reason ?? coverage.problem,
  };
}

/** Whether so much is missing that the comparison says nothing: it can neither pass nor fail. */
export function isMostlyMissing({ measuredMs, missingMs }: Coverage): boolean {
  return missingMs > measuredMs;
}

/** The same for a limit, which needs the canary alone. */
export function isCanaryMostlyMissing({ measuredMs, missingMs, canaryMissingMs }: Coverage): boolean {
  return canaryMissingMs > measuredMs + missingMs - canaryMissingMs;
}
