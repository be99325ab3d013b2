import { createHash } from 'node:crypto';
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import { Breath } from '../../breath.js';
import type { Content } from '../../content.js';
import { type Entry, sha256Of } from '../../entry.js';
import { BackupProblem } from '../../problem.js';
import { TreeContent } from './tree-content.js';
import { type Found, walkNow } from './walk.js';

/** Bytes read at once. */
const CHUNK = 256 * 1024;

/** What a restored copy consists of, found from the copy alone. `like` is what it should consist of. */
export async function contentIn(
  root: string,
  { like, signal }: { readonly like?: TreeContent | undefined; readonly signal: AbortSignal | undefined },
): Promise<Content> {
  const content = new TreeContent(like);
  const breath = new Breath(signal);
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (const found of walkNow(root)) {
    if (breath.isDue()) await breath.take();
    if (found.type !== 'file') {
      content.add(entryOf(root, found));
      continue;
    }
    const hash = hashOf(`${root}/${found.path}`, buffer, breath);
    content.add({ ...fileOf(found), sha256: typeof hash === 'string' ? hash : await hash });
  }
  return content.content();
}

function entryOf(root: string, { path, type, kind, mode, mtimeMs }: Found): Entry {
  if (type === 'directory') return { type, path, mode, mtimeMs };
  if (type === 'link') return { type, path, mtimeMs, target: readlinkSync(`${root}/${path}`) };
  throw new BackupProblem('not-identical', `the restored copy holds a ${kind} at ${JSON.stringify(path)}`);
}

function fileOf({ path, mode, mtimeMs, size }: Found): Omit<Extract<Entry, { type: 'file' }>, 'sha256'> {
  return { type: 'file', path, mode, mtimeMs, size };
}

/** A string where one read was enough, as of most files: of very many, waiting for each would be dear. */
function hashOf(path: string, buffer: Buffer, breath: Breath): string | Promise<string> {
  const file = openSync(path, 'r');
  let isRest = false;
  try {
    const first = readSync(file, buffer, 0, buffer.length, null);
    // Less than was asked for: that is all of it.
    if (first < buffer.length) return sha256Of(buffer.subarray(0, first));
    isRest = true;
    return hashOfRest(file, buffer, breath);
  } finally {
    if (!isRest) closeSync(file);
  }
}

/** `buffer` holds what was read of it so far. */
async function hashOfRest(file: number, buffer: Buffer, breath: Breath): Promise<string> {
  const hash = createHash('sha256').update(buffer);
  try {
    for (;;) {
      const count = readSync(file, buffer, 0, buffer.length, null);
      if (count === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, count));
      if (breath.isDue()) await breath.take();
    }
  } finally {
    closeSync(file);
  }
}
