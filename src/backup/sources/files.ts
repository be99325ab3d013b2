import { createHash } from 'node:crypto';
import { open, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupSource } from '../../plan/plan.js';
import { chunksOf } from '../chunks.js';
import { canonicalLine, digestOfEntries, type Entry, sorted } from '../entry.js';
import { pool } from '../pool.js';
import { BackupProblem, listed } from '../problem.js';
import type { BackupSourceDriver } from '../provider.js';
import { changed, isUnchanged, read } from './files/read.js';
import { restoreTree } from './files/restore.js';
import { select, survey } from './files/selection.js';
import { attributesOf, type Found, walk } from './files/walk.js';

type FilesSource = Extract<BackupSource, { kind: 'files' }>;

/** Files at a time, read from the workspace or from scratch space. */
const LANES = 8;

/** Files, directories and symbolic links of the workspace. */
export function createFilesDriver(source: FilesSource): BackupSourceDriver {
  return {
    kind: 'files',

    async take(writer, context) {
      const before = await select(source.files, context);
      const entries = sorted(await pool(before, LANES, (found) => read(found, writer, context)));
      refuseChanges(before, await survey(source.files, context));
      const files = entries.filter((entry) => entry.type === 'file');
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      return { digest: digestOfEntries(entries), bytes, items: files.length, entries };
    },

    restore: (stored, context) => restoreTree(stored, context),

    async digestOf({ scratch, signal }) {
      return digestOfEntries(await entriesIn(scratch, signal));
    },

    async explain(snapshot, { scratch, signal }) {
      const restored = new Set((await entriesIn(scratch, signal)).map(canonicalLine));
      const original = new Set(snapshot.entries.map(canonicalLine));
      const lines = [...original, ...restored].filter((line) => !original.has(line) || !restored.has(line));
      return `the restored copy differs at ${listed([...new Set(lines.map((line) => line.split(' ')[4] ?? line))])}`;
    },

    restoreCommand: (byHand) => byHand.tree('restored'),
  };
}

/** All that was read was still the same after the last byte was read: so the copy is of one moment. */
function refuseChanges(before: readonly Found[], after: readonly Found[]): void {
  const now = new Map(after.map((found) => [found.path, found]));
  for (const { path, stat } of before) {
    const again = now.get(path);
    if (again === undefined || !isUnchanged(stat, again.stat)) throw changed(path);
    now.delete(path);
  }
  const [added] = now.keys();
  if (added !== undefined) throw changed(added);
}

async function entriesIn(root: string, signal: AbortSignal | undefined): Promise<readonly Entry[]> {
  const found = await walk(root, { signal });
  return pool(found, LANES, (item) => entryOf(root, item, signal));
}

async function entryOf(root: string, found: Found, signal: AbortSignal | undefined): Promise<Entry> {
  const { path, type, kind, stat } = found;
  const { mode, mtimeMs } = attributesOf(found);
  if (type === 'directory') return { type, path, mode, mtimeMs };
  if (type === 'link') return { type, path, mtimeMs, target: await readlink(join(root, path)) };
  if (type === 'special') {
    throw new BackupProblem('not-identical', `the restored copy holds a ${kind} at ${JSON.stringify(path)}`);
  }
  const size = Number(stat.size);
  return { type, path, mode, mtimeMs, size, sha256: await hashFile(join(root, path), size, signal) };
}

async function hashFile(path: string, size: number, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  try {
    for await (const chunk of chunksOf(file, size)) {
      signal?.throwIfAborted();
      hash.update(chunk);
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
