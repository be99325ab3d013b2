import type { JudgeVerdict } from './judge.js';
import type { LogEvidence } from './metric-evidence.js';

/** How far the evidence has come: each value is a part of what decides, so that 1 is enough. */
export interface TrailPoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** That of the comparisons together, or of the limit that is nearest to be broken; null without either. */
  readonly worse: number | null;
  /** That of each comparison which decides. */
  readonly good: Readonly<Record<string, number | null>>;
}

/** Far below nothing there is nothing to see, and the picture has its bounds. */
const LEAST = -1;

export function trailPoint(at: number, { logE, logLimit, metrics }: JudgeVerdict): TrailPoint {
  const deciding = Object.entries(metrics).filter(([, { importance }]) => importance !== 'advisory');
  const limits = deciding.flatMap(([, { limit }]) => (limit?.fail ? [partOf(limit.fail)] : []));
  const worse = [partOf({ logE, logLimit }), ...limits].filter((part) => part !== null);
  return {
    at,
    worse: worse.length === 0 ? null : Math.max(...worse),
    good: Object.fromEntries(
      deciding.flatMap(([name, { pass }]) => (pass.logLimit === null ? [] : [[name, partOf(pass)]])),
    ),
  };
}

function partOf({ logE, logLimit }: LogEvidence): number | null {
  if (logLimit === null || !(logLimit > 0)) return null;
  if (logE === null) return LEAST;
  return Math.round(Math.max(LEAST, logE / logLimit) * 1000) / 1000;
}
