import { expect, test } from '@jest/globals';
import type { NewEvent } from '../../src/release/events.js';
import { checkOf } from '../../src/report/check.js';
import { feedbackText, filesConcerned } from '../../src/report/feedback.js';
import { resultOf } from '../../src/report/result.js';
import { summaryOf } from '../../src/report/summary.js';
import { endOf, LINKS, Story } from './story.js';

type Verified = Extract<NewEvent, { type: 'verified' }>;

const verified = (about: Partial<Verified> = {}): Verified => ({
  type: 'verified',
  suite: 'unit',
  verdict: 'passed',
  reason: null,
  summary: 'succeeded after 1.2 s; 1,204 tests',
  attempts: 1,
  tests: null,
  alerts: null,
  values: {},
  fingerprints: null,
  findings: [],
  ...about,
});
const found = (path: string | null, level: 'failure' | 'warning', line: number | null = 7) => ({
  ...{ path, line, level, title: `in ${path}`, message: 'first line\nsecond line' },
});
const FAILED = verified({
  verdict: 'failed',
  reason: 'tests-failed',
  summary: 'exited with code 1 after 1.2 s; 3 tests, 2 failed',
  tests: { tests: 3, failures: 2, errors: 0, skipped: 1, flaky: 0, unlisted: 0 },
  findings: [found('src/a b.ts', 'failure'), found(null, 'failure')],
});
const SCANNED = verified({
  suite: 'scan',
  attempts: 2,
  alerts: { critical: 0, high: 0, medium: 2, low: 0, none: 0, suppressed: 1 },
  values: { 'latency.p95': 312.5 },
  findings: [found('src/c.ts', 'warning', null)],
});
const story = new Story()
  .begins('verify')
  .add(SCANNED)
  .add(FAILED)
  .ends('verify', 'failed', { reason: 'tests-failed' });
const check = checkOf({ state: story.state, stage: 'verify', links: LINKS });

test('the check has a line for each suite, with what it left', () => {
  expect(check.summary).toContain(
    '| `scan` | Passed, flaky | 2 | – | 2 medium, 1 suppressed | `latency.p95` 312.5 |',
  );
  expect(check.summary).toContain('| `unit` | **Failed** | 1 | 3, **2 failed**, 1 skipped | – | – |');
});

test('findings with a place are annotations of this check alone, the worst first', () => {
  expect(check.annotations).toEqual([
    {
      path: 'src/a b.ts',
      line: 7,
      level: 'failure',
      title: 'in src/a b.ts',
      message: 'first line\nsecond line',
    },
    { path: 'src/c.ts', line: 1, level: 'warning', title: 'in src/c.ts', message: 'first line\nsecond line' },
  ]);
  expect(checkOf({ state: story.state, stage: 'backup', links: LINKS })).not.toHaveProperty('annotations');
});

test('suites that left no more than their exit code need no table', () => {
  const plain = new Story().begins('verify').add(verified()).ends('verify', 'passed');
  expect(checkOf({ state: plain.state, stage: 'verify', links: LINKS }).summary).not.toContain('| Suite');
});

test('the summary and the result have the numbers', () => {
  const end = endOf(story.over('blocked', 'tests-failed', 'tests failed'));
  expect(summaryOf(end)).toContain('### Verification');
  expect(resultOf(end).suites).toMatchObject([
    { name: 'scan', attempts: 2, values: { 'latency.p95': 312.5 } },
    { name: 'unit', reason_code: 'tests-failed', tests: { failures: 2 } },
  ]);
});

test('the issue names what shut the gate, with links to the lines, and the files concerned', () => {
  const { title, body } = feedbackText(story.state, LINKS);
  const { sha } = story.state.started;
  expect(title).toBe('shop in production: verification does not pass');
  expect(body).toContain('**`unit`** Exited with code 1 after 1.2 s; 3 tests, 2 failed.');
  expect(body).toContain(
    `- [src/a b.ts:7](${LINKS.repository}/blob/${sha}/src/a%20b.ts#L7) **in src/a b.ts**: first line`,
  );
  expect(body).toContain('- **in null**: first line');
  expect(body).not.toContain('src/c.ts');
  expect(filesConcerned(story.state)).toEqual(['src/a b.ts']);
});
