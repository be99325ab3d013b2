const { abs, max, min, sqrt } = Math;

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
const PRIOR = { correlation: 0.6, pairs: 10 };
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
  const innovations = innovationsOf(past, correlation);
  return { correlation, last, scatter: max(scatterOf(innovations), LEAST_SCATTER) };
}

/** What readings before the canary say of the noise that is to come. Plain JSON. */
export interface Scatter {
  readonly correlation: number;
  /** Of the innovations of the differences. */
  readonly scatter: number;
}

/** Fewer readings are no history. */
const LEAST_READINGS = 10;

/**
 * The noise of the differences from one arm's readings: the other arm's is taken to be as large and independent.
 * Drift that both arms have in common would pass for memory, and is taken out as a straight line; what is left of it
 * makes the noise too large, which is the careful side.
 */
export function scatterOfHistory(readings: readonly number[]): Scatter | null {
  if (readings.length < LEAST_READINGS) return null;
  const level = withoutTrend(readings);
  const correlation = correlationOf(level, { ...PRIOR, fitted: 2 });
  const innovations = innovationsOf(level, correlation);
  return { correlation, scatter: max(sqrt(2) * scatterOf(innovations), LEAST_SCATTER) };
}

/**
 * The lag-one correlation, drawn towards what is known before as if it were so many pairs: with r1 about a mean
 * (`fitted` 1) or a line (2), `(n r1 + fitted) / (n - 2 - fitted)` takes most of its bias away.
 */
export function correlationOf(
  past: readonly number[],
  { correlation, pairs, fitted = 1 }: Prior = PRIOR,
): number {
  const n = past.length;
  if (n < 4) return correlation;
  const raw = lagOne(past);
  const corrected = n === 4 ? raw : (n * raw + fitted) / (n - 2 - fitted);
  const shrunk = (n * corrected + pairs * correlation) / (n + pairs);
  return min(MOST_CORRELATION, max(0, shrunk));
}

interface Prior {
  readonly correlation: number;
  readonly pairs: number;
  /** What was taken out of the readings: their mean, or a line, which is two. */
  readonly fitted?: number;
}

/** Less the straight line that fits best; about zero. */
function withoutTrend(values: readonly number[]): readonly number[] {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [products, squares] = [0, 0];
  values.forEach((value, i) => {
    products += (i - middle) * (value - mean);
    squares += (i - middle) ** 2;
  });
  return values.map((value, i) => value - mean - ((i - middle) * products) / squares);
}

function innovationsOf(values: readonly number[], correlation: number): readonly number[] {
  return values.slice(1).map((value, i) => value - correlation * (values[i] ?? 0));
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

/** A standard deviation that outliers do not move. */
export function scatterOf(values: readonly number[]): number {
  const middle = median(values);
  return MAD_TO_SIGMA * median(values.map((value) => abs(value - middle)));
}

/** Of at least one value. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}
