import type { Cell, Scale } from '../cell.js';
import { ours } from '../ours.js';
import { kayenta } from '../peers/kayenta.js';
import { fixedHorizonShares, mannWhitney98 } from '../peers/simple.js';
import { HALF_POINT, NO_MARGIN, rulesFor } from '../rules.js';
import type { Trace } from '../trace.js';
import { type ErrorsWorld, errorsTrace, type Scatter } from '../traces/errors.js';
import { latencyTrace } from '../traces/latency.js';

const MINUTES = 60;
const SERIES = [{ metric: 'errors', quantile: Number.NaN }];

/** What real traffic does to tests that take requests for independent and rates for constant. */
export function hardshipCells(scale: Scale): readonly Cell[] {
  return [
    ...driftCells(scale),
    ...incidentCells(scale),
    ...scatterCells(scale),
    ...wobbleCells(scale),
    ...onsetCells(scale),
    ...manyMetricsCells(scale),
  ];
}

function worldOf(part: Partial<ErrorsWorld>): ErrorsWorld {
  return {
    minutes: MINUTES,
    rps: 20,
    everySeconds: 30,
    share: () => 0.5,
    baseline: () => 0.01,
    canary: () => 0.01,
    scatter: 'iid',
    historyMinutes: 60,
    ...part,
  };
}

function errorsCell(
  of: { readonly family: string; readonly id: string; readonly facts: Cell['facts']; readonly runs: number },
  world: ErrorsWorld,
  contenders: Cell['contenders'] = noMargin,
): Cell {
  return { ...of, id: `${of.family}: ${of.id}`, trace: (random) => errorsTrace(world, random), contenders };
}

function noMargin(trace: Trace) {
  const rules = rulesFor('errors', { worseBy: NO_MARGIN, falseAlarm: 0.01 });
  return [
    ...ours(trace, { name: 'ours, no margin, 1%', rules }),
    kayenta(SERIES),
    mannWhitney98(SERIES),
    fixedHorizonShares('errors', trace.minutes),
  ];
}

/** The rate of both arms rises or falls fourfold while the share ramps up. */
function driftCells(scale: Scale): readonly Cell[] {
  const share = (minute: number) => [0.01, 0.05, 0.2, 0.5][Math.min(3, Math.floor(minute / 15))] ?? 0.5;
  return (['rises', 'falls'] as const).flatMap((way) =>
    [1, 1.5].map((times) => {
      const rate = (minute: number) =>
        (way === 'rises' ? 0.01 : 0.04) * 4 ** ((way === 'rises' ? 1 : -1) * (minute / MINUTES));
      const world = worldOf({ share, baseline: rate, canary: (minute) => times * rate(minute) });
      const change = times === 1 ? 'healthy' : `x${times}`;
      const runs = times === 1 ? scale.rare : scale.delay;
      return errorsCell(
        { family: 'drift and ramp', id: `rate ${way} x4, ${change}`, facts: { change, way }, runs },
        world,
      );
    }),
  );
}

/** Five minutes of ten times as many failures in both arms. */
function incidentCells(scale: Scale): readonly Cell[] {
  return [1, 2].map((times) => {
    const rate = (minute: number) => (minute >= 20 && minute < 25 ? 0.1 : 0.01);
    const world = worldOf({ baseline: rate, canary: (minute) => times * rate(minute) });
    const change = times === 1 ? 'healthy' : `x${times}`;
    const runs = times === 1 ? scale.rare : scale.delay;
    return errorsCell({ family: 'shared incident', id: change, facts: { change }, runs }, world);
  });
}

/** Failures that come in clusters, or with a rate of each arm's own each minute. */
function scatterCells(scale: Scale): readonly Cell[] {
  const scatters: readonly Scatter[] = ['iid', 'clusters', 'gamma-.5', 'gamma-1'];
  return scatters.flatMap((scatter) =>
    [10, 100].flatMap((rps) =>
      [1, 2, 10].map((times) => {
        const world = worldOf({ scatter, rps: 2 * rps, canary: () => times * 0.01 });
        const change = times === 1 ? 'healthy' : `x${times}`;
        const runs = times === 1 ? scale.rare : Math.ceil(scale.delay / (rps >= 100 ? 3 : 1));
        const of = {
          family: 'scattered errors',
          id: `${scatter} ${rps}/s ${change}`,
          facts: { scatter, rps, change },
          runs,
        };
        return errorsCell(of, world, withAndWithoutHistory);
      }),
    ),
  );
}

