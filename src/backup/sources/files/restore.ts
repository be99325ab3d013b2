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
import { type Entry, sha256Of } from '../../entry.js';
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
    /** Those that are expected, parents first. */
    readonly directories?: readonly string[];
  },
): Promise<void> {
  const { scratch, signal } = options.context;
  const breath = new Breath(signal);
  // All at first, where they are known: ext4 then spreads them over the disk, and files go to where their directory
  // is. Made one by one among the files, they crowd in one place, where each new file is searched room for.
  const early = new Set(options.directories);
  for (const path of early) step(path, () => mkdirSync(`${scratch}/${path}`, { mode: 0o700 }));
  const links: OfType<'link'>[] = [];
  const directories: OfType<'directory'>[] = [];
  for await (const item of stored.tree()) {
    if (breath.isDue()) await breath.take();
    if (item.type === 'link') links.push(item);
    if (item.type === 'directory') {
      directories.push(item);
      if (!early.has(item.path)) step(item.path, () => mkdirSync(`${scratch}/${item.path}`, { mode: 0o700 }));
    }
    const entry = item.type === 'file' ? restoreFile(item, scratch) : item;
    options.onEntry(entry instanceof Promise ? await entry : entry);
  }
  for (const link of links) step(link.path, () => restoreLink(link, scratch));
  for (const directory of directories.toReversed()) step(directory.path, () => settle(directory, scratch));
}

/** At once where the file is: of very many, waiting for each would be dear. */
function restoreFile(
  { read, whole, ...file }: Extract<TreeItem, { type: 'file' }>,
  scratch: string,
): Entry | Promise<Entry> {
  const { path } = file;
  const descriptor = step(path, () => openSync(`${scratch}/${path}`, 'wx', 0o600));
  const settle = (sha256: string): Entry => {
    step(path, () => {
      fchmodSync(descriptor, file.mode);
      futimesSync(descriptor, timeOf(file), timeOf(file));
    });
    return { ...file, sha256 };
  };
  if (whole === undefined)
    return pouredInto(descriptor, path, read())
      .then(settle)
      .finally(() => closeSync(descriptor));
  try {
    const content = whole();
    step(path, () => writeAll(descriptor, content));
    return settle(sha256Of(content));
  } finally {
    closeSync(descriptor);
  }
}

async function pouredInto(
  descriptor: number,
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    step(path, () => writeAll(descriptor, chunk));
  }
  return hash.digest('hex');
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

/** Before 1970 a date, since as a number it would be taken for now. */
function timeOf({ mtimeMs }: { readonly mtimeMs: number }): Date | number {
  return mtimeMs < 0 ? new Date(mtimeMs) : mtimeMs / 1000;
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
