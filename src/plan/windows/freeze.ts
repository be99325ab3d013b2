import type { Freeze } from '../gate-keys.js';
import { type Reading, refuse } from '../reading.js';

export const MOMENT_PATTERN = '^\\d{4}-\\d{2}-\\d{2}([ T]\\d{2}:\\d{2})?$';

const DAY_MS = 86_400_000;
const EXAMPLE = 'Write for example `2026-12-18`, or `2026-12-18 18:00`.';

/** A day, or a minute of it, by the clock on the wall. */
export interface Moment {
  readonly text: string;
  /** Milliseconds since 1970 as if the wall's clock showed UTC. */
  readonly at: number;
  readonly isDay: boolean;
}

export function parseMoment(text: string): Reading<Moment> {
  const written = text.trim();
  if (!new RegExp(MOMENT_PATTERN).test(written)) {
    return refuse('A freeze begins and ends on a date, perhaps with a time of day', EXAMPLE);
  }
  const [date = '', time = '00:00'] = written.split(/[ T]/);
  const at = Date.parse(`${date}T${time}:00Z`);
  // A date that does not exist either cannot be read or is carried over into the next month.
  if (!Number.isFinite(at) || new Date(at).toISOString().slice(0, 10) !== date) {
    return refuse('This date or time does not exist', EXAMPLE);
  }
  return { value: { text: written, at, isDay: !/[ T]/.test(written) } };
}

/** Both days belong to the freeze; a time of day is the moment itself. */
export function freezeOf(written: {
  readonly from: Moment;
  readonly to: Moment;
  readonly reason: string;
}): Reading<Freeze> {
  const { from, to, reason } = written;
  const end = to.isDay ? to.at + DAY_MS : to.at;
  if (end <= from.at) {
    return refuse(
      `A freeze ends after it begins, and this one would end (${to.text}) before it begins (${from.text})`,
      'Exchange `from` and `to`, or correct the year.',
    );
  }
  return { value: { from: from.at, to: end, reason } };
}
