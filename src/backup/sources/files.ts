import { createHash } from 'node:crypto';
import { open, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilesSource } from '../../plan/plan.js';
import { chunksOf } from '../chunks.js';
import type { Content, Part } from '../content.js';
import { digestOfEntries, type Entry, sorted } from '../entry.js';
import { pool } from '../pool.js';
import { BackupProblem } from '../problem.js';
import type { StreamedSource } from '../provider.js';
import { changed, isUnchanged, itemOf } from './files/read.js';
import { restoreTree } from './files/restore.js';
import { select, survey } from './files/selection.js';
import { attributesOf, type Found, walk } from './files/walk.js';

/** Files at a time, read from the workspace or from scratch space. */
const LANES = 8;

/** Files, directories and symbolic links of the workspace. */
export function createFilesDriver(source: FilesSource): StreamedSource {
  return {
    kind: 'files',
    form: 'streamed',

    async take(writer, context) {
      const before = await select(source.files, context);
      const items = await pool(before, LANES, (found) => itemOf(found, context));
      const entries = await writer.tree(sorted(items));
      refuseChanges(before, await survey(source.files, context));
      const files = entries.filter((entry) => entry.type === 'file');
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      return { content: contentOf(entries), bytes, items: files.length, entries };
    },

    async restore(stored, { context, content }, use) {
      const entries = await restoreTree(stored, context);
      return use({
        original: async () => content ?? contentOf(entries),
        content: async () => contentOf(await entriesIn(context.scratch, context.signal)),
        env: { RELEASE_SCRATCH: context.scratch },
      });
    },

    restoreCommand: (byHand) => byHand.tree('restored'),

    replacement: null,
  };
}

function contentOf(entries: readonly Entry[]): Content {
  return { digest: digestOfEntries(entries), parts: entries.flatMap(partOf) };
}

function partOf(entry: Entry): readonly Part[] {
  if (entry.type === 'stream') return [];
  const { path: name, type } = entry;
  if (type === 'link') {
    const digest = createHash('sha256').update(entry.target).digest('hex');
    return [{ name, kind: type, rows: null, bytes: Buffer.byteLength(entry.target), digest }];
  }
  const kind = `${type} ${entry.mode.toString(8).padStart(4, '0')}`;
  if (type === 'directory') return [{ name, kind, rows: null, bytes: 0, digest: '' }];
  return [{ name, kind, rows: null, bytes: entry.size, digest: entry.sha256 }];
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
