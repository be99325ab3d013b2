const { exp, log, sqrt } = Math;

/** P(Z > z), by the continued fraction of Laplace beyond 2 and the series below. */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const density = exp((-z * z) / 2) / sqrt(2 * Math.PI);
  if (z >= 2) {
    let fraction = z;
    for (let k = 200; k >= 1; k--) fraction = z + k / fraction;
    return density / fraction;
  }
  let [term, sum] = [z, z];
  for (let k = 1; k < 100; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return 0.5 - density * sum;
}

/** The inverse of the normal distribution, by Newton's method from a rough start. */
export function normalQuantile(p: number): number {
  if (p === 0.5) return 0;
  if (p < 0.5) return -normalQuantile(1 - p);
  let z = sqrt(-2 * log(1 - p)) - 0.5;
  for (let step = 0; step < 60; step++) {
    const density = exp((-z * z) / 2) / sqrt(2 * Math.PI);
    const next = z + (normalTail(z) - (1 - p)) / density;
    if (Math.abs(next - z) < 1e-14) return next;
    z = next;
  }
  return z;
}
