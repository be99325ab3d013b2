import type { BackupResult } from '../backup/contract.js';
import type { KeptBackup } from '../release/state.js';

/** What the ledger keeps of each source that was taken. */
export function keptOf({ sources }: BackupResult): KeptBackup[] {
  return sources.flatMap(({ name, kind, id, sha256, bytes, digest, takenAt }) =>
    id === null || takenAt === null ? [] : [{ source: name, kind, id, sha256, size: bytes, digest, takenAt }],
  );
}
