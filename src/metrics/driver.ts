import type { Clock, Http, Scripts } from '../host/contract.js';
import type { Metric, Source, SourceKind } from '../plan/plan.js';
import type { Measurement, Past, PastBatches } from './contract.js';

/** What drivers need of the world. */
export interface SourcePorts {
  readonly clock: Clock;
  readonly http: Http;
  readonly scripts: Scripts;
  /** Puts the values of `${NAME}` in; throws an `Error` that names what is missing, and no value. */
  readonly expand: (text: string) => string;
  /** Files named by the plan are found from here. */
  readonly workspace: string;
}

/** A metric that comes from one kind of source. */
export type MetricOf<K extends SourceKind> = Metric & { readonly source: Extract<Source, { kind: K }> };

/** Measures the metrics of one kind of source; the promises of `MetricSource` are each driver's own. */
export interface Driver<K extends SourceKind> {
  measure(measurement: Measurement & { readonly metrics: readonly MetricOf<K>[] }): Promise<void>;
  /** Null for a source that knows only the present. */
  readonly past: {
    /** Whether this one metric has it. */
    has(metric: MetricOf<K>): boolean;
    history(
      past: Past & { readonly metrics: readonly MetricOf<K>[] },
    ): Promise<Readonly<Record<string, PastBatches>>>;
  } | null;
}
