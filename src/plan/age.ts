import { parseDuration } from './duration.js';
import { type Reading, refuse } from './reading.js';

const DAY_MS = 86_400_000;
const MOST_DAYS = 366;

/** How long ago something may be: days such as `7d`, or a duration. */
export const AGE_PATTERN = '^(\\d+d|(?=\\d)(\\d+h)?(\\d+m(?!s))?(\\d+s)?(\\d+ms)?)$';

export function parseAge(text: string): Reading<number> {
  const days = /^(\d+)d$/.exec(text.trim())?.[1];
  if (days === undefined) {
    const reading = parseDuration(text);
    if ('value' in reading && reading.value > 0) return reading;
    return refuse(
      'An age is whole days, or hours and minutes, above zero',
      'Write for example `7d` or `36h`.',
    );
  }
  if (Number(days) >= 1 && Number(days) <= MOST_DAYS) return { value: Number(days) * DAY_MS };
  return refuse(`An age is from 1 to ${MOST_DAYS} days`, 'Write for example `7d`.');
}
