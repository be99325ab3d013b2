import type { AlertFacts, Collected, Facts, TestFacts } from '../evidence/contract.js';
import type { EvidenceJudgement } from '../judge/suite-judgement.js';
import type { Severity, Suite } from '../plan/plan.js';
import type { Verified } from '../release/events.js';
import type { ReasonCode } from '../release/reasons.js';

/** Evidence of one kind: what it means, or why there is none. */
export type Weighed = Collected & { readonly judgement?: EvidenceJudgement };

/** One run of a suite, judged. */
export interface Attempt {
  readonly verdict: Verified['verdict'];
  readonly reason: ReasonCode | null;
  readonly summary: string;
  /** Markdown lines. */
  readonly evidence: readonly string[];
  readonly weighed: readonly Weighed[];
}

/** What is kept of findings: the record is written again with each write of the release. */
const MOST_FINDINGS = { passed: 20, failed: 100 } as const;
/** Findings beyond these are taken for new by the next release: noise rather than a hole. */
const MOST_FINGERPRINTS = 2_000;

/** What the record keeps of a suite, for people and for the next release to be held against. */
export function verifiedEvent(
  suite: Suite,
  attempt: Omit<Attempt, 'evidence'>,
  attempts: number,
): Omit<Verified, 'at'> {
  const { verdict, reason, summary, weighed } = attempt;
  const facts = weighed.flatMap((one) => ('facts' in one ? [one.facts] : []));
  const alerts = facts.find((one) => one.kind === 'sarif') ?? null;
  const findings = weighed.flatMap(({ judgement }) => judgement?.findings ?? []);
  const most = verdict === 'passed' ? MOST_FINDINGS.passed : MOST_FINDINGS.failed;
  return {
    type: 'verified',
    suite: suite.name,
    verdict,
    reason,
    summary,
    attempts,
    tests: testsOf(facts.find((one) => one.kind === 'junit') ?? null),
    alerts: alerts && alertsOf(alerts),
    values: valuesOf(facts),
    fingerprints: alerts?.alerts.slice(0, MOST_FINGERPRINTS).map(({ fingerprint }) => fingerprint) ?? null,
    findings: findings.slice(0, most).map((finding) => ({ ...finding })),
  };
}

function testsOf(facts: TestFacts | null): Verified['tests'] {
  if (facts === null) return null;
  const { tests, failures, errors, skipped, flaky, unlisted } = facts;
  return { tests, failures, errors, skipped, flaky, unlisted };
}

function alertsOf({ alerts, suppressed }: AlertFacts): NonNullable<Verified['alerts']> {
  const count = (severity: Severity) => alerts.filter((alert) => alert.severity === severity).length;
  return {
    critical: count('critical'),
    high: count('high'),
    medium: count('medium'),
    low: count('low'),
    none: count('none'),
    suppressed,
  };
}

function valuesOf(facts: readonly Facts[]): Record<string, number> {
  return Object.fromEntries(
    facts.flatMap((one) => (one.kind === 'report' ? Object.entries(one.values) : [])),
  );
}
