import type { BackupSource } from '../../src/plan/plan.js';

/** One kind of data, with the shell commands that a person would write for it. */
export interface Case {
  readonly name: string;
  readonly pairs: number;
  readonly source: BackupSource;
  /** Where it lies: the workspace. */
  readonly workspace: string;
  /** What both sides find in their environment beside the repository. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs in the workspace. */
  readonly backup: string;
  /** Runs in an empty directory. */
  readonly restore: string;
  /** Stops what was started for it. */
  remove(): Promise<void>;
}

export interface Timed {
  readonly backupMs: number;
  /** Backup and proof, or backup and restore. */
  readonly cycleMs: number;
  /** Of our process alone; null for a shell. */
  readonly megabytes: number | null;
}
