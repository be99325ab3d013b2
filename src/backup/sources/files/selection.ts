import { BackupProblem } from '../../problem.js';
import type { SourceContext } from '../../provider.js';
import { Objections } from './objections.js';
import { type Pattern, parsePattern } from './patterns.js';
import { isOfRestore } from './place.js';
import { Stamps } from './stamps.js';
import { type Found, walk } from './walk.js';

/**
 * Looks at what the patterns take, with the directories that lead to it. All that stands against taking it is told at
 * once. Returns what was seen of each entry, in order.
 */
export async function select(globs: readonly string[], context: SourceContext): Promise<Stamps> {
  const patterns = globs.map(parsePattern);
  const stamps = new Stamps();
  const objections = new Objections(patterns, context);
  const onLink = (link: string) => objections.noteLink(link);
  for await (const found of covered(patterns, context, { onLink })) {
    stamps.push(found);
    objections.look(found);
  }
  const problems = objections.all();
  if (problems.length > 0) throw new BackupProblem('failed', problems.join('; '));
  return stamps;
}

/** The same in the same order, without an objection, to compare with. */
export function survey(globs: readonly string[], context: SourceContext): AsyncGenerator<Found> {
  return covered(globs.map(parsePattern), context);
}

/** The same of what may be broken: what the patterns cover and nobody can read is left out, with all below it. */
export function surveyBroken(globs: readonly string[], context: SourceContext): AsyncGenerator<Found> {
  return covered(globs.map(parsePattern), context, { passesByCovered: true });
}

async function* covered(
  patterns: readonly Pattern[],
  context: SourceContext,
  how: { readonly onLink?: (path: string) => void; readonly passesByCovered?: boolean } = {},
): AsyncGenerator<Found> {
  const isCovered = (path: string) => patterns.some((pattern) => pattern.matches(path));
  const walking = walk(context.workspace, {
    enters: (path) => isWorthEntering(path, patterns) && !isExcluded(path, context),
    passesBy: how.passesByCovered ? isCovered : undefined,
    signal: context.signal,
  });
  /** Directories that lead to where the walk is; they count once something in them does. */
  let leading: Found[] = [];
  for await (const found of walking) {
    if (found.type === 'link') how.onLink?.(found.path);
    leading = leading.filter(({ path }) => isWithin(found.path, path));
    if (isCovered(found.path) && !isExcluded(found.path, context)) {
      yield* leading;
      leading = [];
      yield found;
    } else if (found.type === 'directory') leading.push(found);
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
