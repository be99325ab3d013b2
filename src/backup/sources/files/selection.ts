import { Breath } from '../../breath.js';
import { BackupProblem } from '../../problem.js';
import type { SourceContext } from '../../provider.js';
import { Objections } from './objections.js';
import { type Pattern, parsePattern } from './patterns.js';
import { isOfRestore } from './place.js';
import { Stamps } from './stamps.js';
import { type Found, walkNow } from './walk.js';

/**
 * Looks at what the patterns take, with the directories that lead to it. All that stands against taking it is told at
 * once. Returns what was seen of each entry, in order.
 */
export async function select(globs: readonly string[], context: SourceContext): Promise<Stamps> {
  const patterns = globs.map(parsePattern);
  const stamps = new Stamps();
  const objections = new Objections(patterns, context);
  const onLink = (link: string) => objections.noteLink(link);
  const breath = new Breath(context.signal);
  for (const found of covered(patterns, context, { onLink })) {
    if (breath.isDue()) await breath.take();
    stamps.push(found);
    objections.look(found);
  }
  const problems = objections.all();
  if (problems.length > 0) throw new BackupProblem('failed', problems.join('; '));
  return stamps;
}

/** The same in the same order, without an objection, to compare with. */
export function survey(globs: readonly string[], context: SourceContext): Generator<Found> {
  return covered(globs.map(parsePattern), context);
}

/** The same of what may be broken: what the patterns cover and nobody can read is left out, with all below it. */
export function surveyBroken(globs: readonly string[], context: SourceContext): Generator<Found> {
  return covered(globs.map(parsePattern), context, { passesByCovered: true });
}

function* covered(
  patterns: readonly Pattern[],
  context: SourceContext,
  how: { readonly onLink?: (path: string) => void; readonly passesByCovered?: boolean } = {},
): Generator<Found> {
  const isCovered = (path: string) => patterns.some((pattern) => pattern.matches(path));
  const walking = walkNow(context.workspace, {
    enters: (path) => isWorthEntering(path, patterns) && !isExcluded(path, context),
    passesBy: how.passesByCovered ? isCovered : undefined,
  });
  /** Directories that lead to where the walk is; they count once something in them does. */
  let leading: Found[] = [];
  /** A directory that is covered, and so is all below it: no pattern need be asked again. */
  let whole = '\0';
  for (const found of walking) {
    const { path, type } = found;
    if (type === 'link') how.onLink?.(path);
    if (leading.length > 0) leading = leading.filter((one) => isWithin(path, one.path));
    const isBelow = path.startsWith(whole);
    if ((isBelow || isCovered(path)) && !isExcluded(path, context)) {
      if (type === 'directory' && !isBelow) whole = `${path}/`;
      yield* leading;
      leading = [];
      yield found;
    } else if (type === 'directory') leading.push(found);
  }
}

function isWorthEntering(path: string, patterns: readonly Pattern[]): boolean {
  return patterns.some(({ base }) => base === '' || isWithin(path, base) || isWithin(base, path));
}

function isExcluded(path: string, { workspace, excluded }: SourceContext): boolean {
  if (isOfRestore(path)) return true;
  return excluded.some((directory) => isWithin(`${workspace}/${path}`, directory));
}

export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
