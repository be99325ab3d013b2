import { atMost, type Goal } from '../goal.js';
import { type CellResult, pick } from './results.js';
import { type Summary, upperLimit } from './summary.js';

const LOOSE = 'ours, no margin, 5%';
const STRICT = 'ours, no margin, 1%';
const WITHOUT_HISTORY = 'ours, no margin, 1%, no history';
const isHealthy = ({ change }: Readonly<Record<string, string | number>>) => change === 'healthy';

/** The claims about the judge's decisions, by the numbers of the design's list. */
export function goalsOf(results: readonly CellResult[]): readonly Goal[] {
  return [
    ...falseAlarms(results),
    ...boundary(results),
    ...againstKayenta(results),
    ...againstTheLimit(results),
    ...outage(results),
    ...latency(results),
    ...onset(results),
    ...scatter(results),
    ...drift(results),
    ...manyMetrics(results),
    ...gauges(results),
  ];
}

function falseAlarms(results: readonly CellResult[]): readonly Goal[] {
  const cells = ['errors', 'latency', 'gauge'].flatMap((family) =>
    pick(results, { family, judge: 'ours', where: isHealthy }),
  );
  const worst = Math.max(...cells.map(({ failRate }) => failRate));
  return [
    atMost(
      'G1',
      worst,
      0.005,
      'share of healthy canaries that fail by the default margins at 5 %, the worst of all worlds',
    ),
  ];
}

/** A canary exactly at its margin; the rate of all worlds together, whose upper limit may be 1.3 alpha. */
function boundary(results: readonly CellResult[]): readonly Goal[] {
  const sides = ['fail', 'pass'] as const;
  return (
    [
      ['errors', 'ours, 0.5pp'],
      ['latency', 'ours, 10%'],
      ['gauge', 'ours, 10%'],
    ] as const
  ).flatMap(([family, judge]) => {
    return sides.map((side) => {
      // Another shape may be at the margin in one quantile and beyond it in others, which is a regression.
      const where = ({ memory = 0, change = '' }) =>
        memory !== 0.8 && !(side === 'fail' && String(change).includes('shape'));
      const cells = pick(results, { family, judge, where });
      const runs = sum(cells, ({ runs }) => runs);
      const count = sum(cells, (cell) => (side === 'fail' ? cell.failed : cell.passed));
      const what = side === 'fail' ? 'fail' : 'pass';
      return atMost(
        `G2-${family}-${side}`,
        upperLimit(count, runs),
        0.065,
        `upper 95 % limit of the share of canaries exactly at the margin that ${what} (${count} of ${runs}; alpha is 5 %)`,
      );
    });
  });
}

/** In each cell the median delay at the level where neither has more false alarms on average than the other. */
function againstKayenta(results: readonly CellResult[]): readonly Goal[] {
  const families = ['errors', 'latency'];
  const of = (judge: string, healthy: boolean) =>
    families.flatMap((family) =>
      pick(results, {
        family,
        judge,
        where: (facts) => isHealthy(facts) === healthy && !String(facts.change).includes('at '),
      }),
    );
  const [ours, theirs] = [of(LOOSE, false), of('Kayenta', false)];
  const pairs = ours.flatMap((cell, i) => {
    const peer = theirs[i];
    return peer === undefined ? [] : [{ id: cell.id, ratio: delayRatio(cell, peer) }];
  });
  const later = pairs.filter(({ ratio }) => ratio > 1);
  const worst = Math.max(...pairs.map(({ ratio }) => ratio));
  const names = later.map(
    ({ id, ratio }) => `${id} (${Number.isFinite(ratio) ? ratio.toFixed(2) : 'finds less'})`,
  );
  return [
    atMost(
      'G3-false-alarms',
      mean(of(LOOSE, true).map(({ failRate }) => failRate)),
      mean(of('Kayenta', true).map(({ failRate }) => failRate)),
      'mean share of healthy canaries that fail without a margin at 5 %; the limit is that of Kayenta',
    ),
    atMost(
      'G3-later',
      later.length / pairs.length,
      0.05,
      `part of ${pairs.length} regressions that Kayenta finds sooner by the median, or more often${names.length > 0 ? `: ${names.join('; ')}` : ''}`,
    ),
    atMost('G3-worst', worst, 1.1, 'largest ratio of the median delay to that of Kayenta'),
  ];
}

