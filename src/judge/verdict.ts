import type { MetricEvidence } from './metric-evidence.js';

/** What a gate can say. Only `passed` opens it. `errored`: could not be measured. `inconclusive`: not enough. */
export type Verdict = 'passed' | 'failed' | 'inconclusive' | 'errored';

/** The verdict on one metric, with all that a person needs to check it. */
export interface MetricVerdict {
  readonly metric: string;
  readonly kind: MetricEvidence['kind'];
  readonly importance: MetricEvidence['importance'];
  /** Latency only. */
  readonly quantile: number | null;
  readonly verdict: Verdict;
  /** One sentence: what was found, against which rule. */
  readonly reason: string;
  /** The canary's: requests, or readings. */
  readonly samples: number;
  /** A share for errors, milliseconds for latency, the last reading of a gauge; null when there is none. */
  readonly value: number | null;
  readonly limit: number | null;
  /** The same value on the baseline. */
  readonly baseline: number | null;
  readonly evidence: MetricEvidence;
}
