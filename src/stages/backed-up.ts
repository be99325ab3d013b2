import type { BackupResult } from '../backup/contract.js';
import type { Backup } from '../plan/plan.js';
import { namesIn } from '../plan/variables.js';
import type { BackedUp, KeptBackup } from '../release/events.js';
import type { ReleaseContext } from './context.js';

type SourcesPlan = Extract<Backup, { kind: 'sources' }>;

/** Puts down what was saved, for people and for a restore by hand. */
export function recordBackups(context: ReleaseContext, plan: SourcesPlan, result: BackupResult): void {
  const named = withVariablesNamed(context, plan);
  for (const backedUp of backedUpBy(result, plan, named))
    context.journal.record({ type: 'backed-up', ...backedUp });
}

/** What a restore by hand is told of a backup. */
export function keptOf(backedUp: BackedUp): KeptBackup {
  const { source, kind, id, sha256, bytes, digest, taken_at: takenAt, restore } = backedUp;
  // Not `bytes`: of files these are their content, and the stream that holds them is longer.
  return { source, kind, id, sha256, size: backedUp.stream_bytes ?? null, bytes, digest, takenAt, restore };
}

/** Also what was stored and then not proved: people must know that it is there, and what it is worth. */
function backedUpBy(
  { sources }: BackupResult,
  { store }: SourcesPlan,
  named: (command: string) => string,
): readonly BackedUp[] {
  return sources.flatMap(
    ({ name, kind, id, proved, takenAt, bytes, sha256, streamBytes, digest, restore }) => {
      if (id === null || proved === null || takenAt === null || restore === null) return [];
      const place = {
        store: kind === 'snapshot' ? null : (store?.kind ?? null),
        id,
        restore: named(restore),
      };
      const content = { bytes, sha256, stream_bytes: streamBytes, digest };
      return [{ source: name, kind, ...place, proved, taken_at: takenAt, ...content }];
    },
  );
}

/**
 * Names the variables of the store's path again: their values are masked wherever they are shown, and a command
 * with a mask in it restores nothing.
 */
export function withVariablesNamed(
  { env }: ReleaseContext,
  { store }: SourcesPlan,
): (command: string) => string {
  const names = namesIn(store?.kind === 'directory' ? store.directory : '');
  return (command) =>
    names.reduce((text, name) => {
      const value = env[name];
      return value ? text.replaceAll(value, `"\${${name}}"`) : text;
    }, command);
}
