/** Advisory metrics are shown and decide nothing; critical ones weigh double. */
export type Importance = 'critical' | 'normal' | 'advisory';

/**
 * How much worse than the baseline is too much. `absolute` is in the metric's unit (a share for errors: 0.005 is
 * `0.5pp`), `relative` a part of the baseline's value (0.1 is `10%`). With both, FAIL needs both to be exceeded, and
 * PASS either to be kept. At least one is given; zero is no margin.
 */
export interface WorseBy {
  readonly absolute: number | null;
  readonly relative: number | null;
}

/** Two thresholds: worse than `failAbove` fails, better than `passBelow` passes. A plan's `worse-by` sets both. */
export interface Comparison {
  readonly failAbove: WorseBy;
  readonly passBelow: WorseBy;
}

interface Common {
  readonly importance: Importance;
  /** Fewer samples of the canary than this (requests; pairs or readings of a gauge) can never pass. */
  readonly minimumSamples: number;
  /** Against the baseline; null for a metric with a limit alone. */
  readonly comparison: Comparison | null;
}

export interface ErrorsRule extends Common {
  readonly kind: 'errors';
  /** The largest share of failed requests, judged without a baseline. */
  readonly limit: number | null;
}

/** Its comparison has relative margins only. */
export interface LatencyRule extends Common {
  readonly kind: 'latency';
  /** The quantile that must be shown not to be worse, and that people read; in (0, 1). */
  readonly quantile: number;
  /** The largest value of that quantile, in the unit of the values. */
  readonly limit: number | null;
}

/** Its comparison has one margin on each side: of the ratio (positive values) or of the difference. */
export interface GaugeRule extends Common {
  readonly kind: 'gauge';
  readonly better: 'lower' | 'higher';
  /** The largest value (`better: lower`) or the least (`better: higher`). */
  readonly limit: number | null;
}

export type MetricRule = ErrorsRule | LatencyRule | GaugeRule;

/** What one judge judges over all weights and waves of a release. Plain JSON. */
export interface JudgeRules {
  readonly metrics: Readonly<Record<string, MetricRule>>;
  /** The chance that a healthy release is failed, over all metrics and looks. */
  readonly falseAlarm: number;
  /** The chance that a metric which is worse than its margin passes. */
  readonly falsePass: number;
}

/** Both sides of a plan's `worse-by`. */
export function sameOnBothSides(worseBy: WorseBy): Comparison {
  return { failAbove: worseBy, passBelow: worseBy };
}

export const DEFAULT_FALSE_ALARM = 0.01;
export const DEFAULT_FALSE_PASS = 0.05;

/** What is used where a plan names no margin; between the two thresholds a canary is neither bad nor proven good. */
export const DEFAULT_COMPARISON = {
  errors: {
    failAbove: { absolute: 0.001, relative: 0.25 },
    passBelow: { absolute: 0.005, relative: 0.25 },
  },
  latency: sameOnBothSides({ absolute: null, relative: 0.1 }),
  gauge: sameOnBothSides({ absolute: null, relative: 0.1 }),
} as const satisfies Readonly<Record<MetricRule['kind'], Comparison>>;

/** Below these a verdict would rest on a handful of samples. */
export const DEFAULT_MINIMUM_SAMPLES = { errors: 100, latency: 100, gauge: 30 } as const;
