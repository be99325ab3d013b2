import type { EvidenceSource, Severity } from '../plan/plan.js';

/** Something that a report says of the code, for people: redacted, and cut to a length that can be shown. */
export interface Finding {
  /** From the root of the repository, with `/`; null when the report names no file that is there. */
  readonly path: string | null;
  /** From 1; null when it is not known. */
  readonly line: number | null;
  /** One line, at most 200 characters. */
  readonly title: string;
  /** At most 600 characters. */
  readonly message: string;
}

export interface TestFacts {
  readonly kind: 'junit';
  readonly files: readonly string[];
  /** All that were listed; of them `skipped` were not executed. */
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  /** Failed at first, passed when the tool ran them again. */
  readonly flaky: number;
  /** Failed by the totals of a suite that does not list them. */
  readonly unlisted: number;
  /** The first of the tests that failed or erred, at most `MOST_FINDINGS`. */
  readonly failed: readonly Finding[];
  /** Names of the first flaky tests. */
  readonly flakyTests: readonly string[];
}

export interface Alert extends Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** 16 hex digits: the same for the same finding in another release, also when its line has moved. */
  readonly fingerprint: string;
}

export interface AlertFacts {
  readonly kind: 'sarif';
  readonly files: readonly string[];
  /** The names of the tools. */
  readonly tools: readonly string[];
  /** The worst first. */
  readonly alerts: readonly Alert[];
  /** Found, and suppressed in the code or by a person. */
  readonly suppressed: number;
}

export interface ValueFacts {
  readonly kind: 'report';
  readonly files: readonly string[];
  /** By the paths of the limits; all of them, each a finite number. */
  readonly values: Readonly<Record<string, number>>;
}

export type Facts = TestFacts | AlertFacts | ValueFacts;

/** Why there is no evidence where some was asked for; never a reason to pass. */
export type EvidenceReason =
  | 'evidence-missing'
  | 'evidence-stale'
  | 'evidence-outside'
  | 'evidence-too-large'
  | 'evidence-invalid'
  | 'evidence-unsupported';

export class EvidenceProblem extends Error {
  readonly reason: EvidenceReason;
  constructor(reason: EvidenceReason, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'EvidenceProblem';
    this.reason = reason;
  }
}

export type Collected =
  | { readonly source: EvidenceSource; readonly facts: Facts }
  | { readonly source: EvidenceSource; readonly problem: EvidenceProblem };

export interface EvidenceReader {
  /**
   * Notes what lies where the evidence is to come, before the suite runs: a file that is still the same afterwards was
   * not written by it. `directory` is absolute, where the patterns start and which the files must not leave. Never
   * rejects.
   */
  expect(
    sources: readonly EvidenceSource[],
    options: { readonly directory: string },
  ): Promise<ExpectedEvidence>;
}

export interface ExpectedEvidence {
  /** Reads what the suite left, one entry for each source, in their order. Never rejects. */
  collect(options: { readonly signal: AbortSignal }): Promise<readonly Collected[]>;
}

/** More are counted and not listed. */
export const MOST_FINDINGS = 200;
