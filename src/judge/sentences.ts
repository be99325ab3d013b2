/** `5.2 % of 400 requests failed (mostly status 500), the limit is 1 %` */
export function describeShare(found: {
  readonly value: number;
  readonly limit: number;
  readonly total: number;
  readonly failures: Readonly<Record<string, number>>;
}): string {
  const [value, limit] = toldApart(found.value * 100, found.limit * 100);
  const [commonest] = Object.entries(found.failures).sort(([, a], [, b]) => b - a)[0] ?? [];
  const mostly = commonest === undefined || found.value === 0 ? '' : ` (mostly ${commonest})`;
  return `${value} % of ${found.total} requests failed${mostly}, the limit is ${limit} %`;
}

/** `95 % of 400 requests took at most 412 ms, the limit is 300 ms` */
export function describeLatency(found: {
  readonly value: number;
  readonly limit: number;
  readonly total: number;
  readonly quantile: number;
}): string {
  const [value, limit] = toldApart(found.value, found.limit);
  const share = rounded(found.quantile * 100, 4);
  return `${share} % of ${found.total} requests took at most ${value} ms, the limit is ${limit} ms`;
}

/** Rounded for people, but never so far that what is above the limit reads as equal to it. */
function toldApart(value: number, limit: number): readonly [string, string] {
  const shownLimit = rounded(limit, 10);
  for (let digits = 3; digits < 10; digits++) {
    const shown = rounded(value, digits);
    if (shown !== shownLimit || value === limit) return [shown, shownLimit];
  }
  return [rounded(value, 15), shownLimit];
}

function rounded(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}
