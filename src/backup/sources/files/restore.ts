import { chmod, type FileHandle, lutimes, mkdir, open, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAll } from '../../chunks.js';
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
  for (const directory of directories.toReversed()) {
    await step(directory.path, () => settleDirectory(join(context.scratch, directory.path), directory));
  }
}

async function restoreFile(
  entry: OfType<'file'>,
  stored: StoredSnapshot,
  { scratch, signal }: RestoreContext,
): Promise<void> {
  signal?.throwIfAborted();
  const file = await open(join(scratch, entry.path), 'wx', 0o600);
  try {
    for await (const chunk of stored.read(entry)) await writeAll(file, chunk);
    await settle(file, entry);
  } finally {
    await file.close();
  }
}

async function restoreLink({ path, target, mtimeMs }: OfType<'link'>, scratch: string): Promise<void> {
  await symlink(target, join(scratch, path));
  await lutimes(join(scratch, path), new Date(mtimeMs), new Date(mtimeMs));
}

/** Times are given as dates, since as numbers those before 1970 would be taken for now. */
async function settle(file: FileHandle, { mode, mtimeMs }: { mode: number; mtimeMs: number }): Promise<void> {
  await file.chmod(mode);
  await file.utimes(new Date(mtimeMs), new Date(mtimeMs));
}

async function settleDirectory(
  path: string,
  { mode, mtimeMs }: { mode: number; mtimeMs: number },
): Promise<void> {
  await chmod(path, mode);
  await utimes(path, new Date(mtimeMs), new Date(mtimeMs));
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
