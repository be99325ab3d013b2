import type { WeekRange } from '../gate-keys.js';
import { type Reading, refuse } from '../reading.js';

export const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const DAY = `(?:${DAYS.join('|')})`;
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d';

/** Days with their ranges (`Mon-Thu`, `Sat,Sun`; none: every day), then `from-to` on a clock of 24 hours. */
export const RANGE_PATTERN = `^(${DAY}(-${DAY})?(,\\s*${DAY}(-${DAY})?)*\\s+)?${TIME}\\s*-\\s*(${TIME}|24:00)$`;

const EXAMPLE =
  'Write for example `Mon-Thu 22:00-05:00`, `Sat,Sun 08:00-12:00`, or `06:00-18:00` for every day.';

/** Reads `Mon-Thu 22:00-05:00`. A range that ends at or before its beginning goes on into the next day. */
export function parseRange(text: string): Reading<WeekRange> {
  const written = text.trim();
  const [, days = '', from = '', to = ''] =
    /^(?:([A-Za-z,\s-]*?)\s+)?(\d\d?:\d\d)\s*-\s*(\d\d?:\d\d)$/.exec(written) ?? [];
  if (!new RegExp(RANGE_PATTERN, 'i').test(written)) {
    return refuse('A window is days of the week and two times of day', EXAMPLE);
  }
  if (from === to) {
    return refuse(
      'A window ends at another time than it begins: this one would never open',
      'For a whole day write `00:00-24:00`.',
    );
  }
  return { value: { text: written, days: daysOf(days), from: minutesOf(from), to: minutesOf(to) } };
}

function daysOf(text: string): number[] {
  if (text === '') return DAYS.map((_, index) => index + 1);
  const all = text.split(',').flatMap((part) => {
    const [first = '', last = first] = part.split('-').map((day) => day.trim());
    return between(dayNumber(first), dayNumber(last));
  });
  return [...new Set(all)].sort((a, b) => a - b);
}

/** `Sat-Mon` goes over the end of the week. */
function between(first: number, last: number): number[] {
  const count = ((last - first + 7) % 7) + 1;
  return Array.from({ length: count }, (_, index) => ((first - 1 + index) % 7) + 1);
}

function dayNumber(name: string): number {
  return DAYS.findIndex((day) => day.toLowerCase() === name.toLowerCase()) + 1;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
