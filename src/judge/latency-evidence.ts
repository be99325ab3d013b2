import { type Interval, intervalOf } from './effect-grid.js';
import { exceedanceOf, shareAbove } from './exceedance.js';
import { effectiveMargin, latencyRatios, latencyTotals } from './latency.js';
import type { LatencyMetric } from './latency-metric.js';
import { leaveAt, phiAt } from './latency-scatter.js';
import { NO_MORE_OFTEN } from './latency-stream.js';
import type { ArmEvidence, KindEvidence, LogLimits } from './metric-evidence.js';
import { type Needed, neededRequests } from './needed.js';
import { raisedBin, type Scale, upperEdge } from './scale.js';
import { rankInterval } from './share-interval.js';
import { quantileBin, type Sketch, tailOf, totalOf } from './sketch.js';
import { comparisonOf, type Standing } from './standing.js';

export function evidenceOfLatency(
  metric: LatencyMetric,
  standing: Standing,
  limits: LogLimits,
): KindEvidence {
  const { rule, comparison } = metric;
  const totals = latencyTotals(comparison);
  const canary = armOf(totals.canary, comparison.scale, rule.quantile);
  const baseline = armOf(totals.baseline, comparison.scale, rule.quantile);
  const ratio = canary.value === null || baseline.value === null ? null : canary.value / baseline.value;
  const context = { comparison: comparisonOf(rule), quantile: rule.quantile };
  const hasBuckets = comparison.scale.kind === 'edges';
  return {
    canary,
    baseline,
    effect: {
      scale: 'ratio',
      value: ratio,
      interval: intervalOf(comparison.effect, latencyRatios(context.comparison)),
      margins: rule.comparison,
      effectiveMargin: hasBuckets ? effectiveMargin(comparison, context) : null,
    },
    phi: phiAt(comparison.scatter, rule.quantile),
    twoIntervals: leaveAt(comparison.scatter, rule.quantile) > 0,
    needed: neededBy(metric, standing, limits),
  };
}

function armOf(sketch: Sketch, scale: Scale, quantile: number): ArmEvidence {
  const samples = totalOf(sketch);
  return {
    samples,
    failed: null,
    value: edgeOf(scale, quantileBin(sketch, quantile)),
    interval: samples > 0 ? quantileInterval(sketch, scale, quantile) : null,
  };
}

/** The edges between which the quantile lies, by how many values are not above it. */
function quantileInterval(sketch: Sketch, scale: Scale, quantile: number): Interval {
  const [least, most] = rankInterval(totalOf(sketch), quantile);
  let [count, low, high]: [number, number | null, number | null] = [0, null, null];
  for (let i = 0; i < sketch.counts.length && high === null; i++) {
    count += sketch.counts[i] ?? 0;
    if (count < least) low = edgeOf(scale, sketch.first + i);
    if (count > most) high = edgeOf(scale, sketch.first + i);
  }
  return { low, high };
}

/** What is above the last edge of a histogram has no value. */
function edgeOf(scale: Scale, bin: number | null): number | null {
  const edge = bin === null ? Number.NaN : upperEdge(scale, bin);
  return Number.isFinite(edge) ? edge : null;
}

function neededBy({ rule, comparison }: LatencyMetric, standing: Standing, limits: LogLimits): Needed | null {
  const { past, scale } = comparison;
  const [canary, baseline] = [totalOf(past.canary), totalOf(past.baseline)];
  const threshold = exceedanceOf(past.baseline, rule.quantile);
  if (rule.comparison === null || threshold === null || canary === 0) return null;
  const share = canary / (canary + baseline);
  const towards = (times: number, round: 'up' | 'down') => {
    const raised = raisedBin(scale, { bin: threshold.bin, times, round });
    if (raised === null) return null;
    const rates = { baseline: threshold.rate, canary: shareAbove(tailOf(past.canary), raised), share };
    const progress = {
      rates,
      total: canary + baseline,
      phi: phiAt(comparison.scatter, rule.quantile),
      logFail: standing.logFail,
      logFailLimit: limits.fail ?? Number.POSITIVE_INFINITY,
      logPass: standing.logPass,
      logPassLimit: limits.pass ?? Number.POSITIVE_INFINITY,
    };
    return neededRequests(
      progress,
      round === 'up' ? { fail: [NO_MORE_OFTEN], pass: [] } : { fail: [], pass: [NO_MORE_OFTEN] },
    );
  };
  const { failAbove, passBelow } = rule.comparison;
  return towards(1 + (failAbove.relative ?? 0), 'up') ?? towards(1 + (passBelow.relative ?? 0), 'down');
}
