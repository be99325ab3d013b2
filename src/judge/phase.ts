import type { MetricBatch } from './batches.js';
import { type StoredLog, storeLog } from './log-space.js';
import { logSampleRatio, SAMPLE_RATIO_LIMIT } from './sample-ratio.js';

/** The time at one weight or in one wave. Plain JSON; times in milliseconds. */
export interface Phase {
  readonly at: number;
  /** Batches that begin earlier belong to the warm-up. */
  readonly judgesFrom: number;
  /** A canary does not pass sooner, unless the deadline comes first. */
  readonly bakeMs: number;
  /** The share of the measured requests that should be the canary's; null when it is not known. */
  readonly share: number | null;
  /** Requests of the metric that counts them. */
  readonly canary: number;
  readonly baseline: number;
}

export interface PhaseOptions {
  /** When the phase begins. */
  readonly at: number;
  readonly warmUpMs?: number;
  readonly bakeMs?: number;
  readonly share?: number | null;
}

/** Whether the split of the requests is what was configured: says nothing of the release, so it only warns. */
export interface Traffic {
  readonly canary: number;
  readonly baseline: number;
  readonly share: number | null;
  readonly logE: StoredLog;
  readonly logLimit: number;
  readonly isSuspicious: boolean;
}

const ENOUGH_BAKE_MS = 5 * 60_000;
const BAKE_PART = 0.25;
const MOST_BAKE_PART = 0.5;

/** Five minutes, but not more than half of the phase; and at least a quarter of it. */
export function bakeTime(phaseMs: number): number {
  return Math.max(phaseMs * BAKE_PART, Math.min(ENOUGH_BAKE_MS, phaseMs * MOST_BAKE_PART));
}

export function startPhase({ at, warmUpMs = 0, bakeMs = 0, share = null }: PhaseOptions): Phase {
  return { at, judgesFrom: at + warmUpMs, bakeMs, share, canary: 0, baseline: 0 };
}

/** Counts the requests of the first metric that has them: several metrics often share the same requests. */
export function addToPhase(phase: Phase, metrics: Readonly<Record<string, MetricBatch>>): Phase {
  if (phase.share === null) return phase;
  for (const name of Object.keys(metrics).sort()) {
    const batch = metrics[name];
    if (batch?.kind !== 'errors') continue;
    const [canary, baseline] = [batch.canary?.total ?? 0, batch.baseline?.total ?? 0];
    if (!(isCount(canary) && isCount(baseline))) continue;
    return { ...phase, canary: phase.canary + canary, baseline: phase.baseline + baseline };
  }
  return phase;
}

export function trafficOf({ canary, baseline, share }: Phase): Traffic {
  const isKnown = share !== null && share > 0 && share < 1;
  const logE = isKnown ? logSampleRatio({ canary, baseline }, share) : 0;
  const isSuspicious = logE >= SAMPLE_RATIO_LIMIT;
  return { canary, baseline, share, logE: storeLog(logE), logLimit: SAMPLE_RATIO_LIMIT, isSuspicious };
}

function isCount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}
