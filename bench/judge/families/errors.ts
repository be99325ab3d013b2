import { limitTotalRequests } from '../../../src/judge/request-limit.js';
import type { Cell, Scale } from '../cell.js';
import { ours } from '../ours.js';
import { kayenta } from '../peers/kayenta.js';
import { fixedHorizonShares, mannWhitney98, threshold } from '../peers/simple.js';
import { HALF_POINT, NO_MARGIN, rulesFor } from '../rules.js';
import type { Trace } from '../trace.js';
import { type ErrorsWorld, errorsTrace } from '../traces/errors.js';

const MINUTES = 60;
const BASES = [0.001, 0.01, 0.05] as const;
const RATES = [1, 10, 100] as const;
const SHARES = [0.5, 0.1, 0.01] as const;

const CHANGES = {
  healthy: (base: number) => base,
  '+1pp': (base: number) => base + 0.01,
  x2: (base: number) => 2 * base,
  x10: (base: number) => 10 * base,
  'at +0.5pp': (base: number) => base + 0.005,
} as const;

type Change = keyof typeof CHANGES;

export function errorCells(scale: Scale): readonly Cell[] {
  const cells: Cell[] = [];
  for (const share of SHARES) {
    for (const base of BASES) {
      for (const rps of RATES) {
        // Away from equal shares one middle world says what the others would.
        if (share !== 0.5 && !(base === 0.01 && rps === 10) && !(scale.isFull && rps === 10)) continue;
        for (const change of Object.keys(CHANGES) as Change[])
          cells.push(cellOf({ share, base, rps, change }, scale));
      }
    }
  }
  return cells;
}

interface Facts {
  readonly share: number;
  readonly base: number;
  /** The canary's requests a second. */
  readonly rps: number;
  readonly change: Change;
}

function cellOf({ share, base, rps, change }: Facts, { isFull, rare, delay }: Scale): Cell {
  const canary = CHANGES[change](base);
  const isRare = change === 'healthy' || change === 'at +0.5pp';
  const world: ErrorsWorld = {
    minutes: MINUTES,
    rps: rps / share,
    everySeconds: isRare ? (isFull ? 30 : 60) : 10,
    share: () => share,
    baseline: () => base,
    canary: () => canary,
    scatter: 'iid',
    historyMinutes: 60,
  };
  const rates = { baseline: base, canary, share };
  const requests = limitTotalRequests(rates, { kind: 'relative', times: 1 }, 0.01);
  return {
    family: 'errors',
    id: `errors ${100 * base}% ${rps}/s share ${100 * share}% ${change}`,
    facts: { share, base, rps, change, limitMinutes: (requests * share) / rps / 60 },
    runs: isRare ? rare : delay,
    trace: (random) => errorsTrace(world, random),
    contenders: change === 'at +0.5pp' ? atTheMargin : (trace) => all(trace, change),
  };
}

function atTheMargin(trace: Trace) {
  const rules = rulesFor('errors', { worseBy: HALF_POINT, falseAlarm: 0.05 });
  return ours(trace, { name: 'ours, 0.5pp', rules, mayPass: true });
}

function all(trace: Trace, change: Change) {
  const series = [{ metric: 'errors', quantile: Number.NaN }];
  const limits = { metric: 'errors', quantile: Number.NaN, limit: 0.01 };
  return [
    ...ours(trace, {
      name: 'ours, no margin, 1%',
      rules: rulesFor('errors', { worseBy: NO_MARGIN, falseAlarm: 0.01 }),
      looser: { name: 'ours, no margin, 5%', falseAlarm: 0.05 },
    }),
    ...ours(trace, {
      name: 'ours',
      rules: rulesFor('errors', { falseAlarm: 0.05 }),
      mayPass: change === 'healthy',
      bakeMinutes: 0,
    }),
    kayenta(series),
    mannWhitney98(series),
    threshold('Flagger', { ...limits, failures: 5 }),
    threshold('Argo', { ...limits, failures: 1 }),
    threshold('Argo, failureLimit 5', { ...limits, failures: 6 }),
    fixedHorizonShares('errors', trace.minutes),
  ];
}
