import type { Metric } from '../plan/plan.js';

/** Requests of one arm, `failed <= total`. Counts need not be whole: rates over a window are not. */
export interface CountSample {
  readonly total: number;
  readonly failed: number;
  /** The commonest reasons for failure, for people: `status 500` → 12. At most ten. */
  readonly failures?: Readonly<Record<string, number>>;
}

/**
 * Latencies of one arm in milliseconds, one by one or as a histogram: `counts[i]` are at most `edges[i]` and above
 * the edge before, the last one is the rest above all edges. Edges rise, and both arms have the same.
 */
export type LatencySample =
  | { readonly values: readonly number[] }
  | { readonly edges: readonly number[]; readonly counts: readonly number[] };

/**
 * What came of one metric in one interval. An arm is null when it could not be measured, and `problem` then says
 * why, in words without a secret. What cannot be true (NaN, a negative count) is handed on as it came: the judge
 * names it and counts it as missing.
 */
export type MetricBatch = { readonly problem?: string | null } & (
  | { readonly kind: 'errors'; readonly canary: CountSample | null; readonly baseline: CountSample | null }
  | {
      readonly kind: 'latency';
      readonly canary: LatencySample | null;
      readonly baseline: LatencySample | null;
    }
  | { readonly kind: 'gauge'; readonly canary: number | null; readonly baseline: number | null }
);

/** Milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The batches of one metric are disjoint and in order, `from < to`. */
export type Batch = Span & MetricBatch;

/** What is asked of a source, live or about the past. */
export interface Asked {
  readonly metrics: readonly Metric[];
  /** What `{{wave}}` stands for; null without waves. */
  readonly wave: string | null;
  /** The `RELEASE_*` variables, for sources that run scripts. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface Measurement extends Asked {
  /** How often a source that has no interval of its own hands over. */
  readonly everyMs: number;
  readonly onBatch: (metric: string, batch: Batch) => void;
}

export interface Past extends Asked, Span {
  /** How long each batch is. A source may make them longer than this, never shorter than it can tell apart. */
  readonly everyMs: number;
}

/** Oldest first, or why there is none. An arm that did not exist yet is null in a batch without a problem. */
export type PastBatches = readonly Batch[] | { readonly problem: string };

/** Providers only measure; `judge/` judges. */
export interface MetricSource {
  /**
   * Measures until `signal` aborts, from the moment of the call on: no batch begins earlier. A batch may lag behind
   * the clock where the source's data come late. Resolves soon after the abort, when all requests have ended or
   * were given up and the last batches are handed over. A source that cannot measure hands over batches with a
   * `problem`; it never rejects, and never stops because of one failure.
   */
  measure(measurement: Measurement): Promise<void>;
  /** Whether `history` can tell of this metric. */
  hasHistory(metric: Metric): boolean;
  /**
   * The past of metrics that have one, by name. Never rejects; after an abort it resolves soon with a problem. Asked
   * of a metric without history, it gives a problem.
   */
  history(past: Past): Promise<Readonly<Record<string, PastBatches>>>;
}
