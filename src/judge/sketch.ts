const { max, min } = Math;

/** Counts of consecutive bins from `first` on. Plain JSON. */
export interface Sketch {
  readonly first: number;
  readonly counts: readonly number[];
}

/** A sketch summed up from above, so that each question costs the same. */
export interface Tail {
  readonly total: number;
  /** How many values lie above the upper edge of a bin. */
  readonly above: (bin: number) => number;
}

export const EMPTY_SKETCH: Sketch = { first: 0, counts: [] };

/** Bins may repeat. */
export function sketchOf(bins: readonly number[]): Sketch {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const bin of bins) {
    if (bin < first) first = bin;
    if (bin > last) last = bin;
  }
  if (last < first) return EMPTY_SKETCH;
  const counts = new Array<number>(last - first + 1).fill(0);
  for (const bin of bins) counts[bin - first] = (counts[bin - first] ?? 0) + 1;
  return { first, counts };
}

export function addSketches(a: Sketch, b: Sketch): Sketch {
  if (a.counts.length === 0) return b;
  if (b.counts.length === 0) return a;
  const first = min(a.first, b.first);
  const last = max(a.first + a.counts.length, b.first + b.counts.length);
  const counts = new Array<number>(last - first).fill(0);
  for (const sketch of [a, b]) {
    const shift = sketch.first - first;
    for (let i = 0; i < sketch.counts.length; i++) {
      counts[shift + i] = (counts[shift + i] ?? 0) + (sketch.counts[i] ?? 0);
    }
  }
  return { first, counts };
}

export function totalOf({ counts }: Sketch): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i] ?? 0;
  return sum;
}

export function tailOf({ first, counts }: Sketch): Tail {
  const sums = new Array<number>(counts.length).fill(0);
  let sum = 0;
  for (let i = counts.length - 1; i >= 0; i--) {
    sums[i] = sum;
    sum += counts[i] ?? 0;
  }
  const total = sum;
  return { total, above: (bin) => (bin < first ? total : (sums[bin - first] ?? 0)) };
}

/** The first bin up to which at least `quantile` of the values lie; null without values. */
export function quantileBin(sketch: Sketch, quantile: number): number | null {
  const total = totalOf(sketch);
  if (!(total > 0)) return null;
  // A product such as 0.55 * 100 comes out a hair above 55; the rank must not jump for it.
  const rank = quantile * total * (1 - 1e-12);
  let sum = 0;
  for (let i = 0; i < sketch.counts.length; i++) {
    sum += sketch.counts[i] ?? 0;
    if (sum >= rank && sum > 0) return sketch.first + i;
  }
  return sketch.first + sketch.counts.length - 1;
}
