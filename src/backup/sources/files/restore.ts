import { createWriteStream } from 'node:fs';
import { chmod, lutimes, mkdir, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Entry } from '../../entry.js';
import { pool } from '../../pool.js';
import { BackupProblem, messageOf, systemCode } from '../../problem.js';
import type { RestoreContext, StoredSnapshot } from '../../provider.js';

type OfType<T extends Entry['type']> = Extract<Entry, { type: T }>;

/** Files at a time: enough to keep a disk busy, few enough to need little memory. */
const LANES = 8;

/**
 * Rebuilds the tree in the scratch directory. Order: directories, files, links, then the directories' modes and
 * times. No link is there while files are written, so none can lead a write out of the directory; and a read-only
 * directory becomes so only when it is full.
 */
export async function restoreTree(stored: StoredSnapshot, context: RestoreContext): Promise<void> {
  const { entries } = stored.snapshot;
  const directories = entries.filter((entry) => entry.type === 'directory');
  for (const { path } of directories)
    await step(path, () => mkdir(join(context.scratch, path), { mode: 0o700 }));
  const files = entries.filter((entry) => entry.type === 'file');
  await pool(files, LANES, (file) => step(file.path, () => restoreFile(file, stored, context)));
  const links = entries.filter((entry) => entry.type === 'link');
  for (const link of links) await step(link.path, () => restoreLink(link, context.scratch));
  for (const { path, mode, mtimeMs } of directories.toReversed()) {
    await step(path, () => settle(join(context.scratch, path), mode, mtimeMs));
  }
}

async function restoreFile(
  file: OfType<'file'>,
  stored: StoredSnapshot,
  context: RestoreContext,
): Promise<void> {
  context.signal?.throwIfAborted();
  const path = join(context.scratch, file.path);
  const options = context.signal === undefined ? {} : { signal: context.signal };
  await pipeline(stored.read(file), createWriteStream(path, { flags: 'wx', mode: 0o600 }), options);
  await settle(path, file.mode, file.mtimeMs);
}

async function restoreLink({ path, target, mtimeMs }: OfType<'link'>, scratch: string): Promise<void> {
  await symlink(target, join(scratch, path));
  await lutimes(join(scratch, path), mtimeMs / 1000, mtimeMs / 1000);
}

/** The times last: changing a mode does not touch them, writing does. */
async function settle(path: string, mode: number, mtimeMs: number): Promise<void> {
  await chmod(path, mode);
  await utimes(path, mtimeMs / 1000, mtimeMs / 1000);
}

async function step(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof BackupProblem || systemCode(error) === 'ABORT_ERR') throw error;
    throw new BackupProblem(
      'failed',
      `${JSON.stringify(path)} could not be restored into scratch space: ${messageOf(error)}; see to room and permission there, or set TMPDIR to another directory`,
      error,
    );
  }
}
