import type { Budget } from './combination.js';
import { evidenceOfErrors } from './errors-evidence.js';
import type { MetricFinding } from './finding.js';
import { evidenceOfGauge } from './gauge-evidence.js';
import { evidenceOfLatency } from './latency-evidence.js';
import { storeLog } from './log-space.js';
import type { MetricState } from './metric.js';
import type { KindEvidence, LimitEvidence, LogLimits, MetricEvidence } from './metric-evidence.js';
import { describeLack } from './reasons.js';
import type { MetricRule } from './rules.js';

/** What the combination gives the metric. */
export interface EvidenceContext {
  readonly budget: Budget;
  readonly falsePass: number;
  readonly weight: number;
}

export function evidenceOf(
  metric: MetricState,
  finding: MetricFinding,
  context: EvidenceContext,
): MetricEvidence {
  const { rule, coverage } = metric;
  const { standing, says, lacks, broken } = finding;
  const limits = logLimits(rule, context);
  return {
    kind: rule.kind,
    importance: rule.importance,
    says,
    lack: lacks,
    lacks: describeLack(lacks),
    ...ofKind(metric, finding, limits),
    weight: context.weight,
    fail: { logE: storeLog(standing.logFail), logLimit: limits.fail },
    pass: { logE: storeLog(standing.logPass), logLimit: limits.pass },
    limit: limitOf(rule, finding, { broken, logLimit: context.budget.logShareLimit }),
    coverage,
  };
}

function logLimits(rule: MetricRule, { budget, falsePass, weight }: EvidenceContext): LogLimits {
  if (rule.comparison === null) return { fail: null, pass: null };
  const fail = weight > 0 && budget.logLimit !== null ? budget.logLimit - Math.log(weight) : null;
  return { fail, pass: -Math.log(falsePass) };
}

function ofKind(metric: MetricState, { standing }: MetricFinding, limits: LogLimits): KindEvidence {
  if (metric.kind === 'errors') return evidenceOfErrors(metric, standing, limits);
  return metric.kind === 'latency' ? evidenceOfLatency(metric, standing, limits) : evidenceOfGauge(metric);
}

function limitOf(
  { limit: value }: MetricRule,
  { standing: { limit } }: MetricFinding,
  { broken, logLimit }: { readonly broken: boolean; readonly logLimit: number | null },
): LimitEvidence | null {
  if (limit === null || value === null) return null;
  const fail = limit.logFail === null ? null : { logE: storeLog(limit.logFail), logLimit };
  return { value, broken, kept: limit.kept, fail };
}
