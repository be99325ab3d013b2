const { abs, max, min } = Math;

/** What is expected of the next difference, and how far differences scatter about it. */
export interface Forecast {
  /** The lag-one correlation, 0 to 0.95. */
  readonly correlation: number;
  /** The difference before. */
  readonly last: number;
  /** The scatter of the innovations, above zero. */
  readonly scatter: number;
}

/** Fewer pairs say nothing of correlation and scatter. */
const LEAST_PAIRS = 3;
const PRIOR_CORRELATION = 0.6;
const PRIOR_PAIRS = 10;
const MOST_CORRELATION = 0.95;
const LEAST_SCATTER = 1e-12;
/** The median absolute deviation of a normal distribution is so much smaller than its standard deviation. */
const MAD_TO_SIGMA = 1.4826;

/**
 * From past differences only: `rho = clip((n r_c + 10 * 0.6) / (n + 10), 0, 0.95)` with `r_c = (n r1 + 1) / (n - 3)`
 * (the bias correction of the lag-one autocorrelation r1), and `s = max(1.4826 MAD(X_i - rho X_{i-1}), 1e-12)`. Null
 * before the fourth pair.
 */
export function forecast(past: readonly number[]): Forecast | null {
  const last = past.at(-1);
  if (past.length < LEAST_PAIRS || last === undefined) return null;
  const correlation = correlationOf(past);
  const innovations = past.slice(1).map((value, i) => value - correlation * (past[i] ?? 0));
  return { correlation, last, scatter: max(MAD_TO_SIGMA * deviation(innovations), LEAST_SCATTER) };
}

function correlationOf(past: readonly number[]): number {
  const n = past.length;
  if (n < 4) return PRIOR_CORRELATION;
  const raw = lagOne(past);
  const corrected = n === 4 ? raw : (n * raw + 1) / (n - 3);
  const shrunk = (n * corrected + PRIOR_PAIRS * PRIOR_CORRELATION) / (n + PRIOR_PAIRS);
  return min(MOST_CORRELATION, max(0, shrunk));
}

function lagOne(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [products, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const here = (values[i] ?? mean) - mean;
    squares += here * here;
    if (i > 0) products += here * ((values[i - 1] ?? mean) - mean);
  }
  return squares > 0 ? products / squares : 0;
}

function deviation(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => abs(value - middle)));
}

/** Of at least one value. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}
