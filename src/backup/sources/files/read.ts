import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Entry } from '../../entry.js';
import { BackupProblem } from '../../problem.js';
import type { SnapshotWriter, SourceContext } from '../../provider.js';
import { type Found, unreadable } from './walk.js';

/** Reads one thing that was found into the store. It must still be what was found, and stay it while it is read. */
export async function read(found: Found, writer: SnapshotWriter, context: SourceContext): Promise<Entry> {
  context.signal?.throwIfAborted();
  const { path, stat } = found;
  const mtimeMs = Number(stat.mtimeNs / 1_000_000n);
  const mode = Number(stat.mode & 0o7777n);
  if (found.type === 'directory') return { type: 'directory', path, mode, mtimeMs };
  if (found.type === 'link') return { type: 'link', path, mtimeMs, target: await targetOf(path, context) };
  const file = await openFound(found, context);
  try {
    const stored = await writer.add((sink) => copy({ found, file, sink, context }));
    return { type: 'file', path, mode, mtimeMs, ...stored };
  } finally {
    await file.close();
  }
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

/** Never waits on a pipe and never follows a link, even if one was put in the file's place since it was found. */
async function openFound({ path, stat }: Found, { workspace }: SourceContext): Promise<FileHandle> {
  const full = join(workspace, path);
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(full, flags).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    // A directory on the way may have become a link since; then the path leads somewhere else.
    const leads = await realpath(full);
    if (leads !== full || !isUnchanged(stat, await file.stat({ bigint: true }))) throw changed(path);
    return file;
  } catch (error) {
    await file.close();
    throw error instanceof BackupProblem ? error : unreadable(path, error);
  }
}

interface Copy {
  readonly found: Found;
  readonly file: FileHandle;
  readonly sink: Writable;
  readonly context: SourceContext;
}

/** Reads at most one byte more than there was: enough to notice growth, and an endless file still ends. */
async function copy({ found, file, sink, context }: Copy): Promise<void> {
  const size = Number(found.stat.size);
  let seen = 0;
  const source = file.createReadStream({ autoClose: false, start: 0, end: size, highWaterMark: 256 * 1024 });
  const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      seen += chunk.length;
      yield chunk;
    }
    if (seen !== size) throw changed(found.path);
  };
  try {
    await pipeline(source, counted, sink, context.signal === undefined ? {} : { signal: context.signal });
  } catch (error) {
    throw error instanceof BackupProblem || context.signal?.aborted ? error : unreadable(found.path, error);
  }
}
