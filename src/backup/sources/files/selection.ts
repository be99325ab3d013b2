import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { Breath } from '../../breath.js';
import { BackupProblem, listed } from '../../problem.js';
import type { SourceContext } from '../../provider.js';
import { type Pattern, parsePattern } from './patterns.js';
import { isSecretlike } from './secretlike.js';
import { type Found, walk } from './walk.js';

interface Survey {
  readonly patterns: readonly Pattern[];
  /** What the patterns cover, with the directories that lead to it. */
  readonly taken: readonly Found[];
  /** Symbolic links that were met, covered or not. */
  readonly links: readonly string[];
}

/**
 * What the patterns take, with the directories that lead to it, a directory before what it holds.
 * All that stands against taking it is told at once.
 */
export async function select(globs: readonly string[], context: SourceContext): Promise<readonly Found[]> {
  const links: string[] = [];
  const taken: Found[] = [];
  const patterns = globs.map(parsePattern);
  for await (const found of covered(patterns, context, (link) => links.push(link))) taken.push(found);
  const survey: Survey = { patterns, taken, links };
  const problems = [
    ...emptyPatterns(survey),
    ...specials(survey),
    ...(context.isEncrypted ? [] : secrets(survey)),
    ...(await unreadables(survey, context)),
  ];
  if (problems.length > 0) throw new BackupProblem('failed', problems.join('; '));
  return taken;
}

/** The same in the same order, without an objection, to compare with. */
export function survey(globs: readonly string[], context: SourceContext): AsyncGenerator<Found> {
  return covered(globs.map(parsePattern), context);
}

async function* covered(
  patterns: readonly Pattern[],
  context: SourceContext,
  onLink: (path: string) => void = () => undefined,
): AsyncGenerator<Found> {
  const walking = walk(context.workspace, {
    enters: (path) => isWorthEntering(path, patterns) && !isExcluded(path, context),
    signal: context.signal,
  });
  /** Directories that lead to where the walk is; they count once something in them does. */
  let leading: Found[] = [];
  for await (const found of walking) {
    if (found.type === 'link') onLink(found.path);
    leading = leading.filter(({ path }) => isWithin(found.path, path));
    if (patterns.some((pattern) => pattern.matches(found.path)) && !isExcluded(found.path, context)) {
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
  return excluded.some((directory) => isWithin(join(workspace, path), directory));
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** A directory alone does not count: an empty one is what a disk that failed to mount looks like. */
function emptyPatterns({ patterns, taken, links }: Survey): readonly string[] {
  const unused = new Set(patterns);
  for (const { path, type } of taken) {
    if (unused.size === 0) break;
    if (type === 'directory') continue;
    for (const pattern of unused) if (pattern.matches(path)) unused.delete(pattern);
  }
  return [...unused].map(({ text, base }) => {
    const link = links.find((path) => isWithin(base, path));
    const why =
      link === undefined ? '' : ` (${JSON.stringify(link)} is a symbolic link, which is not followed)`;
    return `the pattern ${JSON.stringify(text)} matches no file${why}; mend or remove it`;
  });
}

function specials({ taken }: Survey): readonly string[] {
  const found = taken.filter(({ type }) => type === 'special').map(({ path, kind }) => `${path} (${kind})`);
  return found.length === 0
    ? []
    : [
        `${listed(found)} cannot be backed up: only files, directories and symbolic links can; choose patterns that do not cover it`,
      ];
}

function secrets({ taken, patterns }: Survey): readonly string[] {
  const found = taken
    .filter(
      ({ type, path }) =>
        type === 'file' && isSecretlike(path) && !patterns.some((pattern) => pattern.names(path)),
    )
    .map(({ path }) => path);
  return found.length === 0
    ? []
    : [
        `${listed(found)} looks like a secret by its name, and the store is not encrypted; list it by its full path if it must be backed up, or choose patterns that do not cover it`,
      ];
}

/** Asked before anything is read, so that all of them are named at once and not one a release. */
async function unreadables(
  { taken }: Survey,
  { workspace, signal }: SourceContext,
): Promise<readonly string[]> {
  const found: string[] = [];
  const breath = new Breath(signal);
  for (const { type, path } of taken) {
    if (breath.isDue()) await breath.take();
    if (type === 'file' && !isReadable(join(workspace, path))) found.push(path);
  }
  return found.length === 0
    ? []
    : [
        `${listed(found)} cannot be read by the user that runs this job; allow it, or choose patterns that do not cover it`,
      ];
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
