/** What a gate can say. Only `passed` opens it. `errored`: could not be measured. `inconclusive`: not enough. */
export type Verdict = 'passed' | 'failed' | 'inconclusive' | 'errored';

/** The verdict on one metric, with all that a person needs to check it. */
export interface MetricVerdict {
  readonly metric: string;
  readonly verdict: Verdict;
  /** One sentence: what was found, against which limit. */
  readonly reason: string;
  /** Requests seen on the canary. */
  readonly samples: number;
  /** The value compared: a share for errors, milliseconds for latency; null when there is none. */
  readonly value: number | null;
  readonly limit: number;
  /** The same value on the baseline, for information. */
  readonly baseline: number | null;
}
