import { atMost, type Goal } from '../../goal.js';
import { type CellResult, pick, STRICT, WITHOUT_HISTORY } from '../results.js';
import type { Summary } from '../summary.js';

export function gauges(results: readonly CellResult[]): readonly Goal[] {
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
