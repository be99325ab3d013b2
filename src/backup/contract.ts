import type { Backup } from '../plan/plan.js';

/** What was proved of one source. */
export interface SourceEvidence {
  readonly name: string;
  readonly kind: string;
  /** The highest level reached: `taken`, `stored`, `restorable`, `identical`; null when not even taken. */
  readonly proved: 'taken' | 'stored' | 'restorable' | 'identical' | null;
  readonly bytes: number;
  /** Files for `files`; null where it has no meaning. */
  readonly items: number | null;
  /** SHA-256 in hex of the source as it was read, and of the restored copy. */
  readonly digest: string | null;
  readonly restoredDigest: string | null;
  /** Where it is stored, for people: an id in the store. */
  readonly id: string | null;
  /** The command that restores it by hand. */
  readonly restore: string | null;
  /** What is wrong, when it is not proved as far as the plan asks. */
  readonly problem: string | null;
  readonly durationMs: number;
}

export interface BackupResult {
  readonly verdict: 'passed' | 'failed' | 'errored';
  /** One of the reason codes of `release/reasons.ts`; null when passed. */
  readonly reason: 'backup-failed' | 'backup-not-identical' | 'backup-store-unusable' | null;
  readonly summary: string;
  readonly sources: readonly SourceEvidence[];
}

export interface BackupRunner {
  /** Takes, stores, reads back, restores into scratch space and compares. Never rejects. Scratch is removed. */
  take(
    backup: Extract<Backup, { kind: 'sources' }>,
    options: {
      readonly release: string;
      readonly environment: string;
      /** Directory that `files` globs and a relative store directory are resolved against. */
      readonly workspace: string;
      readonly env: Readonly<Record<string, string>>;
      readonly signal?: AbortSignal;
      readonly onProgress: (line: string) => void;
    },
  ): Promise<BackupResult>;
}
