import type { Finding } from '../evidence/contract.js';

/** What the last promoted release left of the same suite; null when none was promoted yet, or it kept nothing. */
export interface EvidenceBase {
  readonly version: string;
  readonly values: Readonly<Record<string, number>>;
  /** null when it kept none: then nothing is known to be old. */
  readonly fingerprints: readonly string[] | null;
}

export interface JudgedFinding extends Finding {
  /** `failure` is what shut the gate. */
  readonly level: 'failure' | 'warning' | 'notice';
}

export interface EvidenceJudgement {
  readonly reason: 'tests-failed' | 'no-tests' | 'findings-too-severe' | 'limit-exceeded' | null;
  /** The end of a sentence about the suite: `312 tests, 2 failed`. */
  readonly summary: string;
  /** Markdown lines. */
  readonly evidence: readonly string[];
  readonly findings: readonly JudgedFinding[];
}
