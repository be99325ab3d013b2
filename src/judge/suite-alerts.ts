import { type Alert, type AlertFacts, MOST_FINDINGS } from '../evidence/contract.js';
import type { EvidenceSource, Severity } from '../plan/plan.js';
import type { EvidenceBase, EvidenceJudgement, JudgedFinding } from './suite-judgement.js';
import { firstLine } from './suite-tests.js';

type SarifSource = Extract<EvidenceSource, { kind: 'sarif' }>;

const RISING: readonly Severity[] = ['none', 'low', 'medium', 'high', 'critical'];
const MOST_LISTED = 20;

/** No finding, or no new one, may be as severe as `fail-on` says. */
export function judgeAlerts(
  source: SarifSource,
  facts: AlertFacts,
  base: EvidenceBase | null,
): EvidenceJudgement {
  const old = new Set(source.newOnly ? base?.fingerprints : []);
  const counting = source.newOnly
    ? facts.alerts.filter(({ fingerprint }) => !old.has(fingerprint))
    : facts.alerts;
  const bad = counting.filter(({ severity }) => isSevere(severity, source.failOn));
  const isBad = new Set(bad);
  const shown = [...bad, ...counting.filter((alert) => !isBad.has(alert))].slice(0, MOST_FINDINGS);
  return {
    reason: bad.length > 0 ? 'findings-too-severe' : null,
    summary: summaryOf({ source, facts, counting, bad: bad.length, base }),
    evidence: [...bad.slice(0, MOST_LISTED).map(lineOf), ...moreLine(bad.length)],
    findings: shown.map((alert) => findingOf(alert, isBad.has(alert))),
  };
}

function isSevere(severity: Severity, failOn: Severity): boolean {
  return failOn !== 'none' && RISING.indexOf(severity) >= RISING.indexOf(failOn);
}

function summaryOf(of: {
  readonly source: SarifSource;
  readonly facts: AlertFacts;
  readonly counting: readonly Alert[];
  readonly bad: number;
  readonly base: EvidenceBase | null;
}): string {
  const { source, facts, counting, bad, base } = of;
  const { alerts, suppressed } = facts;
  const by = [...RISING].reverse().flatMap((severity) => {
    const count = alerts.filter((alert) => alert.severity === severity).length;
    return count > 0 ? [`${count} ${severity === 'none' ? 'without a severity' : severity}`] : [];
  });
  const total = `${alerts.length} ${alerts.length === 1 ? 'finding' : 'findings'}`;
  return [
    by.length > 0 ? `${total} (${by.join(', ')})` : total,
    ...(suppressed > 0 ? [`${suppressed} suppressed`] : []),
    ...(source.newOnly ? [newText(counting.length, base)] : []),
    ...(bad > 0 ? [`${bad} at or above \`fail-on: ${source.failOn}\``] : []),
  ].join(', ');
}

function newText(count: number, base: EvidenceBase | null): string {
  const known = base?.fingerprints ?? null;
  return known === null
    ? 'all taken for new, since no promoted release kept its findings'
    : `${count} new against ${base?.version ?? ''}`;
}

function lineOf({ severity, title, path, line, message }: Alert): string {
  const place = path === null ? '' : ` (\`${path}${line === null ? '' : `:${line}`}\`)`;
  return `- ${severity}: ${title}${place}: ${firstLine(message)}`;
}

function moreLine(count: number): string[] {
  return count > MOST_LISTED ? [`- and ${count - MOST_LISTED} more`] : [];
}

function findingOf({ path, line, title, message, severity }: Alert, isBad: boolean): JudgedFinding {
  const level = isBad ? 'failure' : severity === 'low' || severity === 'none' ? 'notice' : 'warning';
  return { path, line, title, message, level };
}
