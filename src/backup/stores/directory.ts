import { randomBytes } from 'node:crypto';
import { mkdir, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type StoredObject, sorted } from '../entry.js';
import { BackupProblem, systemCode } from '../problem.js';
import type { BackupStore, ByHand, StoredSnapshot } from '../provider.js';
import { quoted } from '../shell.js';
import { removeSnapshots } from './directory-removal.js';
import { listSnapshots, readSnapshot } from './directory-snapshots.js';
import { createDirectoryWriter } from './directory-writer.js';
import { objectPath, readObject } from './object.js';
import { RESTORE_SCRIPT } from './restore-script.js';
import { unusable } from './unusable.js';

/** What a lost runner left in `staging/` is removed when no job can still be writing it: jobs end within 5 days. */
const STALE_MS = 7 * 24 * 3_600_000;

/**
 * A directory of content-addressed objects:
 * `objects/ab/cdef…` (by SHA-256), `snapshots/<id>.json`, `staging/` for what is being written, and `restore.sh`.
 * Order: objects, then the snapshot that names them; each complete and on the disk before its name appears.
 */
export async function openDirectoryStore(directory: string, workspace: string): Promise<BackupStore> {
  const asked = resolve(workspace, directory);
  // Before anything is made there; and again below, since links may lead to it.
  if (isWithin(workspace, asked)) throw holdsWorkspace(asked);
  const root = await prepare(asked).catch((error: unknown) => {
    throw unusable(asked, error);
  });
  if (isWithin(workspace, root)) throw holdsWorkspace(root);
  return {
    kind: 'directory',
    caveat: `The store ${root} is on the same machine as the release and not encrypted: unless it is a mounted volume, it is lost with that machine.`,
    isEncrypted: false,
    directories: [root],
    begin: (label, onBytes) => createDirectoryWriter({ root, label, onBytes }),
    open: (id) => openSnapshot(root, id),
    list: (of) => listSnapshots(root, of),
    remove: (ids) => removeSnapshots(root, ids),
    byHand: (id) => byHand(root, id),
  };
}

function holdsWorkspace(directory: string): BackupProblem {
  return new BackupProblem(
    'store-unusable',
    `the backup store ${directory} holds the workspace itself, so it would be part of what is backed up; name a directory outside of it, best on another disk`,
  );
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

async function prepare(directory: string): Promise<string> {
  await makeDirectory(directory);
  const root = await realpath(directory);
  for (const name of ['objects', 'snapshots', 'staging']) {
    await makeDirectory(join(root, name));
  }
  await removeStale(join(root, 'staging'));
  await placeRestoreScript(root);
  return root;
}

/** With all that leads to it. Node's own recursive `mkdir` never returns where the kernel refuses, as below /proc. */
async function makeDirectory(path: string, mayMakeParent = true): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || !mayMakeParent || dirname(path) === path) throw error;
    await makeDirectory(dirname(path));
    await makeDirectory(path, false);
  }
}

async function removeStale(staging: string): Promise<void> {
  for (const name of await readdir(staging)) {
    const path = join(staging, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.NaN }));
    if (Date.now() - mtimeMs > STALE_MS) await rm(path, { recursive: true, force: true });
  }
}

/** Written anew each time and renamed into place, so that it is never half there nor changed by others for long. */
async function placeRestoreScript(root: string): Promise<void> {
  const temporary = join(root, 'staging', `restore-${randomBytes(8).toString('hex')}`);
  await writeFile(temporary, RESTORE_SCRIPT, { mode: 0o600 });
  await rename(temporary, join(root, 'restore.sh'));
}

async function openSnapshot(root: string, id: string): Promise<StoredSnapshot> {
  const { entries } = await readSnapshot(root, id);
  const read = (object: StoredObject) => readObject(join(root, 'objects', objectPath(object.sha256)), object);
  return {
    async *stream() {
      for (const entry of entries) if (entry.type === 'stream') yield* read(entry);
    },
    async *tree() {
      for (const entry of sorted(entries)) {
        if (entry.type === 'file') yield { ...entry, read: () => read(entry) };
        else if (entry.type !== 'stream') yield entry;
      }
    },
  };
}

function byHand(root: string, id: string): ByHand {
  const command = `bash ${quoted(join(root, 'restore.sh'))} ${quoted(id)}`;
  return { tree: (target) => `${command} ${quoted(target)}`, stream: command };
}
