import type { Window } from '../gate-keys.js';
import { openingFor, standingAt, type WindowStanding } from './standing.js';
import { offsetAt } from './zone.js';

const MINUTE_MS = 60_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const DAY_MS = 24 * 60 * MINUTE_MS;

/** `Mon 22:00 Europe/Berlin`; with the date when it is not within six days. */
export function momentText(
  { timezone }: Window,
  about: { readonly at: number; readonly now: number },
): string {
  // The clock on the wall, as if it were one in UTC.
  const wall = new Date(about.at + offsetAt(timezone, about.at));
  const [date = '', time = ''] = wall.toISOString().split('T');
  const isNear = Math.abs(about.at - about.now) < 6 * DAY_MS;
  const day = [WEEKDAYS[wall.getUTCDay()], ...(isNear ? [] : [date])].join(' ');
  return `${day} ${time.slice(0, 5)} ${timezone}`;
}

/** `3 h 20 min`, `2 d 4 h`, `40 s`; rounded up to whole minutes from one minute on. */
export function spanText(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.ceil(ms / 1000)} s`;
  const minutes = Math.ceil(ms / MINUTE_MS);
  const parts = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'min'],
  ] as const;
  const from = parts.findIndex(([count]) => count > 0);
  const shown = parts.slice(from, from + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/** `opens Mon 22:00 Europe/Berlin, in 3 h 20 min`. */
export function opensText(window: Window, { at, now }: { at: number; now: number }): string {
  return `opens ${momentText(window, { at, now })}, in ${spanText(at - now)}`;
}

/** How the window stands, as one sentence without its full stop. */
export function standingText(window: Window, standing: WindowStanding, now: number): string {
  if (standing.isOpen) {
    if (standing.closesAt === null) return 'the window is open';
    const closes = momentText(window, { at: standing.closesAt, now });
    return `the window is open until ${closes}, for ${spanText(standing.closesAt - now)}`;
  }
  const why =
    standing.freeze === null ? 'the window is closed' : `a freeze holds (${standing.freeze.reason})`;
  if (standing.opensAt === null) return `${why}, and it does not open within two years`;
  return `${why}; it ${opensText(window, { at: standing.opensAt, now })}`;
}

/** `; to be over in time it must start by Mon 22:03 Europe/Berlin`; empty where the window does not close. */
export function latestText(window: Window, asked: { now: number; neededMs: number }): string {
  const from = openingFor(window, asked);
  if (from === null) return '; no opening is long enough for it';
  const standing = standingAt(window, from);
  if (!standing.isOpen || standing.closesAt === null) return '';
  const { now, neededMs } = asked;
  const by = momentText(window, { at: standing.closesAt - neededMs, now });
  const opens = momentText(window, { at: from, now });
  // The zone once, and the day once where it is the same.
  const day = opens.slice(0, opens.lastIndexOf(' ', opens.indexOf(':')) + 1);
  const until = by.startsWith(day) ? by.slice(day.length) : by;
  const start =
    from === now ? `by ${by}` : `between ${opens.slice(0, -window.timezone.length - 1)} and ${until}`;
  return `; to be over in time it must start ${start}`;
}
