import type { Metric } from '../plan/plan.js';
import {
  type Comparison,
  DEFAULT_FALSE_PASS,
  type JudgeRules,
  type MetricRule,
  sameOnBothSides,
} from './rules.js';

/** The rules by which the metrics of a plan are judged. `falseAlarm` is the part of the plan's that this judge has. */
export function rulesOfPlan(metrics: readonly Metric[], falseAlarm: number): JudgeRules {
  return {
    metrics: Object.fromEntries(metrics.map((metric) => [metric.name, ruleOfMetric(metric)])),
    falseAlarm,
    falsePass: DEFAULT_FALSE_PASS,
  };
}

function ruleOfMetric(metric: Metric): MetricRule {
  const { kind, importance, limit, minimumSamples, quantile, better, worseBy } = metric;
  const comparison: Comparison | null = worseBy === null ? null : sameOnBothSides(worseBy);
  const common = { importance, limit, minimumSamples, comparison };
  if (kind === 'errors') return { kind, ...common };
  return kind === 'latency' ? { kind, quantile, ...common } : { kind, better, ...common };
}
