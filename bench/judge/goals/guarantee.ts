import { atMost, type Goal } from '../../goal.js';
import { type CellResult, isHealthy, LOOSE, pick, STRICT, sum, WITHOUT_HISTORY } from '../results.js';
import { upperLimit } from '../summary.js';

export function falseAlarms(results: readonly CellResult[]): readonly Goal[] {
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
export function boundary(results: readonly CellResult[]): readonly Goal[] {
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

export function scatter(results: readonly CellResult[]): readonly Goal[] {
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

export function drift(results: readonly CellResult[]): readonly Goal[] {
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

export function manyMetrics(results: readonly CellResult[]): readonly Goal[] {
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

export function faults(results: readonly CellResult[]): readonly Goal[] {
  const cells = pick(results, { family: 'faults', judge: 'ours', where: () => true });
  return [
    atMost(
      'faults',
      Math.max(...cells.map(({ passRate, failRate }) => passRate + failRate)),
      0,
      'share of healthy canaries most of whose data are broken that pass or fail, the worst fault',
    ),
  ];
}
