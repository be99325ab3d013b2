import { diffIndices } from 'node-diff3';
import { settleRuns } from './line-runs.js';

/** Lines `baseStart` up to `baseEnd` of the base (half-open, from 0) became those lines of the other version. */
export interface Hunk {
  readonly baseStart: number;
  readonly baseEnd: number;
  readonly otherStart: number;
  readonly otherEnd: number;
}

/** A line that occurs more often in a stretch of the base is no anchor. */
const OFTEN = 64;
/** Pairs of lines that are compared in a stretch without an anchor; beyond that it would take seconds. */
const PAIRS = 25_000_000;

/** From which end a stretch without an anchor is aligned. */
export type Reading = 'forwards' | 'backwards';

/**
 * How one version came from another, as runs of changed lines, in order. Lines are numbers, equal for equal lines.
 *
 * This is a histogram diff, since git's merge aligns files by one: of all runs of equal lines that hold the rarest
 * line, the longest is the anchor, and what stands before and after it is aligned in the same way. Which of several
 * possible alignments is taken decides what a merge makes of files with repeated lines, so the order of preference is
 * git's. A stretch where even the rarest common line is no anchor is aligned by a longest common subsequence, of
 * which there may be many: `reading` gives one of two.
 */
export function diffLines(
  base: readonly number[],
  other: readonly number[],
  reading: Reading = 'forwards',
): readonly Hunk[] {
  const changed = { base: new Uint8Array(base.length), other: new Uint8Array(other.length) };
  const open: Stretch[] = [{ base: [0, base.length], other: [0, other.length] }];
  for (let stretch = open.pop(); stretch !== undefined; stretch = open.pop()) {
    const anchor = findAnchor({ base, other }, stretch);
    if (anchor === null) {
      for (const part of unlikeParts({ base, other }, stretch, reading)) {
        changed.base.fill(1, ...part.base);
        changed.other.fill(1, ...part.other);
      }
      continue;
    }
    open.push(
      { base: [stretch.base[0], anchor.base[0]], other: [stretch.other[0], anchor.other[0]] },
      { base: [anchor.base[1], stretch.base[1]], other: [anchor.other[1], stretch.other[1]] },
    );
  }
  settleRuns({ lines: base, changed: changed.base }, { lines: other, changed: changed.other });
  settleRuns({ lines: other, changed: changed.other }, { lines: base, changed: changed.base });
  return hunksOf(changed);
}

type Span = readonly [start: number, end: number];

/** Parts of the two versions that have still to be aligned, or that match line by line. */
interface Stretch {
  readonly base: Span;
  readonly other: Span;
}

interface Versions {
  readonly base: readonly number[];
  readonly other: readonly number[];
}

function findAnchor(versions: Versions, stretch: Stretch): Stretch | null {
  const places = placesOf(versions.base, stretch.base);
  let best: Stretch | null = null;
  let length = 1;
  let rarity = OFTEN + 1;
  for (let at = stretch.other[0], next = at; at < stretch.other[1]; at = next) {
    next = at + 1;
    const found = places.get(versions.other[at] ?? -1) ?? [];
    if (found.length > rarity) continue;
    let covered = 0;
    for (const place of found) {
      if (place < covered) continue;
      const match = extended(versions, stretch, { base: place, other: at });
      covered = match.base[1];
      next = Math.max(next, match.other[1]);
      const rarest = rarestOf(versions.base, match.base, places);
      if (lengthOf(match) <= length && rarest >= rarity) continue;
      [best, length, rarity] = [match, lengthOf(match), rarest];
    }
  }
  return rarity > OFTEN ? null : best;
}

/** Where each line stands in a part of the base, in order. */
function placesOf(lines: readonly number[], [start, end]: Span): ReadonlyMap<number, readonly number[]> {
  const places = new Map<number, number[]>();
  for (let at = start; at < end; at++) {
    const line = lines[at] ?? -1;
    const known = places.get(line);
    if (known === undefined) places.set(line, [at]);
    else known.push(at);
  }
  return places;
}

/** The longest run of equal lines around a pair of equal ones. */
function extended({ base, other }: Versions, within: Stretch, at: { base: number; other: number }): Stretch {
  let back = 0;
  while (
    at.base - back > within.base[0] &&
    at.other - back > within.other[0] &&
    base[at.base - back - 1] === other[at.other - back - 1]
  ) {
    back += 1;
  }
  let on = 1;
  while (
    at.base + on < within.base[1] &&
    at.other + on < within.other[1] &&
    base[at.base + on] === other[at.other + on]
  ) {
    on += 1;
  }
  return { base: [at.base - back, at.base + on], other: [at.other - back, at.other + on] };
}

/** What differs in a stretch without an anchor. */
function unlikeParts(versions: Versions, stretch: Stretch, reading: Reading): readonly Stretch[] {
  const { base, other } = withoutEqualEnds(versions, stretch);
  const [baseSize, otherSize] = [base[1] - base[0], other[1] - other[0]];
  if (baseSize * otherSize > PAIRS) return [{ base, other }];
  const lines = [versions.base.slice(...base), versions.other.slice(...other)] as const;
  if (reading === 'forwards') {
    return diffIndices(...lines).map(({ buffer1: [at, size], buffer2: [to, length] }) => ({
      base: [base[0] + at, base[0] + at + size],
      other: [other[0] + to, other[0] + to + length],
    }));
  }
  return diffIndices(lines[0].reverse(), lines[1].reverse()).map(
    ({ buffer1: [at, size], buffer2: [to, length] }) => ({
      base: [base[1] - at - size, base[1] - at],
      other: [other[1] - to - length, other[1] - to],
    }),
  );
}

function withoutEqualEnds({ base, other }: Versions, stretch: Stretch): Stretch {
  let [baseStart, baseEnd] = stretch.base;
  let [otherStart, otherEnd] = stretch.other;
  for (; baseStart < baseEnd && otherStart < otherEnd && base[baseStart] === other[otherStart]; baseStart++) {
    otherStart += 1;
  }
  for (
    ;
    baseStart < baseEnd && otherStart < otherEnd && base[baseEnd - 1] === other[otherEnd - 1];
    baseEnd--
  ) {
    otherEnd -= 1;
  }
  return { base: [baseStart, baseEnd], other: [otherStart, otherEnd] };
}

function rarestOf(
  lines: readonly number[],
  [start, end]: Span,
  places: ReadonlyMap<number, readonly number[]>,
): number {
  let rarest = Number.POSITIVE_INFINITY;
  for (let at = start; at < end && rarest > 1; at++) {
    rarest = Math.min(rarest, places.get(lines[at] ?? -1)?.length ?? 0);
  }
  return rarest;
}

function lengthOf({ base }: Stretch): number {
  return base[1] - base[0];
}

function hunksOf(changed: { readonly base: Uint8Array; readonly other: Uint8Array }): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let [atBase, atOther] = [0, 0];
  while (atBase < changed.base.length || atOther < changed.other.length) {
    const [baseStart, otherStart] = [atBase, atOther];
    while (changed.base[atBase] === 1) atBase += 1;
    while (changed.other[atOther] === 1) atOther += 1;
    if (atBase > baseStart || atOther > otherStart) {
      hunks.push({ baseStart, baseEnd: atBase, otherStart, otherEnd: atOther });
    }
    atBase += 1;
    atOther += 1;
  }
  return hunks;
}
