import type { Window } from '../gate-keys.js';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** 1970 began on a Thursday: so far is it from the Monday before. */
const EPOCH_MINUTES = 3 * DAY_MINUTES;

/** A range as minutes since Monday 00:00; `end` may lie in the next week. */
interface Stretch {
  readonly begin: number;
  readonly end: number;
}

/** Whether the clock on the wall stands within the window. `wall` is milliseconds as if that clock showed UTC. */
export function isOpenOnWall(window: Window, wall: number): boolean {
  return frozenBy(window, wall) === null && isInWeek(window, minuteOfWeek(wall));
}

/** The freeze that holds at this time, null when there is none; of several the one that lasts longest. */
export function frozenBy(window: Window, wall: number): Window['freeze'][number] | null {
  const holding = window.freeze.filter(({ from, to }) => from <= wall && wall < to);
  return holding.sort((a, b) => b.to - a.to)[0] ?? null;
}

/** The first time on the wall after this one at which a range or a freeze begins or ends; null when none does. */
export function nextEdge(window: Window, wall: number): number | null {
  const minute = Math.floor(wall / MINUTE_MS);
  const intoWeek = minuteOfWeek(wall);
  const edges = stretches(window).flatMap(({ begin, end }) => [begin, end]);
  const inWeek = edges.map((edge) => {
    const ahead = (((edge - intoWeek) % WEEK_MINUTES) + WEEK_MINUTES) % WEEK_MINUTES;
    return (minute + (ahead === 0 ? WEEK_MINUTES : ahead)) * MINUTE_MS;
  });
  const moments = window.freeze.flatMap(({ from, to }) => [from, to]).filter((edge) => edge > wall);
  const all = [...inWeek, ...moments];
  return all.length === 0 ? null : Math.min(...all);
}

/** Each minute of the week, from Monday 00:00, and whether it is open; freezes are left out. */
export function weekOf(window: Window): readonly boolean[] {
  const week = new Array<boolean>(WEEK_MINUTES).fill(window.open === null);
  for (const { begin, end } of stretches(window)) {
    for (let minute = begin; minute < end; minute++) week[minute % WEEK_MINUTES] = true;
  }
  return week;
}

/** The longest time that the window stays open, in milliseconds of the wall's clock; infinite when it never closes. */
export function longestOpening(window: Window): number {
  const week = weekOf(window);
  if (week.every(Boolean)) return Number.POSITIVE_INFINITY;
  let [longest, run] = [0, 0];
  for (let minute = 0; minute < 2 * WEEK_MINUTES; minute++) {
    run = week[minute % WEEK_MINUTES] ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest * MINUTE_MS;
}

function isInWeek(window: Window, minute: number): boolean {
  if (window.open === null) return true;
  return stretches(window).some(
    ({ begin, end }) => (begin <= minute && minute < end) || minute + WEEK_MINUTES < end,
  );
}

function stretches({ open }: Window): Stretch[] {
  return (open ?? []).flatMap(({ days, from, to }) =>
    days.map((day) => {
      const begin = (day - 1) * DAY_MINUTES + from;
      return { begin, end: begin + (to > from ? to - from : to - from + DAY_MINUTES) };
    }),
  );
}

function minuteOfWeek(wall: number): number {
  const minute = Math.floor(wall / MINUTE_MS) + EPOCH_MINUTES;
  return ((minute % WEEK_MINUTES) + WEEK_MINUTES) % WEEK_MINUTES;
}
