import { normalQuantile } from './normal.js';

const { abs, max, sign, sqrt } = Math;

/** A confidence interval of the shift from `y` to `x`, and its estimate, by the test of Mann and Whitney. */
export interface Shift {
  readonly low: number;
  readonly high: number;
  readonly estimate: number;
}

/**
 * The standardised rank sum of `x - shift` among `y`: average ranks, corrected for ties and continuity. It falls as
 * the shift grows, and is zero at the estimate. Both are sorted. NaN where all values are the same.
 */
export function standardised(x: readonly number[], y: readonly number[], shift: number): number {
  const [m, n] = [x.length, y.length];
  let [sum, ties] = [0, 0];
  for (let i = 0, j = 0; i < m || j < n; ) {
    const [a, b] = [
      i < m ? (x[i] ?? 0) - shift : Number.POSITIVE_INFINITY,
      j < n ? (y[j] ?? 0) : Number.POSITIVE_INFINITY,
    ];
    const value = a < b ? a : b;
    const [i0, j0] = [i, j];
    while (i < m && (x[i] ?? 0) - shift === value) i++;
    while (j < n && y[j] === value) j++;
    const count = i - i0 + j - j0;
    ties += count ** 3 - count;
    sum += (i - i0) * ((i0 + j0 + i + j + 1) / 2);
  }
  const excess = sum - (m * (m + 1)) / 2 - (m * n) / 2;
  const size = m + n;
  const sigma = sqrt(((m * n) / 12) * (size + 1 - ties / (size * (size - 1))));
  return (excess - 0.5 * sign(excess)) / sigma;
}

/** Puts a value into its place of a sorted list. */
export function insertSorted(sorted: number[], value: number): void {
  let at = sorted.length;
  while (at > 0 && (sorted[at - 1] ?? 0) > value) at--;
  sorted.splice(at, 0, value);
}

/** The interval of a two-sided test at `confidence` of sorted values, with exact roots where Kayenta stops at 1e-4. */
export function shiftOf(x: readonly number[], y: readonly number[], confidence: number): Shift {
  const z = normalQuantile(1 - (1 - confidence) / 2);
  return { low: rootAt(x, y, z), high: rootAt(x, y, -z), estimate: rootAt(x, y, 0) };
}

/** Where the standardised rank sum falls through a level; at the bracket's end when it never does. */
export function rootAt(x: readonly number[], y: readonly number[], level: number): number {
  let low = (x[0] ?? 0) - (y.at(-1) ?? 0);
  let high = (x.at(-1) ?? 0) - (y[0] ?? 0);
  if (!(standardised(x, y, low) > level)) return low;
  if (standardised(x, y, high) > level) return high;
  for (let step = 0; step < 100 && high - low > 1e-13 * max(1e-3, abs(low), abs(high)); step++) {
    const middle = (low + high) / 2;
    const value = standardised(x, y, middle);
    if (value === level) return middle;
    if (value > level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
