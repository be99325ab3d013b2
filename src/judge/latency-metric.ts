import { type LatencyBatch, type LatencySample, whatIsWrongWithLatencies } from './batches.js';
import { type Coverage, type Gap, NOTHING_COVERED } from './coverage.js';
import type { Clock } from './errors.js';
import { gapOf } from './gap.js';
import {
  type LatencyComparison,
  latencyFail,
  latencyPass,
  latencyScale,
  latencyTotals,
  startLatency,
  updateLatency,
} from './latency.js';
import { phiAt } from './latency-scatter.js';
import type { LatencyRule } from './rules.js';
import { binOf, type Scale, sameScale } from './scale.js';
import { type ShareLimit, standingOfShare, startShareLimit, updateShareLimit } from './share-limit.js';
import { EMPTY_SKETCH, type Sketch, sketchOf, totalOf } from './sketch.js';
import { comparisonOf, type Standing } from './standing.js';

/** All that the judge knows of a latency. Plain JSON. */
export interface LatencyMetric {
  readonly kind: 'latency';
  readonly rule: LatencyRule;
  readonly coverage: Coverage;
  readonly comparison: LatencyComparison;
  readonly limit: ShareLimit | null;
}

/** `minutes` are the baseline's before the canary. */
export function startLatencyMetric(rule: LatencyRule, minutes: readonly LatencySample[] = []): LatencyMetric {
  const comparison = comparisonOf(rule);
  const scale = scaleOf(minutes) ?? latencyScale(comparison);
  const sketches = minutes.flatMap((minute) => binnedOn(scale, minute) ?? []);
  return {
    kind: 'latency',
    rule,
    coverage: NOTHING_COVERED,
    comparison: startLatency(comparison, scale, sketches),
    limit: rule.limit === null ? null : startShareLimit(),
  };
}

export function gapOfLatency(metric: LatencyMetric, batch: LatencyBatch): Gap | null {
  return gapOf(batch, {
    needsBaseline: metric.rule.comparison !== null,
    whatIsWrong: (sample) =>
      whatIsWrongWithLatencies(sample) ??
      (scaleFor(metric.comparison, sample) === null ? 'the edges of the buckets have changed' : null),
  });
}

export function updateLatencyMetric(metric: LatencyMetric, batch: LatencyBatch, clock: Clock): LatencyMetric {
  const { rule } = metric;
  const comparison = onScaleOf(metric.comparison, rule, batch.canary);
  const canary = binned(comparison, batch.canary);
  if (batch.canary === null || canary === null) return metric;
  const baseline = binned(comparison, batch.baseline);
  const isComparable = baseline !== null || rule.comparison === null;
  const sketches = { canary, baseline: baseline ?? EMPTY_SKETCH };
  const context = { comparison: comparisonOf(rule), quantile: rule.quantile, clock };
  return {
    ...metric,
    comparison: isComparable ? updateLatency(comparison, sketches, context) : comparison,
    limit: updateLimit(metric, batch.canary, clock.tick),
  };
}

export function standingOfLatency({ rule, comparison, limit }: LatencyMetric): Standing {
  return {
    samples: totalOf(latencyTotals(comparison).canary),
    logFail: latencyFail(comparison),
    logPass: latencyPass(comparison),
    limit: limit === null ? null : standingOfShare(limit, 1 - rule.quantile),
  };
}

/** A histogram of the source's brings its own edges, unless others are in use. */
function scaleFor(comparison: LatencyComparison, sample: LatencySample): Scale | null {
  const { scale } = comparison;
  if ('values' in sample) return scale;
  const own: Scale = { kind: 'edges', edges: sample.edges };
  return sameScale(scale, own) || isUnused(comparison) ? own : null;
}

function onScaleOf(
  comparison: LatencyComparison,
  rule: LatencyRule,
  sample: LatencySample | null,
): LatencyComparison {
  const scale = sample === null ? null : scaleFor(comparison, sample);
  if (scale === null || sameScale(scale, comparison.scale)) return comparison;
  return startLatency(comparisonOf(rule), scale);
}

function isUnused(comparison: LatencyComparison): boolean {
  const { canary, baseline } = latencyTotals(comparison);
  return totalOf(canary) + totalOf(baseline) === 0;
}

function scaleOf(minutes: readonly LatencySample[]): Scale | null {
  const first = minutes.find((minute) => whatIsWrongWithLatencies(minute) === null);
  return first === undefined || 'values' in first ? null : { kind: 'edges', edges: first.edges };
}

function binned({ scale }: LatencyComparison, sample: LatencySample | null): Sketch | null {
  return binnedOn(scale, sample);
}

function binnedOn(scale: Scale, sample: LatencySample | null): Sketch | null {
  if (sample === null || whatIsWrongWithLatencies(sample) !== null) return null;
  if ('values' in sample) return sketchOf(sample.values.map((value) => binOf(scale, value)));
  return sameScale(scale, { kind: 'edges', edges: sample.edges })
    ? { first: 0, counts: sample.counts }
    : null;
}

function updateLimit(
  { limit, rule, comparison }: LatencyMetric,
  sample: LatencySample,
  tick: number,
): ShareLimit | null {
  if (limit === null || rule.limit === null) return null;
  const found = countsOver(sample, rule.limit);
  return updateShareLimit(limit, found, {
    allowed: 1 - rule.quantile,
    phi: phiAt(comparison.scatter, rule.quantile),
    tick,
  });
}

interface Over {
  readonly total: number;
  readonly bad: number;
  readonly unsure: number;
}

/**
 * What lies in the bucket that holds the limit is within only if the bucket ends there, and unsure else; what is above
 * the last edge is never within.
 */
function countsOver(sample: LatencySample, limit: number): Over {
  if ('values' in sample) {
    const bad = sample.values.filter((value) => value > limit).length;
    return { total: sample.values.length, bad, unsure: 0 };
  }
  const holding = sample.edges.findIndex((edge) => edge >= limit);
  const from = holding < 0 ? sample.edges.length : holding + 1;
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  const isUnsure = holding >= 0 && sample.edges[holding] !== limit;
  return {
    total: sum(sample.counts),
    bad: sum(sample.counts.slice(from)),
    unsure: isUnsure ? (sample.counts[holding] ?? 0) : 0,
  };
}
