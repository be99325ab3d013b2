import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupProblem, systemCode } from '../problem.js';
import { idsOfSnapshots, readSnapshot, snapshotPath } from './directory-snapshots.js';
import { unusable } from './unusable.js';

/** Removing takes seconds: a lock of this age was left by a lost runner. */
const STALE_LOCK_MS = 3_600_000;
const LOCK = 'removing';

/**
 * Removes snapshots first, then the objects that no snapshot names any more. Nobody else may be writing then: a
 * writer that found an object there relies on it before its snapshot says so. Writers make their staging directory
 * before they look for the lock, and this makes the lock before it looks for them, so never both go on.
 */
export async function removeSnapshots(root: string, ids: readonly string[]): Promise<void> {
  try {
    await locked(root, async () => {
      for (const id of ids) await rm(snapshotPath(root, id), { force: true });
      await removeUnnamed(root);
    });
  } catch (error) {
    throw unusable(root, error);
  }
}

/** Rejects while old backups are being removed from the store. To be asked after the staging directory was made. */
export async function refuseWhileRemoving(root: string): Promise<void> {
  if (!(await isLocked(root))) return;
  throw new BackupProblem(
    'store-unusable',
    `the backup store ${root} is just removing old backups for another release; start again in a minute. If none is running, remove ${join(root, 'staging', LOCK)}`,
  );
}

async function locked(root: string, work: () => Promise<void>): Promise<void> {
  const lock = join(root, 'staging', LOCK);
  if (!(await isLocked(root))) await rm(lock, { recursive: true, force: true });
  try {
    await mkdir(lock, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw busy(root);
    throw error;
  }
  try {
    const others = (await readdir(join(root, 'staging'))).filter((name) => name !== LOCK);
    if (others.length > 0) throw busy(root);
    await work();
  } finally {
    await rmdir(lock);
  }
}

function busy(root: string): BackupProblem {
  return new BackupProblem(
    'store-unusable',
    `old backups in ${root} were not removed, since another release is writing there, or was lost while it did; the next release tries again`,
  );
}

async function isLocked(root: string): Promise<boolean> {
  const { mtimeMs } = await stat(join(root, 'staging', LOCK)).catch(() => ({ mtimeMs: Number.NaN }));
  return Date.now() - mtimeMs < STALE_LOCK_MS;
}

/** A snapshot that cannot be read may name any object, so then nothing is removed. */
async function removeUnnamed(root: string): Promise<void> {
  const named = new Set<string>();
  for (const id of await idsOfSnapshots(root)) {
    for (const entry of (await readSnapshot(root, id)).entries) {
      if (entry.type === 'file' || entry.type === 'stream') named.add(entry.sha256);
    }
  }
  const objects = join(root, 'objects');
  for (const shard of await readdir(objects)) {
    for (const rest of await readdir(join(objects, shard))) {
      if (!named.has(`${shard}${rest}`)) await rm(join(objects, shard, rest), { force: true });
    }
  }
}
