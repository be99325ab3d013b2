import type { MetricVerdict } from '../judge/verdict.js';
import { count, milliseconds, number, percent } from './quantity.js';

/** `–` for a metric without a limit. */
export function limitText(metric: MetricVerdict): string {
  return metric.limit === null ? '–' : amount(metric, metric.limit, 3);
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

/** `errors 5.12 % of 1,204 requests, limit 1 %, baseline 0.4 %`; the reason itself where the number did not decide. */
export function metricFact(metric: MetricVerdict): string {
  const measured = metric.verdict === 'passed' || metric.verdict === 'failed';
  if (metric.value === null || !measured) return `${metric.metric}: ${metric.reason}`;
  const limit = metric.limit === null ? '' : `, limit ${limitText(metric)}`;
  const margins = metric.evidence.effect.margins === null ? '' : `, baseline ${baselineText(metric)}`;
  return `${metric.metric} ${valueText(metric)}${samplesText(metric)}${limit}${margins}`;
}

function samplesText({ kind, samples }: MetricVerdict): string {
  if (kind === 'gauge') return ` after ${count(samples)} readings`;
  return `${kind === 'errors' ? ' of' : ' over'} ${count(samples)} requests`;
}

const SEVERITY = { failed: 0, errored: 1, inconclusive: 2, passed: 3 } as const;

/** The metric that decided: the worst verdict; among equals the one nearest to what fails it. Advisory ones come last. */
export function tellingMetric(metrics: readonly MetricVerdict[]): MetricVerdict | null {
  const ranked = metrics.toSorted(
    (a, b) =>
      Number(a.importance === 'advisory') - Number(b.importance === 'advisory') ||
      SEVERITY[a.verdict] - SEVERITY[b.verdict] ||
      closeness(b) - closeness(a),
  );
  return ranked[0] ?? null;
}

/** How far the value has come to the limit, or the evidence to what decides: 1 is there. */
function closeness({ value, limit, evidence }: MetricVerdict): number {
  const { logE, logLimit } = evidence.fail;
  const compared = logE === null || logLimit === null ? -1 : logE / logLimit;
  if (value === null || limit === null) return compared;
  return Math.max(compared, limit > 0 ? value / limit : value);
}

/** A value in the unit of its metric. */
export function amount({ kind }: MetricVerdict, value: number, digits: number): string {
  if (kind === 'errors') return percent(value, digits);
  return kind === 'latency' ? milliseconds(value, digits) : number(value, digits);
}
