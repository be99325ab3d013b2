import { type Reading, refuse } from './reading.js';

/** No job may run longer than five days, and timers of the runtime overflow at about twenty-four. */
const LONGEST_MS = 5 * 24 * 3_600_000;

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** The pattern for the JSON Schema: whole numbers with units from the largest to the smallest, or a bare 0. */
export const DURATION_PATTERN = '^(0|(?=\\d)(\\d+h)?(\\d+m(?!s))?(\\d+s)?(\\d+ms)?)$';

/** Reads `90s`, `1h30m`, `500ms` or `0` as milliseconds. */
export function parseDuration(text: string | number): Reading<number> {
  const written = String(text).trim();
  if (/^\d+(\.\d+)?$/.test(written) && Number(written) !== 0) {
    return refuse(
      'A duration needs a unit: `ms`, `s`, `m` or `h`',
      `Write \`${written}s\` for seconds or \`${written}m\` for minutes.`,
    );
  }
  if (!new RegExp(DURATION_PATTERN).test(written)) {
    return refuse(
      'A duration is whole numbers with the units `h`, `m`, `s`, `ms` in this order',
      'Write for example `90s`, `10m`, `1h30m` or `500ms`.',
    );
  }
  const value = milliseconds(written);
  if (value > LONGEST_MS) {
    return refuse('A duration is at most `120h`, the longest that a job may run', 'Write a shorter time.');
  }
  return { value };
}

/** The inverse of `parseDuration`: the shortest text that reads as exactly `ms` again. */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}

function milliseconds(written: string): number {
  let sum = 0;
  for (const [, count, unit] of written.matchAll(/(\d+)(ms|h|m|s)/g)) {
    const size = UNITS.find(([name]) => name === unit)?.[1] ?? 0;
    sum += Number(count) * size;
  }
  return sum;
}
