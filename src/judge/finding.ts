import type { Budget } from './combination.js';
import { isCanaryMostlyMissing, isMostlyMissing } from './coverage.js';
import type { Lack } from './lack.js';
import { type MetricState, standingOf } from './metric.js';
import type { LimitStanding, Standing } from './standing.js';

/** What one metric says by itself. */
export interface MetricFinding {
  readonly standing: Standing;
  /** `fail`: its own evidence is enough. `pass`: proven. `continue`: neither. */
  readonly says: 'fail' | 'pass' | 'continue';
  readonly broken: boolean;
  /** Why it does not say `pass`; null when it does. */
  readonly lacks: Lack | null;
}

/** An e-value from here on is a suspicion: no verdict, but nothing passes. */
const LOG_SUSPICION = Math.log(3);

/**
 * PASS needs: enough samples, most of the time measured, no suspicion, `E_pass >= 1/alpha_pass` for the comparison,
 * and the limit kept: surely, or at the deadline (`isLast`) by what was observed, since a limit is a breaker.
 */
export function findMetric(
  metric: MetricState,
  context: {
    readonly budget: Budget;
    readonly falsePass: number;
    readonly isLast: boolean;
    readonly name: string;
  },
): MetricFinding {
  const standing = standingOf(metric);
  const { budget, falsePass, isLast } = context;
  const broken = !isCanaryMostlyMissing(metric.coverage) && isLimitBroken(standing.limit, budget);
  const lacks = lackOf(metric, standing, { broken, falsePass, isLast });
  const weight = budget.weights[context.name] ?? 0;
  const fails =
    weight > 0 && standing.logFail + Math.log(weight) >= (budget.logLimit ?? Number.POSITIVE_INFINITY);
  const says =
    broken || (fails && !isMostlyMissing(metric.coverage)) ? 'fail' : lacks === null ? 'pass' : 'continue';
  return { standing, says, broken, lacks };
}

function isLimitBroken(limit: LimitStanding | null, { logShareLimit }: Budget): boolean {
  if (limit === null) return false;
  if (limit.broken) return true;
  return limit.logFail !== null && logShareLimit !== null && limit.logFail >= logShareLimit;
}

function lackOf(
  metric: MetricState,
  standing: Standing,
  context: { readonly broken: boolean; readonly falsePass: number; readonly isLast: boolean },
): Lack | null {
  const { rule, coverage } = metric;
  const proven = -Math.log(context.falsePass);
  if (context.broken) return 'broken';
  if (!(standing.samples > 0)) return 'no-samples';
  if (isMostlyMissing(coverage)) return 'missing';
  if (!(standing.samples >= rule.minimumSamples)) return 'few-samples';
  if (rule.comparison !== null) {
    if (!(standing.logFail < LOG_SUSPICION)) return 'suspicion';
    if (!(standing.logPass >= proven)) return 'not-shown';
  }
  return standing.limit === null ? null : lackOfLimit(standing.limit, proven, context.isLast);
}

function lackOfLimit(limit: LimitStanding, proven: number, isLast: boolean): Lack | null {
  if (limit.logFail !== null && !(limit.logFail < LOG_SUSPICION)) return 'suspicion';
  if (!limit.kept) return limit.betweenEdges ? 'limit-between-edges' : 'above-limit';
  if (isLast || limit.logPass === null || limit.logPass >= proven) return null;
  return 'limit-not-shown';
}
