import { createHash } from 'node:crypto';
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import { Breath } from '../../breath.js';
import type { Content } from '../../content.js';
import type { Entry } from '../../entry.js';
import { BackupProblem } from '../../problem.js';
import { TreeContent } from './tree-content.js';
import { type Found, walk } from './walk.js';

/** Bytes read at once. */
const CHUNK = 256 * 1024;

/** What a restored copy consists of, found from the copy alone. */
export async function contentIn(root: string, signal: AbortSignal | undefined): Promise<Content> {
  const content = new TreeContent();
  const breath = new Breath(signal);
  const buffer = Buffer.allocUnsafe(CHUNK);
  for await (const found of walk(root, { signal })) {
    if (found.type !== 'file') content.add(entryOf(root, found));
    else content.add({ ...fileOf(found), sha256: await hashOf(`${root}/${found.path}`, buffer, breath) });
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

async function hashOf(path: string, buffer: Buffer, breath: Breath): Promise<string> {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
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
