import { binomial, gamma, poisson, type Random } from '../random.js';
import type { Counts, Step, Trace } from '../trace.js';

/** How failures come beside independently: in clusters of retries, or with a rate of its own each minute. */
export type Scatter = 'iid' | 'clusters' | 'gamma-.5' | 'gamma-1';

/** What the arms' error rates are at a time, and what part of the requests the canary has. */
export interface ErrorsWorld {
  readonly minutes: number;
  /** Requests a second, of both arms together. */
  readonly rps: number;
  readonly everySeconds: number;
  readonly share: (minute: number) => number;
  readonly baseline: (minute: number) => number;
  readonly canary: (minute: number) => number;
  readonly scatter: Scatter;
  readonly historyMinutes: number;
  /** How many metrics of the same world, independent of one another. */
  readonly metrics?: number;
}

const HISTORY_SHARE = 0.5;
/** Requests of one cluster fail together: one failure in three begins one, of a mean length of three. */
const CLUSTER = 3;

export function errorsTrace(world: ErrorsWorld, random: Random): Trace {
  const names = Array.from({ length: world.metrics ?? 1 }, (_, i) => `errors${i === 0 ? '' : i}`);
  const past = Object.fromEntries(names.map((name) => [name, { counts: historyOf(world, random) }]));
  return { minutes: world.minutes, past, steps: stepsOf(world, names, random) };
}

function historyOf(world: ErrorsWorld, random: Random): readonly Counts[] {
  return Array.from({ length: world.historyMinutes }, () =>
    arm(random, {
      requests: world.rps * HISTORY_SHARE * 60,
      rate: world.baseline(0) * levelOf(world.scatter, random),
      scatter: world.scatter,
    }),
  );
}

function* stepsOf(world: ErrorsWorld, names: readonly string[], random: Random): Iterable<Step> {
  const { minutes, everySeconds, rps, scatter } = world;
  let minute = -1;
  let levels = names.map(() => ({ canary: 1, baseline: 1 }));
  for (let from = 0; from < minutes * 60; from += everySeconds) {
    if (Math.floor(from / 60) !== minute) {
      minute = Math.floor(from / 60);
      levels = names.map(() => ({ canary: levelOf(scatter, random), baseline: levelOf(scatter, random) }));
    }
    const at = from / 60;
    const share = world.share(at);
    const metrics = names.map((name, i) => {
      const level = levels[i] ?? { canary: 1, baseline: 1 };
      const of = (part: number, rate: number) =>
        arm(random, { requests: rps * part * everySeconds, rate, scatter });
      return [
        name,
        {
          kind: 'errors' as const,
          canary: of(share, world.canary(at) * level.canary),
          baseline: of(1 - share, world.baseline(at) * level.baseline),
        },
      ] as const;
    });
    yield { from, to: from + everySeconds, metrics: Object.fromEntries(metrics) };
  }
}

function arm(
  random: Random,
  {
    requests,
    rate,
    scatter,
  }: { readonly requests: number; readonly rate: number; readonly scatter: Scatter },
): Counts {
  const total = poisson(random, requests);
  if (scatter !== 'clusters') return { total, failed: binomial(random, total, Math.min(1, rate)) };
  let failed = 0;
  for (let left = binomial(random, total, Math.min(1, rate / CLUSTER)); left > 0; left--) {
    failed += 1;
    while (random() < 1 - 1 / CLUSTER) failed += 1;
  }
  return { total, failed: Math.min(total, failed) };
}

/** The factor of one arm's rate in one minute. */
function levelOf(scatter: Scatter, random: Random): number {
  if (scatter === 'gamma-.5') return gamma(random, 4);
  return scatter === 'gamma-1' ? gamma(random, 1) : 1;
}
