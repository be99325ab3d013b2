import type { Cell, Scale } from '../cell.js';
import { ours } from '../ours.js';
import { kayenta } from '../peers/kayenta.js';
import { fixedHorizonPaired, mannWhitney98, threshold } from '../peers/simple.js';
import { NO_MARGIN, rulesFor, TENTH } from '../rules.js';
import type { Trace } from '../trace.js';
import { gaugeTrace } from '../traces/gauge.js';

const PAIRS = 60;
const MEMORIES = [0, 0.5, 0.8] as const;
const NOISES = ['normal', 't3'] as const;

const CHANGES: Readonly<Record<string, number>> = {
  healthy: 1,
  '+10%': 1.1,
  '+20%': 1.2,
  x2: 2,
  'at +10%': 1.1,
};

export function gaugeCells(scale: Scale): readonly Cell[] {
  return [...evenCells(scale), ...restlessCells(scale)];
}

/** A healthy canary with three times the baseline's noise. */
function restlessCells(scale: Scale): readonly Cell[] {
  return [0, 0.5].map((memory) => {
    const cell = cellOf({ noise: 'normal', memory, change: 'healthy' }, scale);
    const world = {
      pairs: PAIRS,
      noise: 'normal',
      memory,
      times: 1,
      historyPairs: 60,
      canaryNoise: 3,
    } as const;
    const change = 'healthy, canary three times as noisy';
    return {
      ...cell,
      id: `gauge normal memory ${memory} ${change}`,
      facts: { noise: 'normal', memory, change },
      trace: (random) => gaugeTrace(world, random),
    } satisfies Cell;
  });
}

function evenCells(scale: Scale): readonly Cell[] {
  return NOISES.flatMap((noise) =>
    MEMORIES.flatMap((memory) =>
      Object.keys(CHANGES).map((change) => cellOf({ noise, memory, change }, scale)),
    ),
  );
}

function cellOf(
  facts: { readonly noise: 'normal' | 't3'; readonly memory: number; readonly change: string },
  { rare, delay }: Scale,
): Cell {
  const { noise, memory, change } = facts;
  const isBoundary = change === 'at +10%';
  const world = { pairs: PAIRS, noise, memory, times: CHANGES[change] ?? 1, historyPairs: 60 };
  return {
    family: 'gauge',
    id: `gauge ${noise} memory ${memory} ${change}`,
    facts,
    // Pairs are few and cheap: more runs than elsewhere.
    runs: isBoundary || change === 'healthy' ? 2 * rare : 2 * delay,
    trace: (random) => gaugeTrace(world, random),
    contenders: isBoundary ? atTheMargin : (trace) => all(trace, change),
  };
}

function atTheMargin(trace: Trace) {
  return [true, false].flatMap((knowsHistory) =>
    ours(trace, {
      name: `ours, 10%${knowsHistory ? '' : ', no history'}`,
      rules: rulesFor('gauge', { worseBy: TENTH, falseAlarm: 0.05 }),
      mayPass: true,
      knowsHistory,
    }),
  );
}

function all(trace: Trace, change: string) {
  const gauge = { metric: 'gauge', quantile: Number.NaN };
  const limits = { ...gauge, limit: 150 };
  return [
    ...[true, false].flatMap((knowsHistory) =>
      ours(trace, {
        name: `ours, no margin, 1%${knowsHistory ? '' : ', no history'}`,
        rules: rulesFor('gauge', { worseBy: NO_MARGIN, falseAlarm: 0.01 }),
        knowsHistory,
      }),
    ),
    ...ours(trace, {
      name: 'ours, 1%',
      rules: rulesFor('gauge', { falseAlarm: 0.01 }),
      mayPass: change === 'healthy',
      looser: { name: 'ours', falseAlarm: 0.05 },
    }),
    kayenta([gauge]),
    mannWhitney98([gauge]),
    threshold('Flagger', { ...limits, failures: 5 }),
    threshold('Argo', { ...limits, failures: 1 }),
    threshold('Argo, failureLimit 5', { ...limits, failures: 6 }),
    fixedHorizonPaired('gauge', trace.minutes),
  ];
}
