import type { Freeze, Window } from '../plan/gate-keys.js';
import { weekOf } from '../plan/windows/wall.js';
import { offsetAt } from '../plan/windows/zone.js';

const HOUR_MS = 3_600_000;
const TWO_YEARS_MS = 730 * 24 * HOUR_MS;

/** Where a window is open at more times than before, as sentences. */
export function windowLoosened(before: Window | null, after: Window | null, now: number): readonly string[] {
  if (before === null) return [];
  if (after === null) return ['the window is gone: releases may begin at any time'];
  if (!isSameClock(before.timezone, after.timezone, now))
    return [`the window is one of ${after.timezone}, no longer of ${before.timezone}`];
  const was = weekOf(before);
  const isWider = weekOf(after).some((isOpen, minute) => isOpen && !was[minute]);
  const thawed = before.freeze.filter((freeze) => freeze.to > now && !isCovered(freeze, after.freeze));
  return [
    ...(isWider ? ['the window is open at more times'] : []),
    ...thawed.map(({ reason }) => `the freeze “${reason}” is gone or shorter`),
  ];
}

/** One zone has several names, and which of them is the first one differs between versions of the data base. */
function isSameClock(before: string, after: string, now: number): boolean {
  if (before === after) return true;
  for (let at = now; at < now + TWO_YEARS_MS; at += 6 * HOUR_MS)
    if (offsetAt(before, at) !== offsetAt(after, at)) return false;
  return true;
}

/** By one freeze, or by several that adjoin. */
function isCovered({ from, to }: Freeze, by: readonly Freeze[]): boolean {
  let covered = from;
  while (covered < to) {
    const start = covered;
    const next = by.filter((one) => one.from <= start && one.to > start).map((one) => one.to);
    if (next.length === 0) return false;
    covered = Math.max(...next);
  }
  return true;
}
