import type { JudgeVerdict } from './judge.js';
import type { MetricEvidence } from './metric-evidence.js';
import type { JudgeRules } from './rules.js';
import { describeMetric } from './sentences.js';
import type { MetricVerdict, Verdict } from './verdict.js';

/** What people are told beside the evidence, by metric. */
export interface Beside {
  readonly rules: JudgeRules['metrics'];
  readonly failures: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The verdict on each metric, in the order of the rules. */
export function metricVerdicts(verdict: JudgeVerdict, beside: Beside): readonly MetricVerdict[] {
  return Object.entries(verdict.metrics).map(([metric, evidence]) => {
    const rule = beside.rules[metric];
    const quantile = rule?.kind === 'latency' ? rule.quantile : null;
    const least = rule?.minimumSamples ?? 1;
    const failures = beside.failures[metric] ?? {};
    const own = verdictOf(metric, evidence, verdict);
    return {
      metric,
      kind: evidence.kind,
      importance: evidence.importance,
      quantile,
      verdict: own,
      reason: describeMetric({ evidence, quantile, least, failures, failed: own === 'failed' }),
      samples: evidence.canary.samples,
      value: evidence.canary.value,
      limit: evidence.limit?.value ?? null,
      baseline: evidence.baseline.value,
      evidence,
    };
  });
}

/**
 * The gate's verdict. What could not be measured is told apart from what was not enough: nobody may go on from the
 * one, and a plan may from the other.
 */
export function gateVerdict({ decision, by, metrics }: JudgeVerdict): Verdict {
  if (decision === 'fail') return 'failed';
  if (decision === 'pass') return 'passed';
  return by.some((name) => isBlind(metrics[name])) ? 'errored' : 'inconclusive';
}

/** A comparison may fail by what several metrics brought together: those are the ones that failed. */
function verdictOf(metric: string, evidence: MetricEvidence, { decision, by }: JudgeVerdict): Verdict {
  if (evidence.says === 'fail' || (decision === 'fail' && by.includes(metric))) return 'failed';
  if (evidence.says === 'pass') return 'passed';
  return isBlind(evidence) ? 'errored' : 'inconclusive';
}

function isBlind(evidence: MetricEvidence | undefined): boolean {
  return evidence?.lack === 'no-samples' || evidence?.lack === 'missing';
}
