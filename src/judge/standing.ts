import type { Comparison, MetricRule } from './rules.js';
import { DEFAULT_COMPARISON } from './rules.js';

/** What a metric says of itself; logarithms of e-values, minus infinity included. */
export interface Standing {
  /** Of the canary: requests, or pairs (readings, without a comparison) of a gauge. */
  readonly samples: number;
  /** Of "worse than the margin" and "not worse"; for information where the rule has no comparison. */
  readonly logFail: number;
  readonly logPass: number;
  /** Null without a limit. */
  readonly limit: LimitStanding | null;
}

export interface LimitStanding {
  /** Of "above the limit"; null for a gauge, whose limit is no statistics. */
  readonly logFail: number | null;
  /** A gauge's limit that its last readings broke. */
  readonly broken: boolean;
  /** Surely within the limit. */
  readonly logPass: number | null;
  /** What was observed is within the limit. */
  readonly kept: boolean;
  /** It would be, if all in the bucket that holds the limit were below it. */
  readonly betweenEdges: boolean;
}

/** A metric with a limit alone is compared, too, but for information only. */
export function comparisonOf(rule: MetricRule): Comparison {
  return rule.comparison ?? DEFAULT_COMPARISON[rule.kind];
}
