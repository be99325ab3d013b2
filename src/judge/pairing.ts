import type { Batch, CountSample, LatencySample, MetricBatch, Span } from '../metrics/contract.js';

/** What the service did before the promotion, in one interval. Oldest first, disjoint. */
export type PastSample = Span &
  (
    | { readonly kind: 'errors'; readonly sample: CountSample }
    | { readonly kind: 'latency'; readonly sample: LatencySample }
    | { readonly kind: 'gauge'; readonly sample: number }
  );

/** How much of a watch the readings of a gauge must cover: beyond it pairs would be missing more often than not. */
const ENOUGH_FOR_PAIRS = 0.6;

/** Whether the past of a metric is enough to be compared with for `forMs`. */
export function isEnoughPast(past: readonly PastSample[], forMs: number): boolean {
  const [first] = past;
  if (first === undefined) return false;
  if (first.kind !== 'gauge') return true;
  const measured = past.reduce((sum, { from, to }) => sum + (to - from), 0);
  return measured >= ENOUGH_FOR_PAIRS * forMs;
}

/**
 * Deals the past out over the watch, each sample once: a live batch gets what lies in the same part of the past as
 * the batch does of the watch. What is dealt depends on the times alone, so that it is fixed before it is seen.
 */
export function dealPast(past: readonly PastSample[], watch: Span): (live: Batch) => MetricBatch {
  const first = past[0]?.from ?? 0;
  const scale = ((past.at(-1)?.to ?? 0) - first) / Math.max(1, watch.to - watch.from);
  let next = 0;
  return (live) => {
    const until = first + (live.to - watch.from) * scale;
    const begin = next;
    while (next < past.length && (past[next]?.to ?? 0) <= until + 1e-6) next += 1;
    return withBaseline(live, past.slice(begin, next));
  };
}

function withBaseline(live: Batch, dealt: readonly PastSample[]): MetricBatch {
  if (live.kind === 'errors') {
    const samples = dealt.flatMap((one) => (one.kind === 'errors' ? [one.sample] : []));
    return { ...live, baseline: { total: sum(samples, 'total'), failed: sum(samples, 'failed') } };
  }
  if (live.kind === 'latency') {
    const samples = dealt.flatMap((one) => (one.kind === 'latency' ? [one.sample] : []));
    return { ...live, baseline: allLatencies(samples, live.canary) };
  }
  const readings = dealt.flatMap((one) => (one.kind === 'gauge' ? [one.sample] : []));
  const mean = readings.reduce((all, one) => all + one, 0) / readings.length;
  return { ...live, baseline: readings.length === 0 ? null : mean };
}

function sum(samples: readonly CountSample[], key: 'total' | 'failed'): number {
  return samples.reduce((all, sample) => all + sample[key], 0);
}

/** In the form of the live ones; what has another form says nothing beside them. */
function allLatencies(samples: readonly LatencySample[], live: LatencySample | null): LatencySample {
  if (live === null || 'values' in live)
    return { values: samples.flatMap((sample) => ('values' in sample ? sample.values : [])) };
  const { edges } = live;
  const fitting = samples.filter(
    (sample) => 'edges' in sample && sample.edges.length === edges.length && sameEdges(sample.edges, edges),
  );
  const counts = live.counts.map((_, i) =>
    fitting.reduce((all, sample) => all + ('counts' in sample ? (sample.counts[i] ?? 0) : 0), 0),
  );
  return { edges, counts };
}

function sameEdges(a: readonly number[], b: readonly number[]): boolean {
  return a.every((edge, i) => edge === b[i]);
}
