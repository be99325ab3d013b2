import type { JudgeVerdict } from './judge.js';
import type { MetricEvidence } from './metric-evidence.js';
import { own } from './own.js';
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
    const rule = own(beside.rules, metric);
    const quantile = rule?.kind === 'latency' ? rule.quantile : null;
    const least = rule?.minimumSamples ?? 1;
    const failures = own(beside.failures, metric) ?? {};
    const itself = verdictOf(metric, evidence, verdict);
    return {
      metric,
      kind: evidence.kind,
      importance: evidence.importance,
      quantile,
      verdict: itself,
      reason: describeMetric({ evidence, quantile, least, failures, failed: itself === 'failed' }),
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

interface Judged {
  readonly verdict: Verdict;
  readonly metrics: readonly MetricVerdict[];
}

/**
 * A comparison with the past may fail a watch, but it is too weak to be what a version must pass: the hour itself
 * differs. So a watch passes when the limits were kept on enough samples and nothing was found against the version.
 */
export function asWatched<J extends Judged>(judged: J): J {
  if (judged.verdict !== 'inconclusive') return judged;
  const deciding = judged.metrics.filter(({ importance }) => importance !== 'advisory');
  if (deciding.length === 0 || !deciding.every(isHeld)) return judged;
  const metrics = judged.metrics.map((metric): MetricVerdict => {
    if (metric.verdict !== 'inconclusive' || !isHeld(metric)) return metric;
    return { ...metric, verdict: 'passed' };
  });
  return { ...judged, verdict: 'passed', metrics };
}

const NOTHING_AGAINST_IT = ['not-shown', 'limit-not-shown', 'suspicion'] as const;

function isHeld({ evidence: { lack, limit } }: MetricVerdict): boolean {
  return (lack === null || NOTHING_AGAINST_IT.some((one) => one === lack)) && (limit?.kept ?? true);
}