/** Of the medians; where neither finds half of the regressions, whether more are found: 1, or infinite. */
function delayRatio(ours: Summary, theirs: Summary): number {
  if (Number.isFinite(ours.medianMinutes)) return ours.medianMinutes / theirs.medianMinutes;
  if (Number.isFinite(theirs.medianMinutes)) return Number.POSITIVE_INFINITY;
  return ours.failRate >= theirs.failRate ? 1 : Number.POSITIVE_INFINITY;
}

function againstTheLimit(results: readonly CellResult[]): readonly Goal[] {
  const cells = pick(results, {
    family: 'errors',
    judge: STRICT,
    where: ({ limitMinutes, change }) =>
      Number(limitMinutes) >= 1 && Number.isFinite(limitMinutes) && !String(change).startsWith('at'),
  }).filter(({ failRate }) => failRate >= 0.97);
  const worst = (of: (cell: Summary) => number) =>
    Math.max(...cells.map((cell) => of(cell) / Number(cell.facts.limitMinutes)));
  return [
    atMost(
      'G4-median',
      worst(({ medianMinutes }) => medianMinutes),
      1.6,
      `median time to FAIL over the theoretical limit, the worst of ${cells.length} worlds`,
    ),
    atMost(
      'G4-mean',
      worst(({ meanMinutes }) => meanMinutes),
      1.9,
      'mean time to FAIL over the theoretical limit, the worst',
    ),
  ];
}

function outage(results: readonly CellResult[]): readonly Goal[] {
  const [cell] = pick(results, {
    family: 'errors',
    judge: 'ours',
    where: ({ base, rps, share, change }) => base === 0.01 && rps === 10 && share === 0.5 && change === 'x10',
  });
  const [strict] = pick(results, {
    family: 'errors',
    judge: LOOSE,
    where: ({ base, rps, share, change }) => base === 0.01 && rps === 10 && share === 0.5 && change === 'x10',
  });
  return [
    atMost(
      'G5-missed',
      1 - (cell?.failRate ?? 0),
      0,
      'share of outages (1 % to 10 %, 10/s) that the default margins miss',
    ),
    atMost(
      'G5-seconds',
      60 * (strict?.medianMinutes ?? Number.NaN),
      20,
      'median seconds to FAIL of that outage, without a margin at 5 %',
    ),
    atMost(
      'G5-requests',
      strict?.medianRequests ?? Number.NaN,
      200,
      'median requests of the canary until then',
    ),
  ];
}

function latency(results: readonly CellResult[]): readonly Goal[] {
  const worst = (change: string, rps: number) =>
    Math.max(
      ...pick(results, {
        family: 'latency',
        judge: LOOSE,
        where: (facts) => facts.change === change && facts.rps === rps && facts.shape !== 'heavy',
      }).map(({ medianMinutes }) => medianMinutes),
    );
  return [
    atMost(
      'G6-slower',
      worst('x1.2', 10),
      2,
      'median minutes until 20 % slower at 10/s fails without a margin at 5 %, light tails',
    ),
    atMost('G6-tail', worst('p99 x3', 1), 15, 'the same of a 99th percentile three times as slow at 1/s'),
  ];
}

function onset(results: readonly CellResult[]): readonly Goal[] {
  const at = (onset: number) =>
    pick(results, { family: 'late onset', judge: 'ours, 1%', where: (facts) => facts.onset === onset });
  const early = at(0).filter(({ failRate }) => failRate === 1);
  const pairs = early.flatMap((cell) => {
    const late = at(30).find(({ facts }) => facts.world === cell.facts.world);
    return late === undefined ? [] : [{ late, ratio: (late.medianMinutes - 30) / cell.medianMinutes }];
  });
  return [
    atMost(
      'G7-missed',
      1 - Math.min(...pairs.map(({ late }) => late.failRate)),
      0.1,
      `regressions from the middle on that are missed, of those always found from the start on; the worst of ${pairs.length} worlds`,
    ),
    atMost(
      'G7-delay',
      Math.max(...pairs.map(({ ratio }) => ratio)),
      2,
      'median delay of regressions from the middle on over that from the start on, the worst',
    ),
  ];
}

