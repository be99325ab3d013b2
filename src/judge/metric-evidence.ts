import type { Coverage } from './coverage.js';
import type { Interval } from './effect-grid.js';
import type { Lack } from './lack.js';
import type { StoredLog } from './log-space.js';
import type { Needed } from './needed.js';
import type { Comparison, Importance, MetricRule } from './rules.js';

/** All that a person needs to check what a metric said. Plain JSON; logarithms are natural. */
export interface MetricEvidence {
  readonly kind: MetricRule['kind'];
  readonly importance: Importance;
  readonly says: 'fail' | 'pass' | 'continue';
  /** What keeps it from passing, and the same in words; null when it passes. */
  readonly lack: Lack | null;
  readonly lacks: string | null;
  readonly canary: ArmEvidence;
  readonly baseline: ArmEvidence;
  readonly effect: EffectEvidence;
  /** The part of the combined evidence that this metric has; 0 for what does not decide. */
  readonly weight: number;
  /** The e-values of "worse than the margin" and of "not worse", and where each decides alone; null: it never does. */
  readonly fail: LogEvidence;
  readonly pass: LogEvidence;
  readonly limit: LimitEvidence | null;
  /** The design effect that evidence was divided by, and whether a single burst could have decided. */
  readonly phi: number;
  readonly twoIntervals: boolean;
  readonly coverage: Coverage;
  /** How many more requests would decide at these rates; null where that cannot be said. */
  readonly needed: Needed | null;
}

export interface ArmEvidence {
  /** Requests, or readings. */
  readonly samples: number;
  /** Failed requests; null for other kinds. */
  readonly failed: number | null;
  /** A share, a quantile in the unit of the values, or the last reading; null without one. */
  readonly value: number | null;
  /** Its 95 % confidence sequence. */
  readonly interval: Interval | null;
}

export interface EffectEvidence {
  /** `difference`: canary less baseline; `ratio`: canary by baseline. */
  readonly scale: 'difference' | 'ratio';
  readonly value: number | null;
  /** Its 95 % confidence sequence, on a grid. */
  readonly interval: Interval;
  /** The rule's margins; null for a metric with a limit alone. */
  readonly margins: Comparison | null;
  /** The relative margin that the buckets of a histogram allow; null where it is the rule's. */
  readonly effectiveMargin: number | null;
}

export interface LogEvidence {
  readonly logE: StoredLog;
  readonly logLimit: number | null;
}

export interface LimitEvidence {
  readonly value: number;
  readonly broken: boolean;
  readonly kept: boolean;
  /** Null for a gauge: its limit goes by the last readings. */
  readonly fail: LogEvidence | null;
}

/** What each kind adds by itself. */
export type KindEvidence = Pick<
  MetricEvidence,
  'canary' | 'baseline' | 'effect' | 'phi' | 'twoIntervals' | 'needed'
>;

/** Where evidence decides: the metric's own logarithm in the combination, and that of PASS. */
export interface LogLimits {
  readonly fail: number | null;
  readonly pass: number | null;
}
