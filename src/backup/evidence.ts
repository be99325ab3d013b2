import type { BackupSource } from '../plan/plan.js';
import type { Content } from './content.js';
import type { SourceEvidence } from './contract.js';
import type { BackupProblem } from './problem.js';
import type { BackupSourceDriver, Taken } from './provider.js';

/** How far one source has come. Each step fills in what it found, so that a failure keeps what came before it. */
export interface Attempt {
  readonly source: BackupSource;
  readonly driver: BackupSourceDriver;
  proved: SourceEvidence['proved'];
  taken: Taken | null;
  takenAt: string | null;
  original: Content | null;
  copy: Content | null;
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
    takenAt: null,
    original: null,
    copy: null,
    id: null,
    restore: null,
    problem: null,
    durationMs: 0,
  };
}

export function evidenceOf(attempt: Attempt): SourceEvidence {
  const { source, taken, original, copy } = attempt;
  const [first] = taken?.entries ?? [];
  return {
    name: source.name,
    kind: source.kind,
    proved: attempt.proved,
    bytes: taken?.bytes ?? 0,
    items: taken?.items ?? null,
    digest: original?.digest ?? null,
    restoredDigest: copy?.digest ?? null,
    sha256: first?.type === 'stream' ? first.sha256 : null,
    streamBytes: first?.type === 'stream' ? first.size : null,
    parts: original?.parts ?? [],
    id: attempt.id,
    takenAt: attempt.takenAt,
    restore: attempt.restore,
    problem: attempt.problem?.message ?? null,
    durationMs: attempt.durationMs,
  };
}
