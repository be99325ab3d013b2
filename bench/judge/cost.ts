import { type JudgeState, onBatch, verdict } from '../../src/judge/judge.js';
import type { MetricRule } from '../../src/judge/rules.js';
import { atMost, type Goal, median } from '../goal.js';
import { batchOf, startOurs } from './ours.js';
import { randomOf } from './random.js';
import { rulesFor } from './rules.js';
import type { Step, Trace } from './trace.js';
import { errorsTrace } from './traces/errors.js';
import { gaugeTrace } from './traces/gauge.js';
import { latencyTrace } from './traces/latency.js';

const ROUNDS = 9;
const MINUTES = 240;
/** Processes that move evidence in one update, the confidence sequence counted as one. */
const STREAMS = { errors: 5, latency: 6, gauge: 3 } as const;
const KINDS = ['errors', 'latency', 'gauge'] as const satisfies readonly MetricRule['kind'][];

/** What an update costs in time of the processor, and the state in bytes; and whether a stopped judge goes on the same. */
export function costs(seed: number): {
  readonly goals: readonly Goal[];
  readonly figures: readonly Record<string, number | string>[];
} {
  const found = KINDS.map((kind) => ({ kind, ...costOf(kind, seed) }));
  const worst = Math.max(...found.map(({ microsPerStream }) => microsPerStream));
  const largest = Math.max(...found.map(({ bytes }) => bytes));
  const differing = found.reduce((sum, { differing }) => sum + differing, 0);
  return {
    goals: [
      atMost(
        'G12-update',
        worst,
        50,
        'microseconds of the processor for a stream and batch (100 values an arm), the dearest kind; twice that on a busy machine',
      ),
      atMost('G12-state', largest, 2048, 'bytes of a state beside its rule and sketches, the largest kind'),
      atMost(
        'G12-resume',
        differing,
        0,
        'states that differ after being stopped and resumed at random points',
      ),
    ],
    figures: found,
  };
}

function costOf(kind: MetricRule['kind'], seed: number) {
  const trace = traceOf(kind, seed);
  const steps = [...trace.steps];
  const rules = rulesFor(kind, { falseAlarm: 0.01 });
  const begin = () => startOurs(trace, { rules, bakeMinutes: 0, knowsHistory: true });
  const rounds = Array.from({ length: ROUNDS }, () => timed(() => follow(begin(), steps)));
  // The fastest of a few: what else the machine does only ever adds.
  const micros = Math.min(...rounds.slice(2)) / steps.length;
  const end = follow(begin(), steps);
  const looks = Array.from({ length: 20 }, () => timed(() => verdict(end, { now: 1e9, deadline: 1e10 })));
  const random = randomOf(seed, kind, 'resume');
  const resumed = follow(begin(), steps, (state) => (random() < 0.2 ? viaJson(state) : state));
  return {
    micros,
    microsPerStream: micros / STREAMS[kind],
    verdictMicros: median(looks),
    bytes: bytesOf(end, kind),
    differing: JSON.stringify(resumed) === JSON.stringify(end) ? 0 : 1,
  };
}

function traceOf(kind: MetricRule['kind'], seed: number): Trace {
  const random = randomOf(seed, 'cost', kind);
  if (kind === 'gauge')
    return gaugeTrace({ pairs: 1000, noise: 'normal', memory: 0.5, times: 1, historyPairs: 60 }, random);
  if (kind === 'latency') {
    const world = {
      minutes: MINUTES,
      rps: 20,
      everySeconds: 10,
      share: 0.5,
      shape: 'lognormal',
      slowdown: { times: 1 },
      wobble: 0,
      historyMinutes: 60,
    } as const;
    return latencyTrace(world, random);
  }
  const rate = () => 0.01;
  const world = {
    minutes: MINUTES,
    rps: 20,
    everySeconds: 10,
    share: () => 0.5,
    baseline: rate,
    canary: rate,
    scatter: 'iid',
    historyMinutes: 60,
  } as const;
  return errorsTrace(world, random);
}

function follow(
  start: JudgeState,
  steps: readonly Step[],
  between = (state: JudgeState) => state,
): JudgeState {
  return steps.reduce((state, step) => onBatch(between(state), batchOf(step)), start);
}

/** Microseconds of the processor. */
function timed(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function bytesOf(state: JudgeState, name: string): number {
  const { rule: _, ...rest } = state.metrics[name] ?? { rule: null };
  const withoutSketches = (key: string, value: unknown) =>
    key === 'past' && !Array.isArray(value) ? undefined : value;
  return JSON.stringify(rest, withoutSketches).length;
}

function viaJson<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}
