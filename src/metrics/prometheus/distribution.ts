import { Unmeasured } from '../unmeasured.js';
import { nameOf } from './counters.js';
import type { Histogram } from './histograms.js';

/**
 * How latencies in milliseconds are distributed: `counts[i]` are above `edges[i - 1]` and at most `edges[i]`, the last
 * count is above all edges. Edges rise and are above zero.
 */
export interface Distribution {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** How many edges native histograms get within each doubling; a power of two, as they have them. */
export type EdgesPerDoubling = number;

/** 2^(1/8): what `NativeHistogramBucketFactor: 1.1` gives, and coarse enough to stay when buckets are joined. */
const MOST_PER_DOUBLING = 8;

/** From 61 µs to 512 s, in powers of two of the unit; what is below or above lies in the outermost buckets. */
const SCALE = {
  s: { factor: 1000, lowest: -14, highest: 9 },
  ms: { factor: 1, lowest: -4, highest: 19 },
} as const;

export type Unit = keyof typeof SCALE;

/**
 * All histograms of one arm as one. Classic ones must have the same edges. Native ones show only the buckets that hold
 * something, so their counts are put on a ladder of edges that is the same in every batch and arm.
 */
export function distributionOf(
  histograms: readonly Histogram[],
  options: { readonly unit: Unit; readonly perDoubling: EdgesPerDoubling },
): Distribution {
  return histograms.some(({ kind }) => kind === 'native')
    ? onLadder(histograms, options)
    : joined(histograms, options.unit);
}

/** The finest ladder that the native histograms allow; null when there is none that tells. */
export function edgesPerDoubling(histograms: readonly Histogram[]): EdgesPerDoubling | null {
  const found = histograms
    .filter(({ kind }) => kind === 'native')
    .flatMap(({ buckets }) => buckets.find(({ lower, upper }) => lower > 0 && upper < Infinity) ?? [])
    .map(({ lower, upper }) => 2 ** Math.round(-Math.log2(Math.log2(upper / lower))));
  return found.length === 0 ? null : Math.min(MOST_PER_DOUBLING, Math.max(1, Math.min(...found)));
}

export const FINEST: EdgesPerDoubling = MOST_PER_DOUBLING;

function onLadder(
  histograms: readonly Histogram[],
  { unit, perDoubling }: { readonly unit: Unit; readonly perDoubling: EdgesPerDoubling },
): Distribution {
  const { factor, lowest, highest } = SCALE[unit];
  const edges = Array.from(
    { length: (highest - lowest) * perDoubling + 1 },
    (_, rung) => 2 ** (lowest + rung / perDoubling) * factor,
  );
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const { upper, count } of histograms.flatMap(({ buckets }) => buckets)) {
    // The logarithm of an edge may be a hair off.
    const rung = upper > 0 ? Math.ceil((Math.log2(upper) - lowest) * perDoubling - 1e-6) : 0;
    const at = Math.min(edges.length, Math.max(0, rung));
    counts[at] = (counts[at] ?? 0) + count;
  }
  return { edges, counts };
}

function joined(histograms: readonly Histogram[], unit: Unit): Distribution {
  const [first] = histograms;
  if (first === undefined) return { edges: [], counts: [] };
  const odd = histograms.find((one) => !hasSameEdges(one, first));
  if (odd !== undefined) {
    throw new Unmeasured(
      `${nameOf(first.labels)} and ${nameOf(odd.labels)} have different buckets (${edgesOf(first)} and ${edgesOf(odd)}), and cannot be added; give both the same`,
    );
  }
  const sums = first.buckets.map((bucket, i) => ({
    upper: bucket.upper,
    count: histograms.reduce((sum, { buckets }) => sum + (buckets[i]?.count ?? 0), 0),
  }));
  // No latency is below zero, and an edge at zero would separate nothing from nothing.
  const positive = sums.filter(({ upper }) => upper > 0);
  const belowZero = sums.filter(({ upper }) => upper <= 0).reduce((sum, { count }) => sum + count, 0);
  return {
    edges: positive.slice(0, -1).map(({ upper }) => rounded(upper * SCALE[unit].factor)),
    counts: positive.map(({ count }, i) => (i === 0 ? count + belowZero : count)),
  };
}

/** 0.07 s are 70 ms, not 70.00000000000001: a limit on an edge must meet it. */
function rounded(edge: number): number {
  return Number(edge.toPrecision(12));
}

function hasSameEdges(a: Histogram, b: Histogram): boolean {
  return (
    a.buckets.length === b.buckets.length && a.buckets.every(({ upper }, i) => upper === b.buckets[i]?.upper)
  );
}

function edgesOf({ buckets }: Histogram): string {
  return buckets.map(({ upper }) => upper).join(', ');
}
