import { type CountSample, type ErrorsBatch, whatIsWrongWithCounts } from './batches.js';
import type { Block } from './block.js';
import { type Coverage, type Gap, NOTHING_COVERED } from './coverage.js';
import { type PastInterval, phiOf } from './dispersion.js';
import {
  type Clock,
  type ErrorsComparison,
  errorsFail,
  errorsPass,
  errorTotals,
  startErrors,
  updateErrors,
} from './errors.js';
import { gapOf } from './gap.js';
import type { ErrorsRule } from './rules.js';
import { type ShareLimit, standingOfShare, startShareLimit, updateShareLimit } from './share-limit.js';
import { comparisonOf, type Standing } from './standing.js';

/** All that the judge knows of an error rate. Plain JSON. */
export interface ErrorsMetric {
  readonly kind: 'errors';
  readonly rule: ErrorsRule;
  readonly coverage: Coverage;
  readonly comparison: ErrorsComparison;
  readonly limit: ShareLimit | null;
}

export function startErrorsMetric(rule: ErrorsRule, history: readonly PastInterval[]): ErrorsMetric {
  return {
    kind: 'errors',
    rule,
    coverage: NOTHING_COVERED,
    comparison: startErrors(comparisonOf(rule), history),
    limit: rule.limit === null ? null : startShareLimit(),
  };
}

export function gapOfErrors(rule: ErrorsRule, batch: ErrorsBatch): Gap | null {
  return gapOf(batch, { needsBaseline: rule.comparison !== null, whatIsWrong: whatIsWrongWithCounts });
}

/** The limit needs the canary alone; the comparison takes what both arms have. */
export function updateErrorsMetric(metric: ErrorsMetric, batch: ErrorsBatch, clock: Clock): ErrorsMetric {
  const canary = sound(batch.canary);
  if (canary === null) return metric;
  const baseline = sound(batch.baseline);
  const isComparable = baseline !== null || metric.rule.comparison === null;
  const block = blockOf(canary, baseline ?? { total: 0, failed: 0 });
  return {
    ...metric,
    comparison: isComparable
      ? updateErrors(metric.comparison, comparisonOf(metric.rule), { block, clock })
      : metric.comparison,
    limit: updateLimit(metric, canary, clock.tick),
  };
}

export function standingOfErrors(metric: ErrorsMetric): Standing {
  return {
    samples: errorTotals(metric.comparison).nc,
    logFail: errorsFail(metric.comparison),
    logPass: errorsPass(metric.comparison),
    limit: metric.limit === null ? null : standingOfShare(metric.limit, metric.rule.limit ?? 0),
  };
}

function updateLimit(
  { limit, rule, comparison }: ErrorsMetric,
  canary: CountSample,
  tick: number,
): ShareLimit | null {
  if (limit === null || rule.limit === null) return null;
  const context = { allowed: rule.limit, phi: phiOf(comparison.dispersion), tick };
  return updateShareLimit(limit, { total: canary.total, bad: canary.failed }, context);
}

function sound(sample: CountSample | null): CountSample | null {
  return sample !== null && whatIsWrongWithCounts(sample) === null ? sample : null;
}

function blockOf(canary: CountSample, baseline: CountSample): Block {
  return {
    xb: baseline.failed,
    nb: baseline.total,
    xc: canary.failed,
    nc: canary.total,
  };
}
