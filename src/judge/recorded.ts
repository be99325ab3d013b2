import {
  type CountSample,
  type LatencySample,
  type MetricBatch,
  whatIsWrongWithCounts,
  whatIsWrongWithLatencies,
  whatIsWrongWithReading,
} from './batches.js';
import { comparesRatios } from './gauge.js';
import { latencyScale } from './latency.js';
import type { LatencyRule, MetricRule } from './rules.js';
import { binOf, upperEdge } from './scale.js';
import { addSketches, sketchOf } from './sketch.js';
import { comparisonOf } from './standing.js';

/**
 * Latencies by the judge's own bins, of which `counts[0]` is bin `first`; `within` of those in the bin that holds the
 * limit are not above it. Or the source's own histogram; or, in a record that somebody else made, the values.
 */
export type RecordedLatency =
  | { readonly values: readonly number[] }
  | { readonly first: number; readonly counts: readonly number[]; readonly within?: number }
  | { readonly edges: readonly number[]; readonly counts: readonly number[] };

/**
 * A batch as it is kept, and as the judge is given it: what the judge does not look at is left out, so that a verdict
 * from the record is the same bit for bit. An arm that could not be true is null, with the reason.
 */
export type RecordedBatch = { readonly problem?: string } & (
  | {
      readonly kind: 'errors';
      readonly canary: CountSample | null;
      readonly baseline: CountSample | null;
    }
  | {
      readonly kind: 'latency';
      readonly canary: RecordedLatency | null;
      readonly baseline: RecordedLatency | null;
    }
  | {
      readonly kind: 'gauge';
      readonly canary: number | null;
      readonly baseline: number | null;
      /** How many readings this one is the mean of; one when absent. */
      readonly of?: number;
    }
);

type Arm = 'canary' | 'baseline';

/** What is kept of a batch. A batch of another kind than the rule's is kept as missing. */
export function recordBatch(rule: MetricRule, batch: MetricBatch): RecordedBatch {
  if (rule.kind === 'errors' && batch.kind === 'errors') {
    const kept = soundArms(batch, whatIsWrongWithCounts);
    return { kind: 'errors', ...kept, canary: counts(kept.canary), baseline: counts(kept.baseline) };
  }
  if (rule.kind === 'latency' && batch.kind === 'latency') {
    const { problem, canary, baseline } = soundArms(batch, whatIsWrongWithLatencies);
    const arms = { canary: binned(rule, canary), baseline: binned(rule, baseline) };
    return { kind: 'latency', ...(problem === undefined ? {} : { problem }), ...arms };
  }
  if (rule.kind === 'gauge' && batch.kind === 'gauge') {
    const forRatio = rule.comparison !== null && comparesRatios(rule.comparison);
    return { kind: 'gauge', ...soundArms(batch, (value) => whatIsWrongWithReading(value, { forRatio })) };
  }
  const problem = `samples of ${batch.kind} came for a metric of ${rule.kind}`;
  return { kind: rule.kind, canary: null, baseline: null, problem };
}

/** The batch that the judge is given. */
export function recordedBatch(rule: MetricRule, kept: RecordedBatch): MetricBatch {
  if (kept.kind !== 'latency') return kept;
  const arm = (name: Arm) => {
    const sample = kept[name];
    return sample === null ? null : latenciesOf(rule, sample);
  };
  return { ...kept, canary: arm('canary'), baseline: arm('baseline') };
}

/** Two batches that follow each other, as one; null when they cannot be one without losing what an arm lacked. */
export function joinRecorded(a: RecordedBatch, b: RecordedBatch): RecordedBatch | null {
  if (lacking(a) !== lacking(b)) return null;
  const problem = b.problem ?? a.problem;
  const common = problem === undefined ? {} : { problem };
  if (a.kind === 'errors' && b.kind === 'errors') {
    const arm = (name: Arm) => sum(a[name], b[name]);
    return { kind: 'errors', ...common, canary: arm('canary'), baseline: arm('baseline') };
  }
  if (a.kind === 'latency' && b.kind === 'latency') {
    if (!canBeSummed(a.canary, b.canary) || !canBeSummed(a.baseline, b.baseline)) return null;
    const arm = (name: Arm) => sumOfLatencies(a[name], b[name]);
    return { kind: 'latency', ...common, canary: arm('canary'), baseline: arm('baseline') };
  }
  if (a.kind !== 'gauge' || b.kind !== 'gauge') return null;
  const [na, nb] = [a.of ?? 1, b.of ?? 1];
  const mean = (name: Arm) => {
    const [x, y] = [a[name], b[name]];
    return x === null || y === null ? null : (x * na + y * nb) / (na + nb);
  };
  return { kind: 'gauge', ...common, canary: mean('canary'), baseline: mean('baseline'), of: na + nb };
}

