import type { Metric } from '../plan/plan.js';

/** What one arm answered in one batch. Counts are whole numbers, `failed <= total`. */
export interface ArmSample {
  readonly total: number;
  readonly failed: number;
  /** Milliseconds from the scheduled start of each request to its end, failed ones included. */
  readonly latenciesMs: readonly number[];
  /** The commonest reasons for failure, for people: `status 500` → 12. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Samples of one interval; batches are disjoint and in order. */
export interface Batch {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly canary: ArmSample | null;
  readonly baseline: ArmSample | null;
  /** Why an arm that should have samples has none. */
  readonly problem?: string;
}

/** Providers only measure; `judge/` judges. */
export interface MetricSource {
  /**
   * Measures until `signal` aborts, handing over a batch at least every `everyMs`. Resolves when all requests
   * have ended or were given up. A source that cannot measure hands over batches with a `problem`; it never
   * rejects.
   */
  measure(options: {
    readonly metrics: readonly Metric[];
    readonly signal: AbortSignal;
    readonly everyMs: number;
    readonly onBatch: (metric: string, batch: Batch) => void;
  }): Promise<void>;
}
