import type { Backup } from '../plan/plan.js';
import { messageOf } from './problem.js';
import type { BackupStore, StoredHead } from './provider.js';

interface Retention {
  readonly plan: Extract<Backup, { kind: 'sources' }>;
  readonly store: BackupStore;
  readonly options: {
    readonly release: string;
    readonly lastPromoted: string | null;
    readonly service: string;
    readonly environment: string;
    readonly onProgress: (line: string) => void;
  };
}

/**
 * Removes what `keep` does not keep, once the new backups are proved. That it fails shuts no gate: it is said, and
 * the next release tries again. Returns what is to be said.
 */
export async function removeOld({ plan, store, options }: Retention): Promise<readonly string[]> {
  const { keep } = plan;
  if (keep === null) return [];
  const { release, lastPromoted, service, environment } = options;
  try {
    const old: string[] = [];
    for (const { name } of plan.sources) {
      const found = await store.list({ service, environment, source: name });
      old.push(...notKept(found, { keep, needed: [release, lastPromoted] }));
    }
    if (old.length === 0) return [];
    await store.remove(old);
    options.onProgress(`backup: removed ${old.length} of before the last ${keep}: ${old.join(', ')}`);
    return [];
  } catch (error) {
    return [`Old backups were not removed: ${messageOf(error)}.`];
  }
}

/** The ids beyond the newest `keep`, but none of a release that is `needed`. Heads come the newest first. */
export function notKept(
  heads: readonly StoredHead[],
  { keep, needed }: { readonly keep: number; readonly needed: readonly (string | null)[] },
): readonly string[] {
  return heads
    .slice(keep)
    .filter(({ release }) => !needed.includes(release))
    .map(({ id }) => id);
}
