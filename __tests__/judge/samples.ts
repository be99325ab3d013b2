const { cos, floor, imul, log, log1p, sqrt } = Math;

/** Seeded uniform numbers in [0, 1) (mulberry32), so that a simulation says the same on every machine. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How many of `trials` happen: the gaps between them are geometric. */
export function binomial(random: () => number, trials: number, chance: number): number {
  const scale = log1p(-chance);
  let [happened, at] = [0, 0];
  for (;;) {
    at += floor(log(1 - random()) / scale) + 1;
    if (at > trials) return happened;
    happened += 1;
  }
}

export function normal(random: () => number): number {
  return sqrt(-2 * log(1 - random())) * cos(2 * Math.PI * random());
}
