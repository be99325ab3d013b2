const { log, log1p } = Math;

/**
 * `log B(a, b)`, also where one argument is much larger than the other: there `lgamma(a) - lgamma(a + b)` would lose
 * all digits, so their Stirling series are subtracted term by term (Didonato and Morris, ACM TOMS 708).
 */
export function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (large < SERIES_FROM) return logGamma(small) + logGamma(large) - logGamma(small + large);
  const sum = small + large;
  const growth = (sum - 0.5) * log1p(small / large);
  const rest = remainder(large) - remainder(sum);
  if (small < SERIES_FROM) return logGamma(small) - small * log(large) - growth + small + rest;
  const shape = small * log(small / large) - 0.5 * log(small);
  return HALF_LOG_TWO_PI + shape - growth + remainder(small) + rest;
}

const HALF_LOG_TWO_PI = 0.5 * log(2 * Math.PI);
/** From here on six terms of the series are exact to the last digit. */
const SERIES_FROM = 10;

/** Rises by the recurrence to where the series holds. `x` is above zero. */
function logGamma(x: number): number {
  let [at, product] = [x, 1];
  while (at < SERIES_FROM) {
    product *= at;
    at += 1;
  }
  return (at - 0.5) * log(at) - at + HALF_LOG_TWO_PI + remainder(at) - log(product);
}

/** What Stirling's formula leaves out. */
function remainder(x: number): number {
  const inverse = 1 / (x * x);
  let sum = 0;
  for (const term of SERIES) sum = sum * inverse + term;
  return sum / x;
}

const SERIES = [-691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12] as const;
