import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { chunksOf } from '../../chunks.js';
import { BackupProblem } from '../../problem.js';
import type { SourceContext, TreeItem } from '../../provider.js';
import { type Found, foundOf, unreadable } from './walk.js';

/** Never waits on a pipe and never follows a link: what was put in the file's place since it was found is refused. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Up to this size a file is read at once, in bytes. */
const SMALL = 64 * 1024;

/** One thing that was found, on its way into the store. It must still be what was found, and stay it while it is read. */
export function itemOf(found: Found, context: SourceContext): TreeItem {
  context.signal?.throwIfAborted();
  const { path, mode, size } = found;
  const mtimeMs = Math.round(found.mtimeMs);
  if (found.type === 'directory') return { type: 'directory', path, mode, mtimeMs };
  if (found.type === 'link') return { type: 'link', path, mtimeMs, target: targetOf(path, context) };
  if (size > SMALL) return { type: 'file', path, mode, mtimeMs, size, read: () => chunksIn(found, context) };
  const whole = () => wholeOf(found, context);
  const read = async function* () {
    if (size > 0) yield Buffer.from(whole());
  };
  return { type: 'file', path, mode, mtimeMs, size, read, whole };
}

/** Whether two looks at the same path saw the same thing with the same content, as far as the filesystem tells. */
export function isUnchanged(before: Found, after: Found): boolean {
  if (before.dev !== after.dev || before.ino !== after.ino) return false;
  if (before.type !== after.type || before.mode !== after.mode) return false;
  // A directory's own times change with each entry that is not ours to back up.
  if (before.type === 'directory') return true;
  return before.size === after.size && before.mtimeMs === after.mtimeMs && before.ctimeMs === after.ctimeMs;
}

export function changed(path: string): BackupProblem {
  return new BackupProblem(
    'failed',
    `${JSON.stringify(path)} changed while it was being backed up, so the copy would be of no one moment; stop what writes it, or back up a snapshot of it`,
  );
}

/** Of what is gone only its place in the order is known. */
export function vanished(where: string): BackupProblem {
  return new BackupProblem(
    'failed',
    `what stood ${where} changed its name or vanished while it was being backed up; stop what changes it, or back up a snapshot of it`,
  );
}

function targetOf(path: string, { workspace }: SourceContext): string {
  const target = orUnreadable(path, () => readlinkSync(`${workspace}/${path}`, { encoding: 'buffer' }));
  const text = target.toString('utf8');
  if (Buffer.from(text).equals(target)) return text;
  throw new BackupProblem(
    'failed',
    `the symbolic link ${JSON.stringify(path)} points to a name that is not UTF-8, so a snapshot cannot hold it; choose patterns that do not cover it`,
  );
}

/** One for all: what is read is used up before the next file is. One byte more than a file has tells that it grew. */
const buffer = Buffer.allocUnsafeSlow(SMALL + 1);

function wholeOf(found: Found, { workspace }: SourceContext): Uint8Array {
  const { path, size } = found;
  const file = orUnreadable(path, () => openSync(`${workspace}/${path}`, FLAGS));
  try {
    const stat = orUnreadable(path, () => fstatSync(file));
    if (!isUnchanged(found, foundOf(path, stat))) throw changed(path);
    let seen = 0;
    while (seen <= size) {
      const at = seen;
      const count = orUnreadable(path, () => readSync(file, buffer, at, size + 1 - at, null));
      seen += count;
      // A short read that ends where the file should is its end: no need to ask again.
      if (count === 0 || seen === size) break;
    }
    if (seen !== size) throw changed(path);
    return buffer.subarray(0, size);
  } finally {
    closeSync(file);
  }
}

async function* chunksIn(found: Found, context: SourceContext): AsyncGenerator<Uint8Array> {
  const { path, size } = found;
  const file = await openFound(found, context);
  try {
    let seen = 0;
    const chunks = chunksOf(file, size)[Symbol.asyncIterator]();
    for (;;) {
      context.signal?.throwIfAborted();
      const { done, value } = await chunks.next().catch((error: unknown) => {
        throw unreadable(path, error);
      });
      if (done) break;
      seen += value.length;
      // None of what it grew by is to be stored.
      if (seen > size) break;
      yield value;
    }
    if (seen !== size) throw changed(path);
  } finally {
    await file.close();
  }
}

async function openFound(found: Found, { workspace }: SourceContext): Promise<FileHandle> {
  const { path } = found;
  const file = await open(`${workspace}/${path}`, FLAGS).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    if (!isUnchanged(found, foundOf(path, await file.stat()))) throw changed(path);
    return file;
  } catch (error) {
    await file.close();
    throw error instanceof BackupProblem ? error : unreadable(path, error);
  }
}

function orUnreadable<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unreadable(path, error);
  }
}
