import { type Interval, intervalOf } from './effect-grid.js';
import { comparesRatios, gaugeCandidates } from './gauge.js';
import type { GaugeMetric } from './gauge-metric.js';
import type { ArmEvidence, KindEvidence } from './metric-evidence.js';
import { median } from './prewhitening.js';
import { comparisonOf } from './standing.js';

export function evidenceOfGauge(metric: GaugeMetric): KindEvidence {
  const { rule, comparison, limit } = metric;
  const { past, pairs, effect } = comparison;
  const rules = comparisonOf(rule);
  const isRatio = comparesRatios(rules);
  const samples = limit?.readings ?? pairs;
  const harm = past.length === 0 ? null : median(past);
  const read = (value: number | null) => readHarm(value, { isRatio, isTurned: rule.better === 'higher' });
  const interval = intervalOf(effect, gaugeCandidates(rules));
  return {
    canary: armOf(samples, metric.canary),
    baseline: armOf(pairs, metric.baseline),
    effect: {
      scale: isRatio ? 'ratio' : 'difference',
      value: read(harm === null || !isRatio ? harm : Math.exp(harm)),
      interval: turned({ low: read(interval.low), high: read(interval.high) }, rule.better === 'higher'),
      margins: rule.comparison,
      effectiveMargin: null,
    },
    phi: 1,
    twoIntervals: false,
    needed: null,
  };
}

function armOf(samples: number, value: number | null): ArmEvidence {
  return { samples, failed: null, value, interval: null };
}

/** Inside, larger is worse; people read the canary against the baseline. */
function readHarm(
  value: number | null,
  { isRatio, isTurned }: { readonly isRatio: boolean; readonly isTurned: boolean },
): number | null {
  if (value === null || !isTurned) return value;
  return isRatio ? 1 / value : 0 - value;
}

function turned({ low, high }: Interval, isTurned: boolean): Interval {
  return isTurned ? { low: high, high: low } : { low, high };
}
