import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fchmodSync,
  futimesSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { Breath } from '../../breath.js';
import type { Entry } from '../../entry.js';
import { BackupProblem, messageOf, systemCode } from '../../problem.js';
import type { RestoreContext, StoredSnapshot, TreeItem } from '../../provider.js';

type OfType<T extends Entry['type']> = Extract<Entry, { type: T }>;

/**
 * Rebuilds the tree in the scratch directory, and tells `onEntry` what it was given, in its order. Order of work:
 * directories and files as they come, links, then the directories' modes and times. No link is there while files are
 * written, so none can lead a write out of the directory; and a read-only directory becomes so only when it is full.
 */
export async function restoreTree(
  stored: StoredSnapshot,
  options: {
    readonly context: Pick<RestoreContext, 'scratch' | 'signal'>;
    readonly onEntry: (entry: Entry) => void;
  },
): Promise<void> {
  const { scratch, signal } = options.context;
  const breath = new Breath(signal);
  const links: OfType<'link'>[] = [];
  const directories: OfType<'directory'>[] = [];
  for await (const item of stored.tree()) {
    if (breath.isDue()) await breath.take();
    if (item.type === 'link') links.push(item);
    if (item.type === 'directory') {
      directories.push(item);
      step(item.path, () => mkdirSync(`${scratch}/${item.path}`, { mode: 0o700 }));
    }
    options.onEntry(item.type === 'file' ? await restoreFile(item, scratch) : item);
  }
  for (const link of links) step(link.path, () => restoreLink(link, scratch));
  for (const directory of directories.toReversed()) step(directory.path, () => settle(directory, scratch));
}

async function restoreFile(
  { read, ...file }: Extract<TreeItem, { type: 'file' }>,
  scratch: string,
): Promise<Entry> {
  const hash = createHash('sha256');
  const { path } = file;
  const descriptor = step(path, () => openSync(`${scratch}/${path}`, 'wx', 0o600));
  try {
    for await (const chunk of read()) {
      hash.update(chunk);
      step(path, () => writeAll(descriptor, chunk));
    }
    step(path, () => {
      fchmodSync(descriptor, file.mode);
      futimesSync(descriptor, timeOf(file), timeOf(file));
    });
  } finally {
    closeSync(descriptor);
  }
  return { ...file, sha256: hash.digest('hex') };
}

function writeAll(descriptor: number, chunk: Uint8Array): void {
  for (let at = 0; at < chunk.length; ) at += writeSync(descriptor, chunk, at);
}

function restoreLink(link: OfType<'link'>, scratch: string): void {
  symlinkSync(link.target, `${scratch}/${link.path}`);
  lutimesSync(`${scratch}/${link.path}`, timeOf(link), timeOf(link));
}

function settle(directory: OfType<'directory'>, scratch: string): void {
  const path = `${scratch}/${directory.path}`;
  chmodSync(path, directory.mode);
  utimesSync(path, timeOf(directory), timeOf(directory));
}

/** A date, since as numbers those before 1970 would be taken for now. */
function timeOf({ mtimeMs }: { readonly mtimeMs: number }): Date {
  return new Date(mtimeMs);
}

function step<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BackupProblem || systemCode(error) === 'ABORT_ERR') throw error;
    throw new BackupProblem(
      'failed',
      `${JSON.stringify(path)} could not be restored into scratch space: ${messageOf(error)}; see to room and permission there, or set TMPDIR to another directory`,
      error,
    );
  }
}
