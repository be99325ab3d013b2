import type { Annotation } from '../github/contract.js';
import type { Verdict } from '../judge/verdict.js';
import type { ReasonCode } from './reasons.js';

/** A condition that ends a release or a stage: its reason code, a sentence with the particulars, the evidence. */
export class ReleaseProblem extends Error {
  readonly reason: ReasonCode;
  /** Markdown lines for the check and the report. */
  readonly evidence: readonly string[];
  /** Files that the check points to. */
  readonly annotations: readonly Annotation[];
  readonly verdict: Exclude<Verdict, 'passed'>;
  constructor(
    reason: ReasonCode,
    message: string,
    options: {
      cause?: unknown;
      evidence?: readonly string[];
      annotations?: readonly Annotation[];
      verdict?: Exclude<Verdict, 'passed'>;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ReleaseProblem';
    this.reason = reason;
    this.evidence = options.evidence ?? [];
    this.annotations = options.annotations ?? [];
    this.verdict = options.verdict ?? 'failed';
  }
}

/** Any error as a problem; what is unknown becomes `internal`, without its stack. */
export function asProblem(error: unknown): ReleaseProblem {
  if (error instanceof ReleaseProblem) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ReleaseProblem('internal', message, { cause: error, verdict: 'errored' });
}
