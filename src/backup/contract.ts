import type { Backup, Proof } from '../plan/plan.js';
import type { Parts } from './content.js';

/** What was proved of one source. */
export interface SourceEvidence {
  readonly name: string;
  readonly kind: string;
  /** The highest level reached; null when not even taken. */
  readonly proved: Proof | null;
  /** Bytes of the data, as they went into the store. */
  readonly bytes: number;
  /** Files for `files`; null where it has no meaning. */
  readonly items: number | null;
  /** SHA-256 in hex of the content as it was stored, and of the restored copy. */
  readonly digest: string | null;
  readonly restoredDigest: string | null;
  /** SHA-256 in hex of the stored stream, byte by byte; null where there is not one stream in the store. */
  readonly sha256: string | null;
  /** The length of that stream. */
  readonly streamBytes: number | null;
  /** Tables or files, where they are known. May be many, and names may be private: see `showsParts`. */
  readonly parts: Parts;
  /** Where it is stored, for people: an id in the store. */
  readonly id: string | null;
  /** ISO 8601, UTC, right before it was read; null when not taken. */
  readonly takenAt: string | null;
  /** The command that restores it by hand. */
  readonly restore: string | null;
  /** What is wrong, when it is not proved as far as the plan asks. */
  readonly problem: string | null;
  readonly durationMs: number;
}

/** The reason codes of `release/reasons.ts` that a backup can give. */
export type BackupReason =
  | 'backup-failed'
  | 'backup-damaged'
  | 'backup-not-identical'
  | 'backup-not-usable'
  | 'backup-store-unusable'
  | 'backup-tool-missing';

export interface BackupResult {
  readonly verdict: 'passed' | 'failed' | 'errored';
  /** null when passed. */
  readonly reason: BackupReason | null;
  readonly summary: string;
  /** What people should know although the gate passed, e.g. that an old backup could not be removed; sentences. */
  readonly notes: readonly string[];
  readonly sources: readonly SourceEvidence[];
  /** Whether `parts` may be shown. */
  readonly showsParts: boolean;
}

/** A backup that the ledger names. */
export interface KeptBackup {
  readonly source: string;
  readonly kind: string;
  readonly id: string;
  /** SHA-256 in hex of the stored stream; null for a tree. */
  readonly sha256: string | null;
  /** Bytes of that stream; null where the record does not tell, and then `sha256` alone decides. */
  readonly size: number | null;
  /** Bytes of the data: of what is restored beside the live data. */
  readonly bytes?: number | undefined;
  /** Of its content, as it was proved; null when it was not. */
  readonly digest: string | null;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  /** For people: what restores it by hand, into a new place. */
  readonly restore?: string | undefined;
}

/** Where the data of one source is: see `Replacement.look`. */
export interface DataPlace {
  readonly source: string;
  readonly place: 'live' | 'restored' | 'between';
}

/**
 * Puts backups in the place of the live data, in steps between which a runner may be lost. A step rejects with an
 * `Error` whose message says what stands against it, and what to do.
 */
export interface DataRestorer {
  /** Which of the backups can be put in place, after each of these was looked for. Only reads. */
  check(): Promise<readonly KeptBackup[]>;
  /** Why the present state of what these replace plainly cannot be saved; null where a cheap look sees nothing. */
  unsavable(): Promise<string | null>;
  /** Restores each backup into a new place beside the live data, and proves it identical. The live data stays. */
  restoreBeside(): Promise<void>;
  /** The live data away, the restored data in its place, one source after the other. */
  swap(): Promise<void>;
  /** Reads where the data is now. */
  look(): Promise<readonly DataPlace[]>;
  /** What a person types to finish the swap, or to undo it. */
  commands(): Promise<{ readonly finish: readonly string[]; readonly undo: readonly string[] }>;
}

export interface RestoreOptions {
  /** The rollback; names what it makes. */
  readonly release: string;
  readonly environment: string;
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onProgress: (line: string) => void;
}

export interface BackupRunner {
  /** Takes, stores, reads back, restores into scratch space and compares. Never rejects. Scratch is removed. */
  take(
    backup: Extract<Backup, { kind: 'sources' }>,
    options: {
      readonly release: string;
      readonly service: string;
      readonly environment: string;
      /** The release whose backups are never removed: the last promoted one. */
      readonly lastPromoted: string | null;
      /** Directory that `files` globs and a relative store directory are resolved against. */
      readonly workspace: string;
      readonly env: Readonly<Record<string, string>>;
      readonly signal?: AbortSignal;
      readonly onProgress: (line: string) => void;
    },
  ): Promise<BackupResult>;

  /** For the sources of a plan that `backups` names. */
  restorer(
    backup: Extract<Backup, { kind: 'sources' }>,
    options: RestoreOptions & { readonly backups: readonly KeptBackup[] },
  ): DataRestorer;
}
