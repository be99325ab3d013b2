import type { StoredObject } from './entry.js';
import type { Attempt } from './evidence.js';
import { BackupProblem } from './problem.js';
import type { BackupStore, RestoreContext, SourceContext, StoredSnapshot } from './provider.js';
import { withScratch } from './scratch.js';

/**
 * Raises an attempt from `taken` to `identical`, or rejects with what stands against it: reads the snapshot back by
 * its id, restores it into scratch space, and compares the digest of the copy with that of the source.
 */
export async function prove(
  attempt: Attempt,
  options: {
    readonly store: BackupStore;
    readonly context: SourceContext;
    readonly onBytes: (count: number) => void;
  },
): Promise<void> {
  const { store, context, onBytes } = options;
  if (attempt.id === null) throw new BackupProblem('failed', 'nothing was stored that could be proved');
  const stored = await store.open(attempt.id);
  await withScratch(context.temporary, async (scratch) => {
    const within: RestoreContext = { ...context, scratch };
    await readBack(attempt, { stored, within, onBytes });
    attempt.proved = 'restorable';
    attempt.restoredDigest = await attempt.driver.digestOf(within);
    if (attempt.restoredDigest !== attempt.taken?.digest) {
      throw new BackupProblem('not-identical', await whatDiffers(attempt, stored, within));
    }
  });
  attempt.proved = 'identical';
}

interface ReadBack {
  readonly stored: StoredSnapshot;
  readonly within: RestoreContext;
  readonly onBytes: (count: number) => void;
}

/** Restoring reads each object once, which verifies it; what a driver left unread is read for that alone. */
async function readBack(attempt: Attempt, { stored, within, onBytes }: ReadBack): Promise<void> {
  const unread = new Map<string, StoredObject>();
  for (const entry of stored.snapshot.entries) {
    if (entry.type === 'file' || entry.type === 'stream') unread.set(entry.sha256, entry);
  }
  const read = async function* (object: StoredObject) {
    for await (const chunk of stored.read(object)) {
      within.signal?.throwIfAborted();
      onBytes(chunk.length);
      yield chunk;
    }
    unread.delete(object.sha256);
  };
  try {
    await attempt.driver.restore({ ...stored, read }, within);
  } finally {
    if (unread.size === 0) attempt.proved = 'stored';
  }
  for (const object of unread.values()) {
    for await (const _chunk of read(object));
  }
  attempt.proved = 'stored';
}

async function whatDiffers(
  attempt: Attempt,
  stored: StoredSnapshot,
  within: RestoreContext,
): Promise<string> {
  const how = await attempt.driver.explain(stored.snapshot, within);
  return `${how}: the source has the digest ${attempt.taken?.digest}, the copy ${attempt.restoredDigest}; do not rely on this backup, and mend how it is produced or restored`;
}
