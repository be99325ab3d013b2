import type { TestFacts } from '../evidence/contract.js';
import type { EvidenceJudgement } from './suite-judgement.js';

const MOST_LISTED = 20;

/** No test may have failed, and at least one must have been executed: an empty report proves nothing. */
export function judgeTests(facts: TestFacts): EvidenceJudgement {
  const { tests, failures, errors, skipped, flaky, unlisted, failed } = facts;
  const executed = tests - skipped;
  const bad = failures + errors + unlisted;
  const parts = [
    counted(failures, 'failed'),
    counted(errors, errors === 1 ? 'error' : 'errors'),
    unlisted > 0 ? `${unlisted} more failed by the totals of the report, which does not list them` : '',
    counted(skipped, 'skipped'),
    counted(flaky, 'flaky'),
  ].filter((part) => part !== '');
  const summary = [`${tests} ${tests === 1 ? 'test' : 'tests'}`, ...parts].join(', ');
  const findings = failed.map((finding) => ({ ...finding, level: 'failure' as const }));
  const evidence = [...listed(facts), ...flakyLines(facts)];
  if (bad > 0) return { reason: 'tests-failed', summary, evidence, findings };
  if (executed > 0) return { reason: null, summary, evidence, findings: [] };
  return { reason: 'no-tests', summary: `${summary}: no test was executed`, evidence, findings: [] };
}

function counted(count: number, what: string): string {
  return count > 0 ? `${count} ${what}` : '';
}

function listed({ failed, failures, errors }: TestFacts): string[] {
  const more = failures + errors - Math.min(failed.length, MOST_LISTED);
  return [
    ...failed.slice(0, MOST_LISTED).map(({ title, path, line, message }) => {
      const place = path === null ? '' : ` (\`${path}${line === null ? '' : `:${line}`}\`)`;
      return `- ${title}${place}: ${firstLine(message)}`;
    }),
    ...(more > 0 ? [`- and ${more} more failed`] : []),
  ];
}

function flakyLines({ flakyTests, flaky }: TestFacts): string[] {
  if (flaky === 0) return [];
  const more = flaky > flakyTests.length ? `, and ${flaky - flakyTests.length} more` : '';
  return [`- Flaky, passed when run again: ${flakyTests.join(', ')}${more}`];
}

export function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? ''
  );
}
