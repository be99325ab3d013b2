import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { Breath } from '../../breath.js';
import { BackupProblem, messageOf, systemCode } from '../../problem.js';

/** Something that is there, seen without following links. */
export interface Found {
  /** Relative to the root of the walk, with `/`. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link' | 'special';
  /** What a person calls it: `file`, `named pipe`, `socket`, ... */
  readonly kind: string;
  /** The permission bits. */
  readonly mode: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly dev: number;
  readonly ino: number;
}

interface WalkOptions {
  readonly enters?: (path: string) => boolean;
  readonly passesBy?: ((path: string) => boolean) | undefined;
}

/** `walkNow`, with a breath now and then. */
export async function* walk(
  root: string,
  { signal, ...options }: WalkOptions & { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Found> {
  const breath = new Breath(signal);
  for (const found of walkNow(root, options)) {
    if (breath.isDue()) await breath.take();
    yield found;
  }
}

/**
 * All that lies below `root`, each directory before what it holds, names in the order of their UTF-16 code units.
 * Directories that `enters` refuses are reported and not entered. Symbolic links are reported as links and never
 * followed. What cannot be read is thrown, or left out where `passesBy` says so. Not asynchronous: of a hundred
 * thousand steps the waiting would cost more than the looking.
 */
export function* walkNow(root: string, { enters, passesBy }: WalkOptions = {}): Generator<Found> {
  const orNone = <T>(path: string, work: () => T, none: T): T => {
    try {
      return work();
    } catch (error) {
      if (passesBy?.(path)) return none;
      throw error;
    }
  };
  const open = [{ directory: '', names: namesIn(root, '') }];
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const { directory, names } = last;
    const name = names.pop();
    if (name === undefined) {
      open.pop();
      continue;
    }
    const path = directory === '' ? name : `${directory}/${name}`;
    const found = orNone(path, () => look(root, path), null);
    if (found === null) continue;
    yield found;
    if (found.type === 'directory' && (enters?.(path) ?? true))
      open.push({ directory: path, names: orNone(path, () => namesIn(root, path), []) });
  }
}

export function foundOf(path: string, stat: Stats): Found {
  const { size, mtimeMs, ctimeMs, dev, ino } = stat;
  const { type, kind } = typeOf(stat);
  return { path, type, kind, mode: stat.mode & 0o7777, size, mtimeMs, ctimeMs, dev, ino };
}

/** The last one first, so that they can be taken from the end. */
function namesIn(root: string, directory: string): string[] {
  try {
    const names = readdirSync(`${root}/${directory}`);
    // What is not UTF-8 was replaced by this character; a name may also hold it by itself.
    if (names.some((name) => name.includes('\ufffd'))) refuseForeignNames(root, directory);
    return names.sort().reverse();
  } catch (error) {
    throw error instanceof BackupProblem ? error : unreadable(directory === '' ? root : directory, error);
  }
}

function refuseForeignNames(root: string, directory: string): void {
  for (const name of readdirSync(`${root}/${directory}`, { encoding: 'buffer' })) {
    if (isUtf8(name)) continue;
    throw new BackupProblem(
      'failed',
      `the name ${JSON.stringify(name.toString('latin1'))} in ${JSON.stringify(directory || '.')} is not UTF-8, so a snapshot cannot hold it; rename it, or choose patterns that do not cover its directory`,
    );
  }
}

/** Null for what was gone before it could be looked at: to this walk it was never there. */
function look(root: string, path: string): Found | null {
  try {
    const stat = lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
    return stat === undefined ? null : foundOf(path, stat);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function typeOf(stat: Stats): Pick<Found, 'type' | 'kind'> {
  if (stat.isFile()) return { type: 'file', kind: 'file' };
  if (stat.isDirectory()) return { type: 'directory', kind: 'directory' };
  if (stat.isSymbolicLink()) return { type: 'link', kind: 'symbolic link' };
  if (stat.isFIFO()) return { type: 'special', kind: 'named pipe' };
  if (stat.isSocket()) return { type: 'special', kind: 'socket' };
  return { type: 'special', kind: 'device' };
}

/** Why a path could not be read, told apart: gone, not allowed, or something else. */
export function unreadable(path: string, error: unknown): BackupProblem {
  const name = JSON.stringify(path);
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new BackupProblem(
      'failed',
      `${name} vanished while it was being backed up; stop what changes it, or back up a snapshot of it`,
      error,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new BackupProblem(
      'failed',
      `${name} cannot be read by the user that runs this job; allow it, or choose patterns that do not cover it`,
      error,
    );
  }
  return new BackupProblem('failed', `${name} could not be read: ${messageOf(error)}`, error);
}
