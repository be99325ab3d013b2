import { isUtf8 } from 'node:buffer';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupProblem, messageOf, systemCode } from '../../problem.js';

/** Something that is there, seen without following links. */
export interface Found {
  /** Relative to the root of the walk, with `/`. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link' | 'special';
  /** What a person calls it: `file`, `named pipe`, `socket`, ... */
  readonly kind: string;
  readonly stat: BigIntStats;
}

/**
 * All that lies below `root`, a directory before what it holds. Directories that `enters` refuses are reported and
 * not entered. Symbolic links are reported as links and never followed.
 */
export async function walk(
  root: string,
  options: { readonly enters?: (path: string) => boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly Found[]> {
  const found: Found[] = [];
  const visit = async (directory: string) => {
    for (const name of await namesIn(root, directory)) {
      options.signal?.throwIfAborted();
      const path = directory === '' ? name : `${directory}/${name}`;
      const item = await look(root, path);
      if (item === null) continue;
      found.push(item);
      if (item.type === 'directory' && (options.enters?.(path) ?? true)) await visit(path);
    }
  };
  await visit('');
  return found;
}

/** The permission bits and the modification time, in milliseconds. */
export function attributesOf({ stat }: Found): { readonly mode: number; readonly mtimeMs: number } {
  return { mode: Number(stat.mode & 0o7777n), mtimeMs: Math.round(Number(stat.mtimeNs) / 1e6) };
}

async function namesIn(root: string, directory: string): Promise<readonly string[]> {
  const names = await readdir(join(root, directory), { encoding: 'buffer' }).catch((error: unknown) => {
    throw unreadable(directory === '' ? root : directory, error);
  });
  return names.map((name) => {
    if (isUtf8(name)) return name.toString('utf8');
    throw new BackupProblem(
      'failed',
      `the name ${JSON.stringify(name.toString('latin1'))} in ${JSON.stringify(directory || '.')} is not UTF-8, so a snapshot cannot hold it; rename it, or choose patterns that do not cover its directory`,
    );
  });
}

/** Null for what was gone before it could be looked at: to this walk it was never there. */
async function look(root: string, path: string): Promise<Found | null> {
  try {
    const stat = await lstat(join(root, path), { bigint: true });
    return { path, stat, ...typeOf(stat) };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw unreadable(path, error);
  }
}

function typeOf(stat: BigIntStats): Pick<Found, 'type' | 'kind'> {
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
