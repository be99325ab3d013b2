/**
 * P(X >= successes) for a binomial X with `trials` and `share`, exact up to rounding.
 *
 * It is below alpha exactly when the one-sided Clopper-Pearson lower bound of the share at level 1 - alpha is above
 * `share`, so the bound itself need not be computed.
 */
export function upperTail(successes: number, trials: number, share: number): number {
  if (successes <= 0) return 1;
  if (successes > trials || share <= 0) return 0;
  if (share >= 1) return 1;
  // Below the mean the terms first rise; the other side is then the short one.
  if (successes <= trials * share) return 1 - lowerSum(successes - 1, trials, share);
  return upperSum(successes, trials, share);
}

/** Terms fall from the first one on, by a factor that itself falls. */
function upperSum(from: number, trials: number, share: number): number {
  let term = Math.exp(logTerm(from, trials, share));
  let sum = term;
  for (let k = from; k < trials && term > sum * Number.EPSILON; k++) {
    term *= ((trials - k) / (k + 1)) * (share / (1 - share));
    sum += term;
  }
  return Math.min(1, sum);
}

function lowerSum(to: number, trials: number, share: number): number {
  return upperSum(trials - to, trials, 1 - share);
}

function logTerm(k: number, trials: number, share: number): number {
  const choose = logFactorial(trials) - logFactorial(k) - logFactorial(trials - k);
  return choose + k * Math.log(share) + (trials - k) * Math.log1p(-share);
}

/** Exact sum for small numbers, Stirling's series beyond, where its error is below 1e-16 of the value. */
function logFactorial(n: number): number {
  if (n < 32) {
    let sum = 0;
    for (let k = 2; k <= n; k++) sum += Math.log(k);
    return sum;
  }
  const square = n * n;
  const series = 1 / (12 * n) - 1 / (360 * n * square) + 1 / (1260 * n * square * square);
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + series;
}
