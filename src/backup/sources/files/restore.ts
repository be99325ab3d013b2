import { createHash } from 'node:crypto';
import { chmod, type FileHandle, lutimes, mkdir, open, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAll } from '../../chunks.js';
import type { Entry } from '../../entry.js';
import { BackupProblem, messageOf, systemCode } from '../../problem.js';
import type { RestoreContext, StoredSnapshot, TreeItem } from '../../provider.js';

type OfType<T extends Entry['type']> = Extract<Entry, { type: T }>;

/**
 * Rebuilds the tree in the scratch directory, and returns what it was given. Order: directories and files as they
 * come, links, then the directories' modes and times. No link is there while files are written, so none can lead a
 * write out of the directory; and a read-only directory becomes so only when it is full.
 */
export async function restoreTree(
  stored: StoredSnapshot,
  context: RestoreContext,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const item of stored.tree()) {
    context.signal?.throwIfAborted();
    entries.push(await step(item.path, () => begin(item, context.scratch)));
  }
  for (const entry of entries) {
    if (entry.type === 'link') await step(entry.path, () => restoreLink(entry, context.scratch));
  }
  for (const entry of entries.toReversed()) {
    if (entry.type !== 'directory') continue;
    await step(entry.path, () => settleDirectory(join(context.scratch, entry.path), entry));
  }
  return entries;
}

async function begin(item: TreeItem, scratch: string): Promise<Entry> {
  if (item.type === 'directory') await mkdir(join(scratch, item.path), { mode: 0o700 });
  return item.type === 'file' ? restoreFile(item, scratch) : item;
}

async function restoreFile(item: Extract<TreeItem, { type: 'file' }>, scratch: string): Promise<Entry> {
  const { read, ...file } = item;
  const hash = createHash('sha256');
  const handle = await open(join(scratch, file.path), 'wx', 0o600);
  try {
    for await (const chunk of read()) {
      hash.update(chunk);
      await writeAll(handle, chunk);
    }
    await settle(handle, file);
  } finally {
    await handle.close();
  }
  return { ...file, sha256: hash.digest('hex') };
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

async function step<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BackupProblem || systemCode(error) === 'ABORT_ERR') throw error;
    throw new BackupProblem(
      'failed',
      `${JSON.stringify(path)} could not be restored into scratch space: ${messageOf(error)}; see to room and permission there, or set TMPDIR to another directory`,
      error,
    );
  }
}
