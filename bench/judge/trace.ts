/** Failed of total requests. */
export interface Counts {
  readonly total: number;
  readonly failed: number;
}

export interface Arms<Sample> {
  readonly canary: Sample | null;
  readonly baseline: Sample | null;
}

/** What came of one metric in one interval: counts, latencies in milliseconds, or a reading. */
export type Measurement =
  | ({ readonly kind: 'errors' } & Arms<Counts>)
  | ({ readonly kind: 'latency' } & Arms<readonly number[]>)
  | ({ readonly kind: 'gauge' } & Arms<number>);

/** One interval, in seconds from the canary's start. A line of JSON. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly metrics: Readonly<Record<string, Measurement>>;
}

/** What the baseline did before the canary: counts, latencies or readings, minute by minute. */
export interface Past {
  readonly counts?: readonly Counts[];
  readonly latencies?: readonly (readonly number[])[];
  readonly readings?: readonly number[];
}

/** One canary as the sources saw it. The steps are drawn as they are read, once. */
export interface Trace {
  readonly minutes: number;
  readonly past: Readonly<Record<string, Past>>;
  readonly steps: Iterable<Step>;
}
