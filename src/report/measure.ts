import type { MetricVerdict } from '../judge/verdict.js';
import { count, milliseconds, percent } from './quantity.js';

/**
 * Whether a metric is a share of requests rather than milliseconds. The verdict does not carry its kind: a share's
 * limit is at most 1, and no service is asked to answer within one millisecond.
 */
export function isShare(metric: MetricVerdict): boolean {
  return metric.limit <= 1 && (metric.value ?? 0) <= 1 && (metric.baseline ?? 0) <= 1;
}

export function limitText(metric: MetricVerdict): string {
  return amount(metric, metric.limit, 3);
}

/** The value, with as many digits as it needs to be told apart from the limit. */
export function valueText(metric: MetricVerdict): string {
  if (metric.value === null) return '–';
  const limit = limitText(metric);
  for (let digits = 3; digits < 9; digits++) {
    const text = amount(metric, metric.value, digits);
    if (text !== limit || metric.value === metric.limit) return text;
  }
  return amount(metric, metric.value, 9);
}

export function baselineText(metric: MetricVerdict): string {
  return metric.baseline === null ? '–' : amount(metric, metric.baseline, 3);
}

/** `errors 5.12 % of 1,204 requests, limit 1 %`; the reason itself where the number is not what decided. */
export function metricFact(metric: MetricVerdict): string {
  const measured = metric.verdict === 'passed' || metric.verdict === 'failed';
  if (metric.value === null || !measured) return `${metric.metric}: ${metric.reason}`;
  const over = isShare(metric) ? ' of' : ' over';
  return `${metric.metric} ${valueText(metric)}${over} ${count(metric.samples)} requests, limit ${limitText(metric)}`;
}

const SEVERITY = { failed: 0, errored: 1, inconclusive: 2, passed: 3 } as const;

/** The metric that decided: the worst verdict; among equals the one nearest to or furthest past its limit. */
export function tellingMetric(metrics: readonly MetricVerdict[]): MetricVerdict | null {
  const ranked = metrics.toSorted(
    (a, b) => SEVERITY[a.verdict] - SEVERITY[b.verdict] || closeness(b) - closeness(a),
  );
  return ranked[0] ?? null;
}

function closeness(metric: MetricVerdict): number {
  if (metric.value === null) return -1;
  return metric.limit > 0 ? metric.value / metric.limit : metric.value;
}

function amount(metric: MetricVerdict, value: number, digits: number): string {
  return isShare(metric) ? percent(value, digits) : milliseconds(value, digits);
}
