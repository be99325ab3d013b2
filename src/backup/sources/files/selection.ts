import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupProblem, listed } from '../../problem.js';
import type { SourceContext } from '../../provider.js';
import { type Pattern, parsePattern } from './patterns.js';
import { isSecretlike } from './secretlike.js';
import { type Found, walk } from './walk.js';

interface Survey {
  readonly patterns: readonly Pattern[];
  /** All that the walk met. */
  readonly seen: readonly Found[];
  /** What the patterns cover. */
  readonly taken: readonly Found[];
}

/**
 * What the patterns take, with the directories that lead to it, a directory before what it holds.
 * All that stands against taking it is told at once.
 */
export async function select(globs: readonly string[], context: SourceContext): Promise<readonly Found[]> {
  const found = await look(globs, context);
  const problems = [
    ...emptyPatterns(found),
    ...specials(found),
    ...(context.isEncrypted ? [] : secrets(found)),
    ...(await unreadables(found, context)),
  ];
  if (problems.length > 0) throw new BackupProblem('failed', problems.join('; '));
  return withParents(found);
}

/** The same without an objection, to compare with. */
export async function survey(globs: readonly string[], context: SourceContext): Promise<readonly Found[]> {
  return withParents(await look(globs, context));
}

async function look(globs: readonly string[], context: SourceContext): Promise<Survey> {
  const patterns = globs.map(parsePattern);
  const seen = await walk(context.workspace, {
    enters: (path) => isWorthEntering(path, patterns) && !isExcluded(path, context),
    signal: context.signal,
  });
  const taken = seen.filter(
    ({ path }) => !isExcluded(path, context) && patterns.some((pattern) => pattern.matches(path)),
  );
  return { patterns, seen, taken };
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
function emptyPatterns({ patterns, seen, taken }: Survey): readonly string[] {
  const contents = taken.filter(({ type }) => type !== 'directory');
  return patterns
    .filter((pattern) => !contents.some(({ path }) => pattern.matches(path)))
    .map(({ text, base }) => {
      const link = seen.find(({ type, path }) => type === 'link' && isWithin(base, path));
      const why =
        link === undefined ? '' : ` (${JSON.stringify(link.path)} is a symbolic link, which is not followed)`;
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
async function unreadables({ taken }: Survey, { workspace }: SourceContext): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { type, path } of taken) {
    if (type !== 'file') continue;
    await access(join(workspace, path), constants.R_OK).catch(() => found.push(path));
  }
  return found.length === 0
    ? []
    : [
        `${listed(found)} cannot be read by the user that runs this job; allow it, or choose patterns that do not cover it`,
      ];
}

function withParents({ taken, seen }: Survey): readonly Found[] {
  const wanted = new Set<string>();
  for (const { path } of taken) {
    for (let at = path; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))) wanted.add(at);
  }
  return seen.filter(({ path }) => wanted.has(path));
}
