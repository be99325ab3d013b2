const { ceil, floor, log, max, min } = Math;

/**
 * How values are put into bins. `log`: bin i holds `growth^(i-1) < value <= growth^i`. `edges`: bin i holds what is
 * above edge i-1 and not above edge i, and one more bin what is above all. Edges rise. Plain JSON.
 */
export type Scale =
  | { readonly kind: 'log'; readonly growth: number }
  | { readonly kind: 'edges'; readonly edges: readonly number[] };

/** Values beyond these are taken for them, so that the number of bins is bounded. */
const SMALLEST = 1e-12;
const LARGEST = 1e12;

/** So many bins lie between a quantile and the margin above it, which is then an edge, too: no sketch error. */
const BINS_PER_MARGIN = 4;
/** The bins of a comparison without a margin: those of 10 %. */
const DEFAULT_MARGIN = 0.1;
/** Margins are at least so large, or zero: the number of bins grows with their inverse. */
export const LEAST_MARGIN = 0.001;
const FEW_BINS_BELOW = 0.01;

/** `growth = (1 + r)^(1/4)` for the smallest margin r above zero; narrow margins get fewer bins. */
export function logScale(margins: readonly number[]): Scale {
  const positive = margins.filter((margin) => margin > 0);
  const least = positive.length > 0 ? min(...positive) : DEFAULT_MARGIN;
  return { kind: 'log', growth: (1 + least) ** (1 / (least < FEW_BINS_BELOW ? 1 : BINS_PER_MARGIN)) };
}

/** The bin of a finite value that is not negative. */
export function binOf(scale: Scale, value: number): number {
  if (scale.kind === 'edges') return firstAtLeast(scale.edges, value);
  const within = min(LARGEST, max(SMALLEST, value));
  return edgeBin(log(within) / log(scale.growth));
}

/** The upper edge of a bin; infinite for the last one of `edges`. */
export function upperEdge(scale: Scale, bin: number): number {
  if (scale.kind === 'log') return scale.growth ** bin;
  return scale.edges[bin] ?? Number.POSITIVE_INFINITY;
}

/**
 * The bin whose upper edge is `times` the one of `bin`, or the next that the scale has; null when it has none. On
 * the logarithmic scale `round` chooses the side where the margin does not fall on an edge.
 */
export function raisedBin(
  scale: Scale,
  { bin, times, round }: { readonly bin: number; readonly times: number; readonly round: 'up' | 'down' },
): number | null {
  if (scale.kind === 'log') {
    const bins = log(times) / log(scale.growth);
    return bin + (round === 'up' ? ceil(bins - 1e-6) : floor(bins + 1e-6));
  }
  const edge = scale.edges[bin];
  if (edge === undefined) return null;
  const raised = firstAtLeast(scale.edges, edge * times * (1 - 1e-9));
  return raised < scale.edges.length ? raised : null;
}

export function sameScale(a: Scale, b: Scale): boolean {
  if (a.kind === 'log') return b.kind === 'log' && a.growth === b.growth;
  return (
    b.kind === 'edges' && a.edges.length === b.edges.length && a.edges.every((edge, i) => edge === b.edges[i])
  );
}

/** A value that lies on an edge, up to rounding, belongs to the bin below it. */
function edgeBin(position: number): number {
  return ceil(position - 1e-9) + 0;
}

function firstAtLeast(edges: readonly number[], value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? Number.POSITIVE_INFINITY) >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}