function scatter(results: readonly CellResult[]): readonly Goal[] {
  const worst = (judge: string) =>
    Math.max(
      ...pick(results, { family: 'scattered errors', judge, where: isHealthy }).map(
        ({ failRate }) => failRate,
      ),
    );
  const latencies = pick(results, { family: 'scattered latency', judge: STRICT, where: isHealthy });
  return [
    atMost(
      'G8-history',
      worst(STRICT),
      0.03,
      'share of healthy canaries whose failures come in bursts that fail at 1 %, with 60 minutes of history, the worst',
    ),
    atMost('G8-no-history', worst(WITHOUT_HISTORY), 0.03, 'the same without a history'),
    atMost(
      'G8-latency',
      Math.max(...latencies.map(({ failRate }) => failRate)),
      0.03,
      'the same of latencies that an arm has in common for a minute',
    ),
  ];
}

function drift(results: readonly CellResult[]): readonly Goal[] {
  const cells = (healthy: boolean) =>
    pick(results, {
      family: 'drift and ramp',
      judge: STRICT,
      where: (facts) => isHealthy(facts) === healthy,
    });
  return [
    atMost(
      'G9-healthy',
      Math.max(...cells(true).map(({ failRate }) => failRate)),
      0.01,
      'share of healthy canaries that fail at 1 % while the rate changes fourfold and the share ramps up',
    ),
    atMost(
      'G9-missed',
      1 - Math.min(...cells(false).map(({ failRate }) => failRate)),
      0,
      'regressions of 1.5 times that are missed meanwhile',
    ),
  ];
}

function manyMetrics(results: readonly CellResult[]): readonly Goal[] {
  const [cell] = pick(results, { family: 'ten metrics', judge: LOOSE, where: isHealthy });
  return [
    atMost(
      'G10',
      cell?.failRate ?? Number.NaN,
      0.05,
      'share of releases with ten healthy metrics that fail at 5 % without a margin',
    ),
  ];
}

function gauges(results: readonly CellResult[]): readonly Goal[] {
  const of = (judge: string, change: string, most = 0.8) =>
    pick(results, {
      family: 'gauge',
      judge,
      where: (facts) => facts.change === change && Number(facts.memory) <= most,
    });
  const rate = (cells: readonly Summary[]) => Math.max(...cells.map(({ failRate }) => failRate));
  const median = (cells: readonly Summary[]) => Math.max(...cells.map(({ medianMinutes }) => medianMinutes));
  return [
    atMost(
      'G11-healthy',
      rate(of('ours, 1%', 'healthy')),
      0.01,
      'share of healthy gauges that fail at 1 % by a margin of 10 %, memory up to 0.8, the worst',
    ),
    atMost(
      'G11-jump',
      median(of('ours, 1%', 'x2')),
      16,
      'median pairs until a doubled gauge fails by a margin of 10 %, the worst',
    ),
    atMost(
      'G11-fast',
      median(of(STRICT, '+20%', 0.5)),
      8,
      'median pairs until a gauge 20 % higher fails without a margin at 1 %, with a history, memory up to 0.5, the worst',
    ),
    atMost(
      'G11-fast-healthy',
      rate(of(STRICT, 'healthy', 0.5)),
      0.01,
      'share of healthy gauges that fail the same way',
    ),
    atMost(
      'G11-slow',
      median(of(WITHOUT_HISTORY, '+20%', 0.5)),
      8,
      'median pairs as for G11-fast, without a history',
    ),
  ];
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((all, item) => all + of(item), 0);
}

function mean(values: readonly number[]): number {
  return sum(values, (value) => value) / values.length;
}
