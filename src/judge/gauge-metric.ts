import { type GaugeBatch, whatIsWrongWithReading } from './batches.js';
import { type Coverage, type Gap, NOTHING_COVERED } from './coverage.js';
import { gapOf } from './gap.js';
import {
  comparesRatios,
  type GaugeComparison,
  gaugeFail,
  gaugePass,
  startGauge,
  updateGauge,
} from './gauge.js';
import { addReading, isBroken, isKept, NO_READINGS, type ReadingLimit } from './reading-limit.js';
import type { GaugeRule } from './rules.js';
import { comparisonOf, type LimitStanding, type Standing } from './standing.js';

/** All that the judge knows of a gauge. Plain JSON. */
export interface GaugeMetric {
  readonly kind: 'gauge';
  readonly rule: GaugeRule;
  readonly coverage: Coverage;
  readonly comparison: GaugeComparison;
  readonly limit: ReadingLimit | null;
  /** The last readings, for people. */
  readonly canary: number | null;
  readonly baseline: number | null;
}

export function startGaugeMetric(rule: GaugeRule, readings: readonly number[]): GaugeMetric {
  return {
    kind: 'gauge',
    rule,
    coverage: NOTHING_COVERED,
    comparison: startGauge(
      comparisonOf(rule),
      readings.filter((value) => sound(rule, value) !== null),
    ),
    limit: rule.limit === null ? null : NO_READINGS,
    canary: null,
    baseline: null,
  };
}

export function gapOfGauge(rule: GaugeRule, batch: GaugeBatch): Gap | null {
  return gapOf(batch, {
    needsBaseline: rule.comparison !== null,
    whatIsWrong: (value: number) => whatIsWrongWithReading(value, { forRatio: isRatio(rule) }),
  });
}

export function updateGaugeMetric(metric: GaugeMetric, batch: GaugeBatch): GaugeMetric {
  const { rule } = metric;
  const canary = sound(rule, batch.canary);
  if (canary === null) return metric;
  const baseline = sound(rule, batch.baseline);
  const compared = { better: rule.better, comparison: comparisonOf(rule) };
  return {
    ...metric,
    canary: canary + 0,
    baseline: baseline === null ? metric.baseline : baseline + 0,
    comparison:
      baseline === null ? metric.comparison : updateGauge(metric.comparison, compared, { canary, baseline }),
    limit:
      metric.limit === null || rule.limit === null
        ? null
        : addReading(metric.limit, canary, { limit: rule.limit, better: rule.better }),
  };
}

export function standingOfGauge({ rule, comparison, limit }: GaugeMetric): Standing {
  return {
    samples: rule.comparison === null ? (limit?.readings ?? 0) : comparison.pairs,
    logFail: gaugeFail(comparison),
    logPass: gaugePass(comparison),
    limit: limit === null ? null : standingOfReadings(limit),
  };
}

function standingOfReadings(limit: ReadingLimit): LimitStanding {
  return { logFail: null, broken: isBroken(limit), logPass: null, kept: isKept(limit), betweenEdges: false };
}

/** A limit alone may be on any number, and its comparison is for information. */
function isRatio(rule: GaugeRule): boolean {
  return rule.comparison !== null && comparesRatios(rule.comparison);
}

function sound(rule: GaugeRule, value: number | null): number | null {
  return value !== null && whatIsWrongWithReading(value, { forRatio: isRatio(rule) }) === null ? value : null;
}
