import type { BackupSource } from '../plan/plan.js';
import type { SourceEvidence } from './contract.js';
import type { BackupProblem } from './problem.js';
import type { BackupSourceDriver, Taken } from './provider.js';

/** How far one source has come. Each step fills in what it found, so that a failure keeps what came before it. */
export interface Attempt {
  readonly source: BackupSource;
  readonly driver: BackupSourceDriver;
  proved: SourceEvidence['proved'];
  taken: Taken | null;
  restoredDigest: string | null;
  id: string | null;
  restore: string | null;
  problem: BackupProblem | null;
  durationMs: number;
}

export function begun(source: BackupSource, driver: BackupSourceDriver): Attempt {
  return {
    source,
    driver,
    proved: null,
    taken: null,
    restoredDigest: null,
    id: null,
    restore: null,
    problem: null,
    durationMs: 0,
  };
}

export function evidenceOf(attempt: Attempt): SourceEvidence {
  return {
    name: attempt.source.name,
    kind: attempt.source.kind,
    proved: attempt.proved,
    bytes: attempt.taken?.bytes ?? 0,
    items: attempt.taken?.items ?? null,
    digest: attempt.taken?.digest ?? null,
    restoredDigest: attempt.restoredDigest,
    id: attempt.id,
    restore: attempt.restore,
    problem: attempt.problem?.message ?? null,
    durationMs: attempt.durationMs,
  };
}
