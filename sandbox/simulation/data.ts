import type { DataPlace, KeptBackup, SourceEvidence } from '../../src/backup/contract.js';

const SOURCE = 'orders';
const KIND = 'sqlite';

interface Saved {
  readonly content: string;
  /** ISO 8601. */
  readonly takenAt: string;
}

/** What the service remembers: its live data, the backups of it, and what was restored beside it. */
export class Data {
  content = 'as 1.0 left it';
  /** Nothing may write while it is. */
  isQuiesced = false;
  readonly #saved = new Map<string, Saved>();
  /** By the rollback that restored it. */
  readonly #beside = new Map<string, string>();
  /** The rollbacks whose restored data is in its place. */
  readonly #swapped = new Set<string>();

  /** A version that is promoted writes in its own way; while nothing may write, it does not. */
  writtenBy(version: string): void {
    if (!this.isQuiesced) this.content = `${this.content}, then ${version}`;
  }

  save(release: string, now: number): SourceEvidence {
    const id = `${release}-${this.#saved.size}`;
    const takenAt = new Date(now).toISOString();
    this.#saved.set(id, { content: this.content, takenAt });
    return {
      ...{ name: SOURCE, kind: KIND, proved: 'identical', bytes: this.content.length, items: 1 },
      ...{ digest: id, restoredDigest: id, sha256: null, streamBytes: null, parts: [], id, takenAt },
      ...{ restore: `restore ${id}`, problem: null, durationMs: 1 },
    };
  }

  contentOf({ id }: KeptBackup): string | null {
    return this.#saved.get(id)?.content ?? null;
  }

  restoreBeside(rollback: string, backups: readonly KeptBackup[]): void {
    for (const backup of backups) this.#beside.set(rollback, this.#saved.get(backup.id)?.content ?? '');
  }

  swap(rollback: string): void {
    const restored = this.#beside.get(rollback);
    if (restored === undefined) throw new Error('nothing was restored beside the live data (simulated)');
    this.#beside.delete(rollback);
    this.content = restored;
    this.#swapped.add(rollback);
  }

  look(rollback: string): readonly DataPlace[] {
    return [{ source: SOURCE, place: this.isSwapped(rollback) ? 'restored' : 'live' }];
  }

  isSwapped(rollback: string): boolean {
    return this.#swapped.has(rollback);
  }
}
