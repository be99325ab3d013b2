import { normal, poisson, type Random } from '../random.js';
import type { Step, Trace } from '../trace.js';

/** Shapes of latencies in milliseconds: medians of about 100 and tails of different weight. */
export type Shape = 'lognormal' | 'bimodal' | 'heavy';

/** What became of the canary: its values times a factor, its 99th percentile, or another shape. */
export type Slowdown =
  | { readonly times: number; readonly from?: number }
  | { readonly tail: number }
  | { readonly reshaped: true };

export interface LatencyWorld {
  readonly minutes: number;
  readonly rps: number;
  readonly everySeconds: number;
  readonly share: number;
  readonly shape: Shape;
  readonly slowdown: Slowdown;
  /** The spread of a factor that each arm has for a minute; 0 for independent requests. */
  readonly wobble: number;
  readonly historyMinutes: number;
}

/** A minute of the history holds no more values than that: it is drawn anew for each run. */
const MOST_PAST = 600;
const SIGMA = 0.6;
const SLOW_PART = 0.2;
const PARETO = 1.3;
const P99 = { lognormal: 404, bimodal: 655, heavy: 2074 } as const;
/** With so many requests in the tail the 99th percentile lies there. */
const SLOW_TAIL = 0.02;

export function latencyTrace(world: LatencyWorld, random: Random): Trace {
  const { rps, share, shape, wobble, historyMinutes } = world;
  const latencies = Array.from({ length: historyMinutes }, () => {
    const level = Math.exp(wobble * normal(random));
    const count = Math.min(MOST_PAST, poisson(random, rps * (1 - share) * 60));
    return Array.from({ length: count }, () => level * latency(shape, random));
  });
  return { minutes: world.minutes, past: { latency: { latencies } }, steps: stepsOf(world, random) };
}

function* stepsOf(world: LatencyWorld, random: Random): Iterable<Step> {
  const { minutes, everySeconds, rps, share, wobble } = world;
  const levels = { canary: 1, baseline: 1 };
  for (let from = 0; from < minutes * 60; from += everySeconds) {
    if (from % 60 === 0) {
      levels.canary = Math.exp(wobble * normal(random));
      levels.baseline = Math.exp(wobble * normal(random));
    }
    const values = (part: number, draw: () => number) =>
      Array.from({ length: poisson(random, rps * part * everySeconds) }, draw);
    const canary = values(share, () => levels.canary * slowed(world, from / 60, random));
    const baseline = values(1 - share, () => levels.baseline * latency(world.shape, random));
    yield {
      from,
      to: from + everySeconds,
      metrics: { latency: { kind: 'latency', canary: orNull(canary), baseline: orNull(baseline) } },
    };
  }
}

/** An interval without requests has no latencies. */
function orNull(values: readonly number[]): readonly number[] | null {
  return values.length === 0 ? null : values;
}

function slowed({ shape, slowdown }: LatencyWorld, minute: number, random: Random): number {
  if ('times' in slowdown) {
    return latency(shape, random) * (minute >= (slowdown.from ?? 0) ? slowdown.times : 1);
  }
  if ('tail' in slowdown) {
    return random() < SLOW_TAIL ? slowdown.tail * P99[shape] : latency(shape, random);
  }
  return reshaped(random);
}

function latency(shape: Shape, random: Random): number {
  if (shape === 'lognormal') return 100 * Math.exp(SIGMA * normal(random));
  if (shape === 'heavy') return 60 * (1 - random()) ** (-1 / PARETO);
  return random() < SLOW_PART ? 400 * Math.exp(0.3 * normal(random)) : 80 * Math.exp(0.3 * normal(random));
}

/** As the lognormal at 1.1 times its 95th percentile, with another spread: only that quantile is at the margin. */
function reshaped(random: Random): number {
  const z95 = 1.6448536269514722;
  const spread = 0.3;
  return 1.1 * 100 * Math.exp(SIGMA * z95 - spread * z95 + spread * normal(random));
}
