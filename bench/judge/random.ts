const { cos, exp, floor, imul, log, log1p, max, min, round, sqrt } = Math;

/** Uniform numbers in [0, 1). The judge has no part in what is drawn here. */
export type Random = () => number;

/** The same numbers for the same seed and words on every machine (sfc32, seeded by FNV-1a). */
export function randomOf(seed: number, ...words: readonly (string | number)[]): Random {
  let [a, b, c, counter] = [0, 1, 2, 3].map((part) => hash(`${part}|${seed}|${words.join('|')}`)) as [
    number,
    number,
    number,
    number,
  ];
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

export function normal(random: Random): number {
  return sqrt(-2 * log(1 - random())) * cos(2 * Math.PI * random());
}

/** Student's t with three degrees of freedom, scaled to a variance of one. */
export function student3(random: Random): number {
  const squares = normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2;
  return normal(random) / sqrt(squares);
}

export function exponential(random: Random): number {
  return -log(1 - random());
}

/** A gamma variable of mean 1 (Marsaglia and Tsang, 2000), for shapes of at least 1. */
export function gamma(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  for (;;) {
    const z = normal(random);
    const v = (1 + z / sqrt(9 * d)) ** 3;
    if (v > 0 && log(1 - random()) < (z * z) / 2 + d - d * v + d * log(v)) return (d * v) / shape;
  }
}

/** Exact below a mean of 60; above it the normal approximation, which only the sizes of blocks rest on. */
export function poisson(random: Random, mean: number): number {
  if (mean > 60) return max(0, round(mean + sqrt(mean) * normal(random)));
  let count = 0;
  for (let product = random(); product > exp(-mean); product *= random()) count++;
  return count;
}

/** How many of `trials` happen; the gaps between them are geometric. */
export function binomial(random: Random, trials: number, chance: number): number {
  if (chance <= 0) return 0;
  if (chance > 0.5) return trials - binomial(random, trials, 1 - min(1, chance));
  const scale = log1p(-chance);
  for (let happened = 0, at = 0; ; happened++) {
    at += floor(log(1 - random()) / scale) + 1;
    if (at > trials) return happened;
  }
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
}
