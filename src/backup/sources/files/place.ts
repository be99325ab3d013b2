import { dirname } from 'node:path/posix';
import { isToken } from '../../leftovers.js';
import { type Pattern, parsePattern } from './patterns.js';
import { statIfThere } from './stat.js';

/** What a restore makes beside live files begins so, and is never part of a backup. */
const PREFIX = '.gated-release-';

export function isOfRestore(path: string): boolean {
  return path.startsWith(PREFIX, path.lastIndexOf('/') + 1);
}

/** Whether a name is that of such a directory for one source. */
export function isPlaceOf(entry: string, source: string): boolean {
  return (
    entry.startsWith(PREFIX) &&
    isToken(entry.slice(PREFIX.length, -1 - source.length)) &&
    entry.endsWith(`-${source}`)
  );
}

/** Where a restore keeps what it is about to put in place, and what it puts aside. All paths are absolute. */
export interface Place {
  /** Relative to the workspace; all that the patterns cover lies below it. */
  readonly home: string;
  readonly directory: string;
  /** Paths below these are those below the workspace. */
  readonly restored: string;
  readonly before: string;
  /** What is to be swapped: written last, when all of it is there and proved. */
  readonly units: string;
  readonly script: string;
}

/**
 * A directory right beside what is to be replaced: on the same file system, where a rename moves no byte. It is in the
 * nearest directory above all that the patterns cover, `home`, or above that one where it is missing.
 */
export function placeFor(
  globs: readonly string[],
  { workspace, name, token }: { readonly workspace: string; readonly name: string; readonly token: string },
): Place {
  const homes = upwards(homeOf(globs.map(parsePattern)));
  const at = (home: string): Place => {
    const directory = joined(workspace, home, `${PREFIX}${token}-${name}`);
    return {
      ...{ home, directory, restored: `${directory}/restored`, before: `${directory}/before` },
      ...{ units: `${directory}/units`, script: `${directory}/swap.sh` },
    };
  };
  // What was begun is found again although a home that was missing is there by now.
  const begun = homes.find((home) => isDirectory(at(home).directory));
  return at(begun ?? homes.find((home) => isDirectory(joined(workspace, home))) ?? '');
}

function homeOf(patterns: readonly Pattern[]): string {
  const homes = patterns.map(({ base, matches }) =>
    base !== '' && matches(base) ? dirname(base) : base || '.',
  );
  const [first = '.', ...others] = homes;
  return upwards(first === '.' ? '' : first).find((home) => others.every((one) => isBelow(one, home))) ?? '';
}

function isBelow(path: string, directory: string): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`);
}

/** `a/b`, `a` and the workspace itself. */
function upwards(path: string): readonly string[] {
  if (path === '') return [''];
  const up = dirname(path);
  return [path, ...upwards(up === '.' ? '' : up)];
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}

function isDirectory(path: string): boolean {
  return statIfThere(path)?.isDirectory() ?? false;
}
