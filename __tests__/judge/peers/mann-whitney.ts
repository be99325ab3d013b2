/** Two-sided and one-sided p-values of the Mann-Whitney U test with correction for ties and continuity. */
export function mannWhitney(x: readonly number[], y: readonly number[]) {
  const [n, m] = [x.length, y.length];
  const u = x.reduce((sum, a) => sum + y.reduce((wins, b) => wins + (a > b ? 1 : a === b ? 0.5 : 0), 0), 0);
  const counts = new Map<number, number>();
  for (const value of [...x, ...y]) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ties = [...counts.values()].reduce((sum, count) => sum + count ** 3 - count, 0);
  const size = n + m;
  const sigma = Math.sqrt(((n * m) / 12) * (size + 1 - ties / (size * (size - 1))));
  const upper = (excess: number) => normalTail((excess - 0.5) / sigma);
  return {
    U1: u,
    pAsymptoticTwoSided: Math.min(1, 2 * upper(Math.abs(u - (n * m) / 2))),
    pAsymptoticGreater: upper(u - (n * m) / 2),
    pExactTwoSided: Math.min(1, 2 * exactTail(Math.max(u, n * m - u), n, m)),
  };
}

/** P(Z >= z) by the continued fraction of Laplace, by the series below 2. */
function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 2) {
    let [term, sum] = [z, z];
    for (let k = 1; k < 100; k++) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let k = 200; k >= 1; k--) fraction = z + k / fraction;
  return density / fraction;
}

/** P(U >= u) without ties, by counting all arrangements. */
function exactTail(u: number, n: number, m: number): number {
  let counts: readonly (readonly number[])[] = Array.from({ length: m + 1 }, () => [1]);
  for (let i = 1; i <= n; i++) {
    const next: number[][] = [[1]];
    for (let j = 1; j <= m; j++) {
      const [taken, without] = [counts[j] ?? [], next[j - 1] ?? []];
      const size = i * j + 1;
      next.push(Array.from({ length: size }, (_, k) => (taken[k - j] ?? 0) + (without[k] ?? 0)));
    }
    counts = next;
  }
  const last = counts[m] ?? [];
  const all = last.reduce((sum, count) => sum + count, 0);
  return last.reduce((sum, count, k) => sum + (k >= u ? count : 0), 0) / all;
}
