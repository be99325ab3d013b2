import type { Freeze, Window } from '../gate-keys.js';
import { frozenBy, isOpenOnWall, nextEdge } from './wall.js';
import { clockChange, offsetAt } from './zone.js';

const DAY_MS = 86_400_000;
/** An opening further away than this is none. */
const FURTHEST_OPENING_MS = 800 * DAY_MS;
/** No release lasts that long, so that a later end does not matter. */
const FURTHEST_CLOSING_MS = 8 * DAY_MS;

/** How a window stands at a moment. Times are milliseconds since 1970, UTC. */
export type WindowStanding =
  /** `closesAt`: null when it stays open for at least eight days. */
  | { readonly isOpen: true; readonly closesAt: number | null }
  /** `opensAt`: null when it does not open within two years. */
  | { readonly isOpen: false; readonly opensAt: number | null; readonly freeze: Freeze | null };

/**
 * A window is open while the clock on the wall of its time zone stands within it: on the night on which that clock
 * leaves out an hour, the window has no such hour, and on the night that repeats one it is open in both.
 */
export function standingAt(window: Window, now: number): WindowStanding {
  if (isOpenAt(window, now)) {
    return { isOpen: true, closesAt: nextChange(window, { now, to: false, within: FURTHEST_CLOSING_MS }) };
  }
  return {
    isOpen: false,
    opensAt: nextChange(window, { now, to: true, within: FURTHEST_OPENING_MS }),
    freeze: frozenBy(window, wallAt(window, now)),
  };
}

/** The next opening in which so much time fits; null when there is none within two years. */
export function openingFor(
  window: Window,
  { now, neededMs }: { now: number; neededMs: number },
): number | null {
  for (let at = now; at - now < FURTHEST_OPENING_MS; ) {
    const standing = standingAt(window, at);
    const opens = standing.isOpen ? at : standing.opensAt;
    if (opens === null) return null;
    const closes = nextChange(window, { now: opens, to: false, within: FURTHEST_CLOSING_MS });
    if (closes === null || closes - opens >= neededMs) return opens;
    at = closes;
  }
  return null;
}

export function isOpenAt(window: Window, at: number): boolean {
  return isOpenOnWall(window, wallAt(window, at));
}

/** What the clock on the wall shows: milliseconds since 1970 as if it showed UTC. */
export function wallAt({ timezone }: Window, at: number): number {
  return at + offsetAt(timezone, at);
}

/** Goes from edge to edge: ranges and freezes begin and end, and the clock on the wall is set. */
function nextChange(window: Window, asked: { now: number; to: boolean; within: number }): number | null {
  for (let at = asked.now; at - asked.now <= asked.within; ) {
    const next = momentAfter(window, at);
    if (next === null) return null;
    if (isOpenAt(window, next) === asked.to) return next;
    at = next;
  }
  return null;
}

function momentAfter(window: Window, at: number): number | null {
  const wall = wallAt(window, at);
  const edge = nextEdge(window, wall);
  if (edge === null) return null;
  const moment = at + (edge - wall);
  return clockChange(window.timezone, { from: at, to: moment }) ?? moment;
}
