/** A linear scale from a domain to pixels, with ticks at round numbers. */
export interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

export function linear(
  domain: readonly [number, number],
  range: readonly [number, number],
  ticks: readonly number[],
): Scale {
  const [low, high] = domain;
  const [start, end] = range;
  const width = high - low || 1;
  return {
    ticks: ticks.filter((tick) => tick >= low && tick <= high),
    at: (value) => start + ((Math.min(high, Math.max(low, value)) - low) / width) * (end - start),
  };
}

/** Multiples of 1, 2 or 5 times a power of ten, from 0 to the first at or above `most`. */
export function roundTicks(most: number, wanted: number): readonly number[] {
  const rough = (most > 0 && Number.isFinite(most) ? most : 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.9999) ?? 10);
  const steps = Math.max(1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
].map((seconds) => seconds * 1000);

/** Round times (UTC, in milliseconds) between two times, at most about `wanted` of them. */
export function timeTicks(from: number, to: number, wanted: number): readonly number[] {
  const rough = (to - from) / wanted;
  const days = Math.max(1, Math.ceil(rough / 86_400_000));
  const step = TIME_STEPS.find((candidate) => candidate >= rough) ?? days * 86_400_000;
  const first = Math.ceil(from / step) * step;
  const number = Math.max(0, Math.floor((to - first) / step) + 1);
  return Array.from({ length: number }, (_, i) => first + i * step);
}
