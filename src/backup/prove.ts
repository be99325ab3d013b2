import { PROOFS, type Proof } from '../plan/plan.js';
import { difference } from './content.js';
import type { Entry, StoredObject } from './entry.js';
import type { Attempt } from './evidence.js';
import { BackupProblem } from './problem.js';
import type {
  BackupStore,
  RestoredCopy,
  SourceContext,
  StoredSnapshot,
  StreamedSource,
  Taken,
  TreeItem,
} from './provider.js';
import { withScratch } from './scratch.js';

export interface Proving {
  readonly store: BackupStore;
  readonly context: SourceContext;
  /** The level to reach. */
  readonly prove: Proof;
  readonly showsParts: boolean;
  readonly onBytes: (count: number) => void;
  /** Tries the copy out; rejects when it is not usable. */
  readonly tryOut: (copy: RestoredCopy) => Promise<void>;
}

/**
 * Raises an attempt from `taken` to the level that is asked for, or rejects with what stands against it: reads the
 * backup back by its id, restores it into scratch space, compares the copy with what was stored, and tries it out.
 */
export async function prove(attempt: Attempt, driver: StreamedSource, proving: Proving): Promise<void> {
  const { store, context, onBytes } = proving;
  if (!reaches(proving.prove, 'stored')) return;
  if (attempt.id === null || attempt.taken === null)
    throw new BackupProblem('failed', 'nothing was stored that could be proved');
  const { id, taken } = attempt;
  const of = { source: attempt.source.name, expected: streamIn(taken.entries) };
  const open = async () => watched(await store.open(id, of), { context, onBytes });
  if (!reaches(proving.prove, 'restorable')) {
    await readThrough(await open(), taken);
    attempt.proved = 'stored';
    return;
  }
  const stored = await open();
  const noteWhatWasRead = () => {
    if (stored.isRead()) attempt.proved = 'stored';
  };
  await withScratch(context.temporary, async (scratch) => {
    const within = { context: { ...context, scratch, prove: proving.prove }, content: taken.content };
    await driver
      .restore(stored, within, async (copy) => {
        // Restoring reads all of it, which verifies it; what was left unread is read for that alone.
        if (!stored.isRead()) await readThrough(await open(), taken);
        attempt.proved = 'restorable';
        await examine(attempt, copy, proving);
      })
      .catch((error: unknown) => {
        if (attempt.proved === 'taken') noteWhatWasRead();
        throw error;
      });
  });
}

export function reaches(level: Proof, asked: Proof): boolean {
  return PROOFS.indexOf(level) >= PROOFS.indexOf(asked);
}

async function examine(attempt: Attempt, copy: RestoredCopy, proving: Proving): Promise<void> {
  if (!reaches(proving.prove, 'identical')) return;
  attempt.original = await copy.original();
  attempt.copy = await copy.content();
  const differs = difference(attempt.original, attempt.copy, { showsNames: proving.showsParts });
  if (differs !== null) {
    throw new BackupProblem(
      'not-identical',
      `${differs}: what was stored has the digest ${attempt.original.digest}, the copy ${attempt.copy.digest}; do not rely on this backup, and mend how it is produced or restored`,
    );
  }
  attempt.proved = 'identical';
  if (!reaches(proving.prove, 'usable') || attempt.source.usable === null) return;
  await proving.tryOut(copy);
  attempt.proved = 'usable';
}

function streamIn(entries: readonly Entry[]): StoredObject | null {
  const stream = entries.find((entry) => entry.type === 'stream');
  return stream === undefined ? null : { sha256: stream.sha256, size: stream.size };
}

/** The same snapshot, which counts what it gives, stops when it is asked to, and knows when all of it was read. */
function watched(
  stored: StoredSnapshot,
  { context, onBytes }: Pick<Proving, 'context' | 'onBytes'>,
): StoredSnapshot & { isRead(): boolean } {
  let isRead = false;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      context.signal?.throwIfAborted();
      onBytes(chunk.length);
      yield chunk;
    }
  };
  const countedFile = (file: Extract<TreeItem, { type: 'file' }>): TreeItem => {
    const { whole } = file;
    const read = () => counted(file.read());
    if (whole === undefined) return { ...file, read };
    return {
      ...file,
      read,
      whole: () => {
        context.signal?.throwIfAborted();
        onBytes(file.size);
        return whole();
      },
    };
  };
  const itemsOf = async function* () {
    for await (const item of stored.tree()) {
      yield item.type === 'file' ? countedFile(item) : item;
    }
    isRead = true;
  };
  const chunksOf = async function* () {
    yield* counted(stored.stream());
    isRead = true;
  };
  return { stream: chunksOf, tree: itemsOf, isRead: () => isRead };
}

/** What is not as it was stored fails while it is read. */
async function readThrough(stored: StoredSnapshot, { items }: Taken): Promise<void> {
  if (items === null) {
    for await (const _chunk of stored.stream());
    return;
  }
  for await (const item of stored.tree()) {
    if (item.type !== 'file') continue;
    if (item.whole !== undefined) item.whole();
    else for await (const _chunk of item.read());
  }
}
