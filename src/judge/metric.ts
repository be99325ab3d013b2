import type { LatencySample, MetricBatch } from './batches.js';
import { cover, type Gap, gapInTime, type Span } from './coverage.js';
import type { PastInterval } from './dispersion.js';
import type { Clock } from './errors.js';
import {
  type ErrorsMetric,
  gapOfErrors,
  standingOfErrors,
  startErrorsMetric,
  updateErrorsMetric,
} from './errors-metric.js';
import {
  type GaugeMetric,
  gapOfGauge,
  standingOfGauge,
  startGaugeMetric,
  updateGaugeMetric,
} from './gauge-metric.js';
import {
  gapOfLatency,
  type LatencyMetric,
  standingOfLatency,
  startLatencyMetric,
  updateLatencyMetric,
} from './latency-metric.js';
import type { MetricRule } from './rules.js';
import type { Standing } from './standing.js';

/** All that the judge knows of one metric. Plain JSON, at most 2 kB beside the sketches of latencies. */
export type MetricState = ErrorsMetric | LatencyMetric | GaugeMetric;

/** What the baseline did before the canary, oldest first: minutes of counts or latencies, and readings of gauges. */
export interface Past {
  readonly intervals: readonly PastInterval[];
  readonly latencies: readonly LatencySample[];
  readonly readings: readonly number[];
}

export function startMetric(rule: MetricRule, { intervals, latencies, readings }: Past): MetricState {
  if (rule.kind === 'errors') return startErrorsMetric(rule, intervals);
  return rule.kind === 'latency' ? startLatencyMetric(rule, latencies) : startGaugeMetric(rule, readings);
}

/**
 * Takes one batch in. What cannot be true counts as missing, never as a number; a limit still takes a sound canary
 * whose baseline is missing. A batch that comes twice or out of order is not counted.
 */
export function updateMetric(
  metric: MetricState,
  batch: MetricBatch,
  { span, clock }: { readonly span: Span; readonly clock: Clock },
): MetricState {
  const untimely = gapInTime(metric.coverage, span);
  const coverage = cover(metric.coverage, span, untimely ?? gapIn(metric, batch));
  const next = untimely === null ? takeIn(metric, batch, clock) : metric;
  return { ...next, coverage };
}

export function standingOf(metric: MetricState): Standing {
  if (metric.kind === 'errors') return standingOfErrors(metric);
  return metric.kind === 'latency' ? standingOfLatency(metric) : standingOfGauge(metric);
}

function takeIn(metric: MetricState, batch: MetricBatch, clock: Clock): MetricState {
  if (metric.kind === 'errors' && batch.kind === 'errors') return updateErrorsMetric(metric, batch, clock);
  if (metric.kind === 'latency' && batch.kind === 'latency') return updateLatencyMetric(metric, batch, clock);
  if (metric.kind === 'gauge' && batch.kind === 'gauge') return updateGaugeMetric(metric, batch);
  return metric;
}

function gapIn(metric: MetricState, batch: MetricBatch): Gap | null {
  if (metric.kind === 'errors' && batch.kind === 'errors') return gapOfErrors(metric.rule, batch);
  if (metric.kind === 'latency' && batch.kind === 'latency') return gapOfLatency(metric, batch);
  if (metric.kind === 'gauge' && batch.kind === 'gauge') return gapOfGauge(metric.rule, batch);
  return { arm: 'canary', reason: `samples of ${batch.kind} came for a metric of ${metric.kind}` };
}