function withAndWithoutHistory(trace: Trace) {
  const rules = rulesFor('errors', { worseBy: NO_MARGIN, falseAlarm: 0.01 });
  return [
    ...ours(trace, { name: 'ours, no margin, 1%', rules }),
    ...ours(trace, { name: 'ours, no margin, 1%, no history', rules, knowsHistory: false }),
    kayenta(SERIES),
    mannWhitney98(SERIES),
  ];
}

/** Each arm is slower or faster as a whole for a minute. */
function wobbleCells(scale: Scale): readonly Cell[] {
  return [0.03, 0.1].flatMap((wobble) =>
    [1, 1.5].map((times) => {
      const world = {
        minutes: MINUTES,
        rps: 20,
        everySeconds: 60,
        share: 0.5,
        shape: 'lognormal',
        slowdown: { times },
        wobble,
        historyMinutes: 60,
      } as const;
      const change = times === 1 ? 'healthy' : `x${times}`;
      return {
        family: 'scattered latency',
        id: `scattered latency: ${100 * wobble}% each minute, ${change}`,
        facts: { wobble, change },
        runs: Math.ceil((times === 1 ? scale.rare : scale.delay) / 2),
        trace: (random) => latencyTrace(world, random),
        contenders: (trace) => [
          ...ours(trace, {
            name: 'ours, no margin, 1%',
            rules: rulesFor('latency', { worseBy: NO_MARGIN, falseAlarm: 0.01 }),
          }),
          ...ours(trace, {
            name: 'ours, no margin, 1%, no history',
            rules: rulesFor('latency', { worseBy: NO_MARGIN, falseAlarm: 0.01 }),
            knowsHistory: false,
          }),
          ...ours(trace, { name: 'ours, 1%', rules: rulesFor('latency', { falseAlarm: 0.01 }) }),
          kayenta([{ metric: 'latency', quantile: 0.95 }]),
          mannWhitney98([{ metric: 'latency', quantile: 0.95 }]),
        ],
      } satisfies Cell;
    }),
  );
}

/** The same regressions from the start and from the middle on. */
function onsetCells(scale: Scale): readonly Cell[] {
  const worlds = [
    { id: '1% x2', margin: NO_MARGIN, base: 0.01, canary: 0.02, rps: 10 },
    { id: '1% x3, margin 0.5pp', margin: HALF_POINT, base: 0.01, canary: 0.03, rps: 10 },
    { id: '0.1% to 1%, margin 0.5pp', margin: HALF_POINT, base: 0.001, canary: 0.01, rps: 10 },
    { id: '1% to 2% at 100/s, margin 0.5pp', margin: HALF_POINT, base: 0.01, canary: 0.02, rps: 100 },
    { id: '1% x10 at 100/s', margin: NO_MARGIN, base: 0.01, canary: 0.1, rps: 100 },
  ];
  return worlds.flatMap(({ id, margin, base, canary, rps }) =>
    [0, 30].map((onset) => {
      const changed = (minute: number) => (minute >= onset ? canary : base);
      const world = worldOf({ rps: 2 * rps, baseline: () => base, canary: changed, everySeconds: 10 });
      const of = {
        family: 'late onset',
        id: `${id} from minute ${onset}`,
        facts: { world: id, onset },
        runs: scale.delay,
      };
      return errorsCell(of, world, (trace) => [
        ...ours(trace, {
          name: 'ours, 1%',
          rules: rulesFor('errors', { worseBy: margin, falseAlarm: 0.01 }),
        }),
        kayenta(SERIES),
        mannWhitney98(SERIES),
      ]);
    }),
  );
}

/** Ten healthy metrics: how often any of them takes the release back. */
function manyMetricsCells(scale: Scale): readonly Cell[] {
  const names = Array.from({ length: 10 }, (_, i) => `errors${i === 0 ? '' : i}`);
  const world = worldOf({ metrics: names.length, everySeconds: 60 });
  const of = { family: 'ten metrics', id: 'healthy', facts: { change: 'healthy' }, runs: scale.rare };
  const series = names.map((metric) => ({ metric, quantile: Number.NaN }));
  return [
    errorsCell(of, world, (trace) => [
      ...ours(trace, {
        name: 'ours, no margin, 5%',
        rules: rulesFor('errors', { worseBy: NO_MARGIN, falseAlarm: 0.05, metrics: names }),
      }),
      kayenta(series),
      mannWhitney98(series),
    ]),
  ];
}
