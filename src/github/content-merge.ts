import { diffLines, type Hunk, type Reading } from './line-diff.js';

/** The contents of one file in three versions. */
export interface Versions {
  readonly base: Buffer;
  readonly ours: Buffer;
  readonly theirs: Buffer;
}

/** Git takes a file for binary by a NUL in so many of its first bytes. */
const LOOKED_AT = 8_000;

export function isBinary(content: Buffer): boolean {
  return content.subarray(0, LOOKED_AT).includes(0);
}

/**
 * What both sides made of a text file, as git would merge it; null for a conflict: both changed the same lines, or lines
 * that touch, in different ways. Lines are compared byte by byte, line ends included, whatever the encoding.
 */
export function mergeContents({ base, ours, theirs }: Versions): Buffer | null {
  const numbers = new Map<string, number>();
  const sides = {
    base: readLines(base, numbers),
    ours: readLines(ours, numbers),
    theirs: readLines(theirs, numbers),
  };
  const merged = mergeLines(sides, 'forwards');
  // Where lines repeat so often that two readings lead to two results, a person has to choose.
  if (merged === null || merged !== mergeLines(sides, 'backwards')) return null;
  return Buffer.from(merged, 'latin1');
}

interface Sides {
  readonly base: Lines;
  readonly ours: Lines;
  readonly theirs: Lines;
}

function mergeLines(sides: Sides, reading: Reading): string | null {
  let merged = '';
  let at = 0;
  for (const region of regionsOf(sides, reading)) {
    const [mine, other] = [textOf(sides.ours, region.ours), textOf(sides.theirs, region.theirs)];
    if (region.by === 'both' && mine !== other) return null;
    merged += textOf(sides.base, [at, region.base[0]]) + (region.by === 'theirs' ? other : mine);
    at = region.base[1];
  }
  return merged + textOf(sides.base, [at, sides.base.texts.length]);
}

/** One letter a byte, so that no encoding can be broken. */
interface Lines {
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
}

function readLines(content: Buffer, known: Map<string, number>): Lines {
  const texts = content.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const numbers = texts.map((text) => {
    const number = known.get(text) ?? known.size;
    known.set(text, number);
    return number;
  });
  return { texts, numbers };
}

type Span = readonly [start: number, end: number];

/** A part of the base that one side changed, or both. */
interface Region {
  readonly by: 'ours' | 'theirs' | 'both';
  readonly base: Span;
  readonly ours: Span;
  readonly theirs: Span;
}

interface SideHunk extends Hunk {
  readonly by: 'ours' | 'theirs';
}

/** Hunks of the two sides that overlap or touch are one region: where one ends and the other begins is no one's to say. */
function regionsOf(sides: Sides, reading: Reading): Region[] {
  const hunks = (['ours', 'theirs'] as const)
    .flatMap((by) =>
      diffLines(sides.base.numbers, sides[by].numbers, reading).map((hunk): SideHunk => ({ ...hunk, by })),
    )
    .sort((a, b) => a.baseStart - b.baseStart || a.baseEnd - b.baseEnd);
  const regions: Region[] = [];
  // How far each side is ahead of the base after the last of its hunks.
  const ahead = { ours: 0, theirs: 0 };
  for (let index = 0; index < hunks.length; ) {
    const before = { ...ahead };
    const start = hunks[index]?.baseStart ?? 0;
    let end = start;
    const by = new Set<SideHunk['by']>();
    for (let hunk = hunks[index]; hunk !== undefined && hunk.baseStart <= end; hunk = hunks[++index]) {
      end = Math.max(end, hunk.baseEnd);
      by.add(hunk.by);
      ahead[hunk.by] = hunk.otherEnd - hunk.baseEnd;
    }
    const [only] = by;
    regions.push({
      by: by.size === 1 && only !== undefined ? only : 'both',
      base: [start, end],
      ours: [start + before.ours, end + ahead.ours],
      theirs: [start + before.theirs, end + ahead.theirs],
    });
  }
  return regions;
}

function textOf({ texts }: Lines, [start, end]: Span): string {
  return texts.slice(start, end).join('');
}
