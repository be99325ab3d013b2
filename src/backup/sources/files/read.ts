import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { chunksOf } from '../../chunks.js';
import { BackupProblem } from '../../problem.js';
import type { SourceContext, TreeItem } from '../../provider.js';
import { attributesOf, type Found, unreadable } from './walk.js';

/** One thing that was found, on its way into the store. It must still be what was found, and stay it while it is read. */
export async function itemOf(found: Found, context: SourceContext): Promise<TreeItem> {
  context.signal?.throwIfAborted();
  const { path } = found;
  const { mode, mtimeMs } = attributesOf(found);
  if (found.type === 'directory') return { type: 'directory', path, mode, mtimeMs };
  if (found.type === 'link') return { type: 'link', path, mtimeMs, target: await targetOf(path, context) };
  return {
    type: 'file',
    path,
    mode,
    mtimeMs,
    size: Number(found.stat.size),
    read: () => contentOf(found, context),
  };
}

/** Whether two looks at the same path saw the same thing with the same content, as far as the filesystem tells. */
export function isUnchanged(before: BigIntStats, after: BigIntStats): boolean {
  if (before.dev !== after.dev || before.ino !== after.ino || before.mode !== after.mode) return false;
  // A directory's own times change with each entry that is not ours to back up.
  if (before.isDirectory()) return true;
  return before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
}

export function changed(path: string): BackupProblem {
  return new BackupProblem(
    'failed',
    `${JSON.stringify(path)} changed while it was being backed up, so the copy would be of no one moment; stop what writes it, or back up a snapshot of it`,
  );
}

async function targetOf(path: string, { workspace }: SourceContext): Promise<string> {
  const target = await readlink(join(workspace, path), { encoding: 'buffer' }).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const text = target.toString('utf8');
  if (Buffer.from(text).equals(target)) return text;
  throw new BackupProblem(
    'failed',
    `the symbolic link ${JSON.stringify(path)} points to a name that is not UTF-8, so a snapshot cannot hold it; choose patterns that do not cover it`,
  );
}

/** Never waits on a pipe and never follows a link: what was put in the file's place since it was found is refused. */
async function openFound({ path, stat }: Found, { workspace }: SourceContext): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(workspace, path), flags).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    if (!isUnchanged(stat, await file.stat({ bigint: true }))) throw changed(path);
    return file;
  } catch (error) {
    await file.close();
    throw error instanceof BackupProblem ? error : unreadable(path, error);
  }
}

async function* contentOf(found: Found, context: SourceContext): AsyncGenerator<Uint8Array> {
  const { path, stat } = found;
  const size = Number(stat.size);
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
      // One byte more than it had is enough to notice that it grew, and none of it is to be stored.
      if (seen > size) break;
      yield value;
    }
    if (seen !== size) throw changed(path);
  } finally {
    await file.close();
  }
}
