import { tzOffset } from '@date-fns/tz';
import { nearest } from '../names.js';
import { type Reading, refuse } from '../reading.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** An IANA time zone. An offset such as `+01:00` is none: it knows no daylight saving. */
export function parseZone(text: string): Reading<string> {
  const written = text.trim();
  if (/^[A-Za-z]/.test(written) && isKnown(written)) return { value: written };
  const near = nearest(written, Intl.supportedValuesOf('timeZone'));
  return refuse(
    'A time zone is a name of the IANA data base',
    near === null ? 'Write for example `Europe/Berlin` or `UTC`.' : `Did you mean \`${near}\`?`,
  );
}

/** Asked of the platform: `tzOffset` takes any word that ends in an offset. */
function isKnown(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    // The caller says what a zone is.
    return false;
  }
}

/** How far the clock on the wall is ahead of UTC at a moment, in milliseconds. */
export function offsetAt(timezone: string, at: number): number {
  return tzOffset(timezone, new Date(at)) * MINUTE_MS;
}

/** The first moment after `from`, up to and with `to`, at which the clock on the wall is set; null when it is not. */
export function clockChange(
  timezone: string,
  range: { readonly from: number; readonly to: number },
): number | null {
  const before = offsetAt(timezone, range.from);
  for (let day = range.from; day < range.to; day += DAY_MS) {
    const next = Math.min(day + DAY_MS, range.to);
    if (offsetAt(timezone, next) !== before) return changeBetween(timezone, { from: day, to: next }, before);
  }
  return null;
}

function changeBetween(timezone: string, { from, to }: { from: number; to: number }, before: number): number {
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (offsetAt(timezone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}
