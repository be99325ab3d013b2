import type { Backup, Canary, Plan, Readiness, Script, Step } from './plan.js';
import { lookBeforeMs } from './watched.js';

/** How long a release may take, in milliseconds. */
export interface PlanLength {
  /** What it takes at least: steps, warm-ups, the look before promotion and the watch. */
  readonly waitsMs: number;
  /** With every script and every readiness up to its timeout. */
  readonly atMostMs: number;
}

export function lengthOf(plan: Plan): PlanLength {
  const { canary, watch } = plan;
  const waitsMs =
    sum((canary?.steps ?? []).map((step) => stepWait(canary, step))) +
    lookBeforeMs(plan) +
    (watch?.forMs ?? 0);
  const scripts = [
    verifyMs(plan),
    backupMs(plan.backup),
    canaryMs(canary),
    timeoutOf(plan.promote),
    readyMs(plan.ready),
  ];
  return { waitsMs, atMostMs: waitsMs + sum(scripts) };
}

/** Each suite with all of its tries; together when they run at the same time. */
function verifyMs({ verify, verification }: Plan): number {
  const each = verify.map(({ timeoutMs, retries }) => timeoutMs * (1 + retries));
  return verification.parallel ? Math.max(0, ...each) : sum(each);
}

function stepWait(canary: Canary | null, { forMs }: Step): number {
  return forMs === 0 ? 0 : forMs + (canary?.warmUpMs ?? 0);
}

/** Three scripts for each source of data: the fingerprint of the live data, the data itself, the restored copy. */
function backupMs(backup: Backup | null): number {
  if (backup === null) return 0;
  if (backup.kind === 'script') return backup.timeoutMs;
  return sum(backup.sources.map((source) => ('timeoutMs' in source ? 3 * source.timeoutMs : 0)));
}

function canaryMs(canary: Canary | null): number {
  if (canary === null) return 0;
  const move = timeoutOf(canary.traffic?.run ?? null) + timeoutOf(canary.traffic?.read ?? null);
  const steps = canary.steps.map(({ before }) => timeoutOf(before) + move);
  return timeoutOf(canary.run) + readyMs(canary.ready) + sum(steps) + move + timeoutOf(canary.remove);
}

function timeoutOf(script: Script | null): number {
  return script?.timeoutMs ?? 0;
}

function readyMs(ready: Readiness | null): number {
  return ready?.withinMs ?? 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
