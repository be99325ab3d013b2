/**
 * A logarithm as the state keeps it: JSON has no infinity, so that of zero is null. No other infinity occurs, and
 * NaN never does.
 */
export type StoredLog = number | null;

export function storeLog(value: number): StoredLog {
  return value === Number.NEGATIVE_INFINITY ? null : value;
}

export function readLog(stored: StoredLog): number {
  return stored ?? Number.NEGATIVE_INFINITY;
}

/** `log(sum(exp(values)))` without overflow; of nothing it is the logarithm of zero. */
export function logSumExp(values: readonly number[]): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > top) top = value;
  if (!Number.isFinite(top)) return top;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - top);
  return top + Math.log(sum);
}

export function logAddExp(a: number, b: number): number {
  const top = Math.max(a, b);
  if (!Number.isFinite(top)) return top;
  return top + Math.log1p(Math.exp(Math.min(a, b) - top));
}

/** `log(sum(weights * exp(logs)))`. A weight of zero takes its value out, however large it is. */
export function logWeightedSum(logs: readonly number[], weights: readonly number[]): number {
  return logSumExp(
    logs.map((log, i) => {
      const weight = weights[i] ?? 0;
      return weight > 0 ? log + Math.log(weight) : Number.NEGATIVE_INFINITY;
    }),
  );
}
