import type { Cell, Scale } from '../cell.js';
import { ours } from '../ours.js';
import { kayenta } from '../peers/kayenta.js';
import { fixedHorizonQuantile, mannWhitney98, threshold } from '../peers/simple.js';
import { NO_MARGIN, rulesFor, TENTH } from '../rules.js';
import type { Trace } from '../trace.js';
import { latencyTrace, type Shape, type Slowdown } from '../traces/latency.js';

const MINUTES = 60;
const SHAPES: readonly Shape[] = ['lognormal', 'bimodal', 'heavy'];

const SLOWDOWNS: Readonly<Record<string, Slowdown>> = {
  healthy: { times: 1 },
  'x1.2': { times: 1.2 },
  'x1.5': { times: 1.5 },
  x2: { times: 2 },
  'p99 x3': { tail: 3 },
  'at x1.1': { times: 1.1 },
  'other shape at x1.1': { reshaped: true },
};

export function latencyCells(scale: Scale): readonly Cell[] {
  const rates = scale.isFull ? [1, 10, 100] : [1, 10];
  return SHAPES.flatMap((shape) =>
    rates.flatMap((rps) =>
      Object.keys(SLOWDOWNS)
        .filter((change) => change !== 'other shape at x1.1' || shape === 'lognormal')
        .map((change) => cellOf({ shape, rps, change }, scale)),
    ),
  );
}

function cellOf(
  { shape, rps, change }: { readonly shape: Shape; readonly rps: number; readonly change: string },
  { isFull, rare, delay }: Scale,
): Cell {
  const isBoundary = change.includes('at x1.1');
  const isRare = isBoundary || change === 'healthy';
  const world = {
    minutes: MINUTES,
    rps: 2 * rps,
    everySeconds: isRare && !isFull ? 60 : 30,
    share: 0.5,
    shape,
    slowdown: SLOWDOWNS[change] ?? { times: 1 },
    wobble: 0,
    historyMinutes: 60,
  };
  // Many values a second are dear to draw, and decide soon.
  const part = rps >= 100 ? 0.05 : rps >= 10 ? 0.4 : 1;
  return {
    family: 'latency',
    id: `latency ${shape} ${rps}/s ${change}`,
    facts: { shape, rps, change },
    runs: Math.ceil((isRare ? rare : delay) * part),
    trace: (random) => latencyTrace(world, random),
    contenders: isBoundary ? atTheMargin : (trace) => all(trace, change),
  };
}

function atTheMargin(trace: Trace) {
  const rules = rulesFor('latency', { worseBy: TENTH, falseAlarm: 0.05 });
  return ours(trace, { name: 'ours, 10%', rules, mayPass: true });
}

function all(trace: Trace, change: string) {
  const p95 = { metric: 'latency', quantile: 0.95 };
  const three = [0.5, 0.95, 0.99].map((quantile) => ({ metric: 'latency', quantile }));
  return [
    ...ours(trace, {
      name: 'ours, no margin, 1%',
      rules: rulesFor('latency', { worseBy: NO_MARGIN, falseAlarm: 0.01 }),
      looser: { name: 'ours, no margin, 5%', falseAlarm: 0.05 },
    }),
    ...ours(trace, {
      name: 'ours, no margin, 5%, no history',
      rules: rulesFor('latency', { worseBy: NO_MARGIN, falseAlarm: 0.05 }),
      knowsHistory: false,
    }),
    ...ours(trace, {
      name: 'ours',
      rules: rulesFor('latency', { falseAlarm: 0.05 }),
      mayPass: change === 'healthy',
    }),
    kayenta([p95]),
    kayenta(three),
    mannWhitney98([p95]),
    threshold('Flagger', { ...p95, limit: 500, failures: 5 }),
    threshold('Argo', { ...p95, limit: 500, failures: 1 }),
    threshold('Argo, failureLimit 5', { ...p95, limit: 500, failures: 6 }),
    fixedHorizonQuantile('latency', trace.minutes),
  ];
}
