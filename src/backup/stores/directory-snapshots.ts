import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupProblem, systemCode } from '../problem.js';
import type { Label, Snapshot, StoredHead } from '../provider.js';
import { parseSnapshot } from './snapshot-file.js';
import { unusable } from './unusable.js';

/** Where the snapshot of an id lies. An id may come from a ledger that others can write: it must stay a name. */
export function snapshotPath(root: string, id: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(id)) return join(root, 'snapshots', `${id}.json`);
  throw new BackupProblem('failed', `${JSON.stringify(id)} is not the id of a snapshot in ${root}`);
}

export async function readSnapshot(root: string, id: string): Promise<Snapshot> {
  const path = snapshotPath(root, id);
  const bytes = await readFile(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') throw damagedSnapshot(path, 'is missing');
    throw unusable(root, error);
  });
  const snapshot = parseSnapshot(bytes);
  if (snapshot === null) throw damagedSnapshot(path, 'is not as it was written: its checksum does not match');
  return snapshot;
}

export async function idsOfSnapshots(root: string): Promise<readonly string[]> {
  const names = await readdir(join(root, 'snapshots')).catch((error: unknown) => {
    throw unusable(root, error);
  });
  return names.flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []));
}

/** The newest first. One that is damaged is left out: what it is of cannot be known. */
export async function listSnapshots(
  root: string,
  of: Pick<Label, 'service' | 'environment' | 'source'>,
): Promise<readonly StoredHead[]> {
  const heads: StoredHead[] = [];
  for (const id of await idsOfSnapshots(root)) {
    const found = await readSnapshot(root, id).catch((error: unknown) => {
      if (error instanceof BackupProblem && error.code === 'damaged') return null;
      throw error;
    });
    if (found === null) continue;
    const { entries: _, ...label } = found;
    const isWanted =
      label.service === of.service && label.environment === of.environment && label.source === of.source;
    if (isWanted) heads.push({ id, ...label });
  }
  return heads.sort((a, b) => b.takenAt.localeCompare(a.takenAt));
}

function damagedSnapshot(path: string, how: string): BackupProblem {
  return new BackupProblem(
    'damaged',
    `the stored snapshot ${path} ${how}; check the disk it lies on, and take the backup again`,
  );
}
