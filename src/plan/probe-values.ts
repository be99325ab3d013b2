import { type Reading, refuse } from './reading.js';

export const RATE_PATTERN = '^\\d+(\\.\\d+)?\\s*/\\s*s$';
export const QUANTILE_PATTERN = '^p\\d{2}(\\.\\d+)?$';
export const STATUS_PATTERN = '^[1-5]\\d\\d(\\s*-\\s*[1-5]\\d\\d)?$';

/** One probe process sends at most this many requests a second to an arm. */
const FASTEST = 1000;

/** Reads `20/s` as requests per second. */
export function parseRate(text: string): Reading<number> {
  const value = new RegExp(RATE_PATTERN).test(text.trim()) ? Number.parseFloat(text) : Number.NaN;
  if (value > 0 && value <= FASTEST) return { value };
  return refuse(
    `A rate is requests per second, above 0 and at most ${FASTEST}`,
    'Write for example `20/s` or `0.5/s`.',
  );
}

/** Reads `p95` as 0.95. */
export function parseQuantile(text: string): Reading<number> {
  const match = /^p(\d+)(?:\.(\d+))?$/.exec(text.trim());
  const value = Number(`${match?.[1] ?? ''}.${match?.[2] ?? '0'}e-2`);
  if (match !== null && value >= 0.5 && value <= 0.999) return { value };
  return refuse('A quantile is from `p50` to `p99.9`', 'Write for example `p95`.');
}

/** Reads `200-399` or `204` as a closed range of status codes. */
export function parseStatus(text: string | number): Reading<readonly [number, number]> {
  const [low, high = low] = String(text)
    .split('-')
    .map((part) => Number(part.trim()));
  const known = new RegExp(STATUS_PATTERN).test(String(text).trim());
  if (known && low !== undefined && high !== undefined && low <= high) return { value: [low, high] };
  return refuse(
    'An expected status is a code from 100 to 599, or a range with the lower one first',
    'Write for example `200`, `200-399` or `[200, 204]`.',
  );
}
