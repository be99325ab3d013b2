const { exp, log, log1p, max, min } = Math;

/**
 * A logarithm as the state keeps it: JSON has no infinity, so that of zero is null. No other infinity occurs, and
 * NaN never does.
 */
export type StoredLog = number | null;

export function storeLog(value: number): StoredLog {
  return value === LOG_ZERO ? null : value;
}

export function readLog(stored: StoredLog): number {
  return stored ?? LOG_ZERO;
}

/** The logarithm of nothing. */
export const LOG_ZERO = Number.NEGATIVE_INFINITY;

/** `log(sum(exp(values)))` without overflow; of nothing it is the logarithm of zero. */
export function logSumExp(values: readonly number[]): number {
  let top = LOG_ZERO;
  for (const value of values) if (value > top) top = value;
  if (top === LOG_ZERO) return top;
  let sum = 0;
  for (const value of values) sum += exp(value - top);
  return top + log(sum);
}

export function logAddExp(a: number, b: number): number {
  const top = max(a, b);
  if (top === LOG_ZERO) return top;
  return top + log1p(exp(min(a, b) - top));
}

/** `log(sum(weights * exp(logs)))`; what has no weight has no part in it. */
export function logWeightedSum(logs: readonly number[], weights: readonly number[]): number {
  return logSumExp(logs.map((value, i) => value + log(weights[i] ?? 0)));
}
