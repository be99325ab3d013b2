import type { Comparison, JudgeRules, MetricRule, WorseBy } from './rules.js';
import { LEAST_MARGIN } from './scale.js';

/** What is wrong with the rules, each with its place; empty when nothing is. */
export function problemsOfRules({ metrics, falseAlarm, falsePass }: JudgeRules): readonly string[] {
  const problems: string[] = [];
  if (!isChance(falseAlarm)) problems.push(`falseAlarm is ${falseAlarm}; it must be above 0 and below 1`);
  if (!isChance(falsePass)) problems.push(`falsePass is ${falsePass}; it must be above 0 and below 1`);
  for (const [name, rule] of Object.entries(metrics)) {
    problems.push(...problemsOfRule(rule).map((problem) => `${name}: ${problem}`));
  }
  return problems;
}

function problemsOfRule(rule: MetricRule): readonly string[] {
  const problems: string[] = [];
  if (rule.comparison === null && rule.limit === null) problems.push('it has neither worse-by nor limit');
  if (rule.comparison !== null) problems.push(...problemsOfComparison(rule, rule.comparison));
  if (rule.limit !== null) problems.push(...problemsOfLimit(rule, rule.limit));
  if (!(rule.minimumSamples >= 1)) {
    problems.push(`the least number of samples is ${rule.minimumSamples}; it must be at least 1`);
  }
  if (rule.kind === 'latency' && !isChance(rule.quantile)) {
    problems.push(`the quantile is ${rule.quantile}; it must be above 0 and below 1`);
  }
  return problems;
}

function problemsOfComparison(rule: MetricRule, { failAbove, passBelow }: Comparison): readonly string[] {
  const sides = [
    ['failAbove', failAbove],
    ['passBelow', passBelow],
  ] as const;
  const problems = sides.flatMap(([side, worseBy]) =>
    problemsOfWorseBy(rule, worseBy).map((problem) => `${side}: ${problem}`),
  );
  if (isAbove(failAbove.absolute, passBelow.absolute) || isAbove(failAbove.relative, passBelow.relative)) {
    problems.push('failAbove is larger than passBelow: something could both pass and be worse than allowed');
  }
  if (rule.kind === 'gauge' && (failAbove.absolute === null) !== (passBelow.absolute === null)) {
    problems.push('a gauge is compared by its ratio or its difference, the same on both sides');
  }
  return problems;
}

function problemsOfWorseBy(rule: MetricRule, { absolute, relative }: WorseBy): readonly string[] {
  const problems: string[] = [];
  if (absolute === null && relative === null) problems.push('it has no margin');
  if (rule.kind === 'latency' && absolute !== null) problems.push('a latency has relative margins only');
  if (rule.kind === 'gauge' && absolute !== null && relative !== null)
    problems.push('a gauge has one margin');
  if (absolute !== null && !(absolute >= 0 && absolute < (rule.kind === 'errors' ? 1 : Infinity))) {
    problems.push(`the margin ${absolute} is not possible; a share is worse by 0 to 1`);
  }
  if (relative !== null && !isRelativeMargin(rule, relative)) {
    problems.push(
      `the margin ${relative} is not possible; it must be 0, or ${LEAST_MARGIN} to ${mostOf(rule)}`,
    );
  }
  return problems;
}

function problemsOfLimit(rule: MetricRule, limit: number): readonly string[] {
  if (rule.kind === 'gauge') return Number.isFinite(limit) ? [] : [`the limit ${limit} is no limit`];
  if (rule.kind === 'latency')
    return limit > 0 && Number.isFinite(limit) ? [] : [`the limit ${limit} is no limit`];
  return limit >= 0 && limit < 1 ? [] : [`the limit ${limit} is no share from 0 to 1`];
}

/** Where more is better nothing can be worse by more than all of it. */
function mostOf(rule: MetricRule): number {
  return rule.kind === 'gauge' && rule.better === 'higher' ? 0.99 : 100;
}

function isRelativeMargin(rule: MetricRule, margin: number): boolean {
  return margin === 0 || (margin >= LEAST_MARGIN && margin <= mostOf(rule));
}

function isAbove(a: number | null, b: number | null): boolean {
  return a !== null && b !== null && a > b;
}

function isChance(value: number): boolean {
  return value > 0 && value < 1;
}
