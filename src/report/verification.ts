import type { Verified } from '../release/events.js';
import type { ReleaseState } from '../release/state.js';
import { code, inline, table } from './markdown.js';
import { count } from './quantity.js';
import { verdictMark } from './stage-row.js';

/** What a suite found, at the line that it is about. */
export interface CheckAnnotation {
  readonly path: string;
  readonly line: number;
  readonly level: 'notice' | 'warning' | 'failure';
  readonly title: string;
  readonly message: string;
}

const WORST_FIRST = { failure: 0, warning: 1, notice: 2 } as const;

/** The suites as a table; empty when none left more than its exit code. */
export function suitesTable({ verified }: ReleaseState): string {
  if (!verified.some((one) => one.attempts > 1 || measured(one))) return '';
  const rows = verified.map((one) => [
    code(one.suite),
    verdictMark(one.verdict) + (one.verdict === 'passed' && one.attempts > 1 ? ', flaky' : ''),
    count(one.attempts),
    testsText(one),
    alertsText(one),
    Object.entries(one.values)
      .map(([path, value]) => `${code(path)} ${inline(String(value))}`)
      .join(', '),
  ]);
  return table(['Suite', 'Verdict', 'Attempts', 'Tests', 'Findings', 'Values'], rows);
}

/** Findings that have a place in the repository, the worst first. */
export function annotationsOf({ verified }: ReleaseState): readonly CheckAnnotation[] {
  return verified
    .flatMap(({ findings }) => findings)
    .flatMap(({ path, line, level, title, message }) =>
      path === null ? [] : [{ path, line: line ?? 1, level, title, message }],
    )
    .toSorted((a, b) => WORST_FIRST[a.level] - WORST_FIRST[b.level]);
}

function measured({ tests, alerts, values }: Verified): boolean {
  return tests !== null || alerts !== null || Object.keys(values).length > 0;
}

function testsText({ tests }: Verified): string {
  if (tests === null) return '';
  const { failures, errors, unlisted, skipped, flaky } = tests;
  const bad = failures + errors + unlisted;
  return [
    count(tests.tests),
    bad > 0 ? `**${count(bad)} failed**` : '',
    skipped > 0 ? `${count(skipped)} skipped` : '',
    flaky > 0 ? `${count(flaky)} flaky` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function alertsText({ alerts }: Verified): string {
  if (alerts === null) return '';
  const { none, suppressed, ...severe } = alerts;
  const parts = [
    ...Object.entries(severe),
    ['without a severity', none] as const,
    ['suppressed', suppressed] as const,
  ].flatMap(([name, number]) => (number > 0 ? [`${count(number)} ${name}`] : []));
  return parts.length === 0 ? 'none' : parts.join(', ');
}
