import type { ProbeSpec } from '../plan/plan.js';
import { type Shot, type ShotEnd, shoot } from './shot.js';
import type { StallWatch } from './stalls.js';
import type { Target } from './target.js';

/** So many requests without an answer are a fact about the service; more of them would only hurt this runner. */
const MOST_OUTSTANDING = 500;
const MOST_REASONS = 10;

/** What one arm answered in one batch. */
export interface ArmSample {
  readonly total: number;
  readonly failed: number;
  /** Milliseconds from the scheduled start of each request to its end, failed ones included. */
  readonly latenciesMs: readonly number[];
  /** The commonest reasons for failure, for people: `status 500` → 12. */
  readonly failures: Readonly<Record<string, number>>;
}

/** One arm under load. */
export interface Arm {
  /** Sends a request whose latency counts from `scheduledAt`. */
  fire(scheduledAt: number): void;
  /** Sends a request that is not counted, so that the first one counted finds a connection. */
  warmUp(): void;
  /** What has ended since the last time, and why something was not counted, if so. */
  take(): { readonly sample: ArmSample; readonly problem: string | null };
  /** Waits for what is outstanding, at most `withinMs`; gives the rest up. */
  finish(withinMs: number): Promise<void>;
}

export function createArm(options: {
  readonly target: Target;
  readonly spec: Pick<ProbeSpec, 'timeoutMs' | 'expect'>;
  readonly stalls: StallWatch;
}): Arm {
  const { target, spec, stalls } = options;
  const outstanding = new Set<Shot>();
  const warming = new Set<Shot>();
  let onIdle: () => void = () => undefined;
  let batch = emptyBatch();

  function record(end: ShotEnd, latencyMs: number): void {
    if (end.kind === 'unmeasured') {
      batch.problems.add(end.reason);
      return;
    }
    batch.latencies.push(end.kind === 'timed-out' ? spec.timeoutMs : latencyMs);
    if (end.kind !== 'ok')
      addFailure(
        batch.failures,
        end.kind === 'failed' ? end.reason : `no answer in ${spec.timeoutMs / 1000} s`,
      );
  }

  function fire(scheduledAt: number): void {
    if (outstanding.size >= MOST_OUTSTANDING) {
      record({ kind: 'failed', reason: 'overload' }, spec.timeoutMs);
      return;
    }
    const sentAt = performance.now();
    const shot = shoot({
      target,
      expect: spec.expect,
      timeoutMs: Math.max(1, spec.timeoutMs - (sentAt - scheduledAt)),
    });
    outstanding.add(shot);
    shot.ended.then((end) => {
      stalls.look();
      outstanding.delete(shot);
      // Its answer may have lain here unread, or its timer run out first. Neither is the service's doing.
      if (!stalls.stalledSince(sentAt)) record(end, performance.now() - scheduledAt);
      if (outstanding.size === 0) onIdle();
    });
  }

  return {
    fire,
    warmUp() {
      const shot = shoot({ target, expect: spec.expect, timeoutMs: spec.timeoutMs });
      warming.add(shot);
      shot.ended.then(() => warming.delete(shot));
    },
    take() {
      const taken = batch;
      batch = emptyBatch();
      return { sample: sampleOf(taken), problem: [...taken.problems].join('; ') || null };
    },
    async finish(withinMs) {
      for (const shot of warming) shot.cancel();
      await idleOrAfter(withinMs);
      if (outstanding.size > 0) {
        // The measurement cut them off, not the service. They are no failures, and what took too long before
        // that has failed by its own timeout already.
        batch.problems.add(
          `${outstanding.size} requests had not ended when the measurement did, and are not counted`,
        );
        for (const shot of outstanding) shot.cancel();
        outstanding.clear();
      }
      target.agent.destroy();
    },
  };

  async function idleOrAfter(ms: number): Promise<void> {
    if (outstanding.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function emptyBatch() {
  return { latencies: [] as number[], failures: new Map<string, number>(), problems: new Set<string>() };
}

function addFailure(failures: Map<string, number>, reason: string): void {
  failures.set(reason, (failures.get(reason) ?? 0) + 1);
}

function sampleOf(batch: ReturnType<typeof emptyBatch>): ArmSample {
  const commonest = [...batch.failures].sort(([, a], [, b]) => b - a);
  return {
    total: batch.latencies.length,
    failed: commonest.reduce((sum, [, count]) => sum + count, 0),
    latenciesMs: batch.latencies,
    failures: Object.fromEntries(commonest.slice(0, MOST_REASONS)),
  };
}