/** The batch as one that was not measured: for where nothing else can be said without making things up. */
export function asMissing(batch: RecordedBatch): RecordedBatch {
  const problem = batch.problem ?? 'an arm was missing for a part of the interval';
  return { kind: batch.kind, canary: null, baseline: null, problem };
}

function soundArms<S>(
  batch: { readonly canary: S | null; readonly baseline: S | null; readonly problem?: string | null },
  whatIsWrong: (sample: S) => string | null,
): { readonly canary: S | null; readonly baseline: S | null; readonly problem?: string } {
  const wrong = (['canary', 'baseline'] as const).flatMap((arm) => {
    const sample = batch[arm];
    const reason = sample === null ? null : whatIsWrong(sample);
    return reason === null ? [] : [{ arm, reason: `the ${arm}: ${reason}` }];
  });
  const problem = [...(batch.problem ? [batch.problem] : []), ...wrong.map(({ reason }) => reason)].join(
    '; ',
  );
  const keep = (arm: Arm) => (wrong.some((one) => one.arm === arm) ? null : batch[arm]);
  return {
    ...(problem === '' ? {} : { problem }),
    canary: keep('canary'),
    baseline: keep('baseline'),
  };
}

function counts(sample: CountSample | null): CountSample | null {
  return sample === null ? null : { total: sample.total, failed: sample.failed };
}

function binned(rule: LatencyRule, sample: LatencySample | null): RecordedLatency | null {
  if (sample === null) return null;
  if (!('values' in sample)) return { edges: sample.edges, counts: sample.counts };
  const scale = latencyScale(comparisonOf(rule));
  const bins = sample.values.map((value) => binOf(scale, value));
  const { limit } = rule;
  const holding = limit === null ? null : binOf(scale, limit);
  const within = sample.values.filter((value, i) => bins[i] === holding && value <= (limit ?? 0)).length;
  return { ...sketchOf(bins), ...(within > 0 ? { within } : {}) };
}

/** Each value as the upper edge of its bin, or the limit where it is not above it: the judge sees no difference. */
export function latenciesOf(rule: MetricRule, sample: RecordedLatency): LatencySample {
  if (!('first' in sample)) return sample;
  const scale = latencyScale(comparisonOf(rule));
  const holding = rule.limit === null ? null : binOf(scale, rule.limit);
  const values: number[] = [];
  sample.counts.forEach((count, i) => {
    const bin = sample.first + i;
    const within = bin === holding ? (sample.within ?? 0) : 0;
    for (let n = 0; n < count; n++) values.push(n < within ? (rule.limit ?? 0) : upperEdge(scale, bin));
  });
  return { values };
}

function lacking({ canary, baseline }: RecordedBatch): string {
  return `${canary === null} ${baseline === null}`;
}

function sum(a: CountSample | null, b: CountSample | null): CountSample | null {
  return a === null || b === null ? null : { total: a.total + b.total, failed: a.failed + b.failed };
}

function canBeSummed(a: RecordedLatency | null, b: RecordedLatency | null): boolean {
  if (a === null || b === null) return true;
  if ('first' in a || 'first' in b) return 'first' in a && 'first' in b;
  return (
    'edges' in a &&
    'edges' in b &&
    a.edges.length === b.edges.length &&
    a.edges.every((edge, i) => edge === b.edges[i])
  );
}

function sumOfLatencies(a: RecordedLatency | null, b: RecordedLatency | null): RecordedLatency | null {
  if (a === null || b === null) return null;
  if ('edges' in a && 'edges' in b) {
    return { ...a, counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)) };
  }
  if (!('first' in a && 'first' in b)) return null;
  const within = (a.within ?? 0) + (b.within ?? 0);
  return { ...addSketches(a, b), ...(within > 0 ? { within } : {}) };
}
