import { logWeightedSum } from './log-space.js';
import type { JudgeRules, MetricRule } from './rules.js';

/** How the false-alarm budget is split over the metrics of a release. */
export interface Budget {
  /** Weights of the comparisons; they add up to 1, or are all 0. */
  readonly weights: Readonly<Record<string, number>>;
  /** The combined e-value of the comparisons fails at this logarithm; null without any. */
  readonly logLimit: number | null;
  /** Each limit on a share fails at this logarithm of its own e-value; null without any. */
  readonly logShareLimit: number | null;
}

const WEIGHTS = { errors: 3, latency: 3, gauge: 1 } as const;
const IMPORTANCE = { critical: 2, normal: 1, advisory: 0 } as const;
/** What limits take of the budget where there are comparisons, too. */
const LIMITS_PART = 0.2;

/**
 * Comparisons are combined as the weighted mean of their e-values: an e-value under any dependence, and never below
 * what a weighted Bonferroni correction of them would say. Limits get a fixed part of the budget, shared evenly.
 */
export function budgetOf(rules: JudgeRules): Budget {
  const metrics = Object.entries(rules.metrics);
  const raw = metrics.map(([name, rule]) => [name, rawWeight(rule)] as const);
  const sum = raw.reduce((all, [, weight]) => all + weight, 0);
  const limits = metrics.filter(([, rule]) => hasShareLimit(rule)).length;
  const part = limits === 0 ? 0 : sum > 0 ? LIMITS_PART : 1;
  return {
    weights: Object.fromEntries(raw.map(([name, weight]) => [name, sum > 0 ? weight / sum : 0])),
    logLimit: sum > 0 ? -Math.log(rules.falseAlarm * (1 - part)) : null,
    logShareLimit: limits > 0 ? -Math.log((rules.falseAlarm * part) / limits) : null,
  };
}

/** `log(sum w_m E_m)`. A metric that is mostly missing has no say; leaving it out only lowers the value. */
export function combine(budget: Budget, logs: Readonly<Record<string, number>>): number {
  const names = Object.keys(logs);
  return logWeightedSum(
    names.map((name) => logs[name] ?? Number.NEGATIVE_INFINITY),
    names.map((name) => budget.weights[name] ?? 0),
  );
}

function rawWeight({ kind, importance, comparison }: MetricRule): number {
  return comparison === null ? 0 : WEIGHTS[kind] * IMPORTANCE[importance];
}

/** A gauge's limit is no statistics and has no chance to be wrong of its own. */
function hasShareLimit({ kind, importance, limit }: MetricRule): boolean {
  return kind !== 'gauge' && importance !== 'advisory' && limit !== null;
}
