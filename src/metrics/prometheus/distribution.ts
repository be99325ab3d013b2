import type { LatencySample } from '../contract.js';
import type { Arms } from '../reading/pair.js';
import { reasonOf, shown, Unmeasured } from '../unmeasured.js';
import type { Histogram } from './histograms.js';
import { nameOf } from './labels.js';

type Distribution = Extract<LatencySample, { readonly edges: readonly number[] }>;

/** From 61 µs to 512 s, in powers of two of the unit; what is below or above lies in the outermost buckets. */
const SCALE = {
  s: { factor: 1000, lowest: -14, highest: 9 },
  ms: { factor: 1, lowest: -4, highest: 19 },
} as const;

type Unit = keyof typeof SCALE;

/** Edges within each doubling: what a bucket factor of 1.1 gives, and coarse enough to stay when buckets are joined. */
const MOST_PER_DOUBLING = 8;

export interface Scale {
  /** The histograms of each arm as one, in milliseconds and on the same edges; a problem where that cannot be. */
  put(arms: Arms<readonly Histogram[]>): Arms<LatencySample> & { readonly problem?: string };
}

/**
 * Classic histograms keep their edges. Native ones show only the buckets that hold something, so their counts are put
 * on a ladder of edges which is the same in every batch and arm: as fine as the coarsest of them seen so far.
 */
export function createScale(unit: Unit): Scale {
  let perDoubling = MOST_PER_DOUBLING;
  return {
    put(arms) {
      const both = [...(arms.canary ?? []), ...(arms.baseline ?? [])];
      perDoubling = Math.min(perDoubling, finestFor(both));
      const canary = joined('canary', arms.canary, { unit, perDoubling });
      const baseline = joined('baseline', arms.baseline, { unit, perDoubling });
      const problems = [canary.problem, baseline.problem].flatMap((problem) => problem ?? []);
      const differ = differenceOf(canary.sample, baseline.sample);
      return {
        canary: canary.sample,
        baseline: differ === null ? baseline.sample : null,
        ...(problems.length + (differ === null ? 0 : 1) === 0
          ? {}
          : { problem: [...problems, ...(differ === null ? [] : [differ])].join('; ') }),
      };
    },
  };
}

interface Edges {
  readonly unit: Unit;
  readonly perDoubling: number;
}

function joined(
  arm: string,
  histograms: readonly Histogram[] | null,
  edges: Edges,
): { readonly sample: Distribution | null; readonly problem: string | null } {
  if (histograms === null) return { sample: null, problem: null };
  try {
    const isNative = histograms.some(({ kind }) => kind === 'native');
    const sample = isNative ? onLadder(histograms, edges) : added(histograms, edges.unit);
    return { sample, problem: null };
  } catch (error) {
    if (error instanceof Unmeasured) return { sample: null, problem: `${arm}: ${reasonOf(error)}` };
    throw error;
  }
}

function differenceOf(canary: Distribution | null, baseline: Distribution | null): string | null {
  if (canary === null || baseline === null) return null;
  if (String(canary.edges) === String(baseline.edges)) return null;
  return `the canary has buckets with the edges ${shown(edgesText(canary))} ms and the baseline with ${shown(edgesText(baseline))} ms, and different ones cannot be compared; give both versions the same`;
}

function edgesText({ edges }: Distribution): string {
  return edges.join(', ');
}

/** The finest ladder that all native histograms allow. */
function finestFor(histograms: readonly Histogram[]): number {
  const found = histograms
    .filter(({ kind }) => kind === 'native')
    .flatMap(({ buckets }) => buckets.find(({ lower, upper }) => lower > 0 && upper < Infinity) ?? [])
    .map(({ lower, upper }) => 2 ** Math.round(-Math.log2(Math.log2(upper / lower))));
  return found.reduce((finest, one) => Math.max(1, Math.min(finest, one)), MOST_PER_DOUBLING);
}

function onLadder(histograms: readonly Histogram[], { unit, perDoubling }: Edges): Distribution {
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

function added(histograms: readonly Histogram[], unit: Unit): Distribution {
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
