/** Bins grow by 2 %, so a value read back is at most 2 % above the true one. */
const GROWTH = 1.02;

/**
 * Counts of positive values in bins of a constant ratio: bin `i` holds `unit * 1.02^(i-1) < value <= unit * 1.02^i`.
 * `unit` is an edge itself, so how many values are above it is exact. Plain JSON.
 */
export interface Histogram {
  readonly unit: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Values that differ by less than this share of the unit are all the same: zero and next to it. */
const SMALLEST = 1e-6;

export function emptyHistogram(unit: number): Histogram {
  return { unit, counts: {} };
}

/** Values are finite and not negative. */
export function addValues(histogram: Histogram, values: readonly number[]): Histogram {
  const counts: Record<string, number> = { ...histogram.counts };
  for (const value of values) {
    const bin = binOf(value / histogram.unit);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { unit: histogram.unit, counts };
}

/** Both must have the same unit; bins of different edges cannot be added. */
export function mergeHistograms(a: Histogram, b: Histogram): Histogram {
  if (a.unit !== b.unit) throw new RangeError(`histograms of unit ${a.unit} and ${b.unit} cannot be merged`);
  const counts: Record<string, number> = { ...a.counts };
  for (const [bin, count] of Object.entries(b.counts)) counts[bin] = (counts[bin] ?? 0) + count;
  return { unit: a.unit, counts };
}

export function countOf(histogram: Histogram): number {
  return Object.values(histogram.counts).reduce((sum, count) => sum + count, 0);
}

/** How many values are above the unit. */
export function countAboveUnit(histogram: Histogram): number {
  return Object.entries(histogram.counts).reduce(
    (sum, [bin, count]) => (Number(bin) > 0 ? sum + count : sum),
    0,
  );
}

/** The upper edge of the bin that holds the value of that rank; null without values. `quantile` is in (0, 1]. */
export function quantileOf(histogram: Histogram, quantile: number): number | null {
  // A product such as 0.55 * 100 comes out a hair above 55; the rank must not jump for it.
  let left = Math.max(1, Math.ceil(quantile * countOf(histogram) - 1e-9));
  const bins = Object.entries(histogram.counts).map(([bin, count]) => [Number(bin), count] as const);
  for (const [bin, count] of bins.sort(([a], [b]) => a - b)) {
    left -= count;
    if (left <= 0) return histogram.unit * GROWTH ** bin;
  }
  return null;
}

/** The logarithm may be off by one at an edge; the edges themselves decide. */
function binOf(ratio: number): number {
  let bin = Math.ceil(Math.log(Math.max(ratio, SMALLEST)) / Math.log(GROWTH));
  while (ratio > GROWTH ** bin) bin += 1;
  while (bin > LOWEST_BIN && ratio <= GROWTH ** (bin - 1)) bin -= 1;
  return bin;
}

const LOWEST_BIN = Math.ceil(Math.log(SMALLEST) / Math.log(GROWTH));
