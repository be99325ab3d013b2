import { type Reading, refuse } from './reading.js';

export const NAME_PATTERN = '^[a-z0-9][a-z0-9._-]{0,62}$';
export const VARIABLE_NAME_PATTERN = '^[A-Za-z_][A-Za-z0-9_]*$';

/** Names end up in branch names, check names and paths; `..` and a final `.lock` or `.` are no branch names. */
export function parseName(text: string): Reading<string> {
  if (isName(text)) return { value: text };
  return refuse(
    'A name is 1 to 63 of the characters a-z, 0-9, `.`, `_` and `-`, begins with a letter or digit, and must be fit for a branch name',
    `Write for example \`${mendName(text)}\`.`,
  );
}

/** The nearest name that the rule allows. */
export function mendName(text: string): string {
  if (isName(text)) return text;
  const mended = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[._-]+/, '')
    .slice(0, 63)
    .replace(/(\.lock)+$/, '')
    .replace(/[._-]+$/, '');
  return isName(mended) ? mended : 'service';
}

/** The known word that `word` was most likely meant to be; null when none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  const wanted = word.toLowerCase();
  const furthest = Math.max(1, Math.floor(wanted.length / 3));
  const ranked = known
    .filter(({ length }) => Math.abs(length - wanted.length) <= furthest)
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= furthest ? best.candidate : null;
}

function isName(text: string): boolean {
  return new RegExp(NAME_PATTERN).test(text) && !/\.\.|\.$|\.lock$/.test(text);
}

/** Number of letters to insert, remove, replace or swap with a neighbour. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped && row > 1 && column > 1 ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
