import type { CountSample, LatencySample, MetricBatch } from '../metrics/contract.js';

export type { CountSample, LatencySample, MetricBatch };

export type ErrorsBatch = Extract<MetricBatch, { kind: 'errors' }>;
export type LatencyBatch = Extract<MetricBatch, { kind: 'latency' }>;
export type GaugeBatch = Extract<MetricBatch, { kind: 'gauge' }>;

/** Far above what is ever counted, and far below where doubles lose whole numbers. */
const MOST = 1e15;

/** Why counts cannot be such, or null. */
export function whatIsWrongWithCounts({ total, failed }: CountSample): string | null {
  if (!isCount(total)) return `${total} is no number of requests`;
  if (!isCount(failed)) return `${failed} is no number of failed requests`;
  return failed > total ? `${failed} of ${total} requests failed, which is more than all` : null;
}

/** Why latencies cannot be such, or null. */
export function whatIsWrongWithLatencies(sample: LatencySample): string | null {
  if ('values' in sample) {
    const odd = sample.values.find((value) => !(Number.isFinite(value) && value >= 0));
    return odd === undefined ? null : `${odd} is no latency`;
  }
  const { edges, counts } = sample;
  if (edges.length === 0 || counts.length !== edges.length + 1) {
    return `${counts.length} counts do not fit ${edges.length} bucket edges and the rest above`;
  }
  const unordered = edges.findIndex((edge, i) => !(Number.isFinite(edge) && edge > (edges[i - 1] ?? 0)));
  if (unordered >= 0) return `the bucket edge ${edges[unordered]} does not rise`;
  const odd = counts.find((count) => !isCount(count));
  return odd === undefined ? null : `${odd} is no number of requests`;
}

/** Why a reading cannot be one, or null; ratios are taken of values that are not negative. */
export function whatIsWrongWithReading(
  value: number,
  { forRatio }: { readonly forRatio: boolean },
): string | null {
  if (!(Number.isFinite(value) && Math.abs(value) <= MOST)) return `${value} is no reading`;
  return forRatio && value < 0 ? `${value} has no ratio to another, being negative` : null;
}

function isCount(value: number): boolean {
  return Number.isFinite(value) && value >= 0 && value <= MOST;
}
