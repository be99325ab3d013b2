import { describe, expect, test } from '@jest/globals';
import { summaryOf } from '../../src/report/summary.js';
import { terminalLines } from '../../src/report/terminal.js';
import { earlyEnd, endOf, errors, promoted, rollbackFailed, rolledBack, Story } from './story.js';

const contacts = [
  { name: 'On call', role: 'operations', github: '@acme/sre', url: 'https://acme.example/oncall' },
];

test('the first lines say the decision, what serves, whether traffic is whole, and what to do', () => {
  const [headline, service, traffic, toDo] = summaryOf(endOf(rollbackFailed())).split('\n');
  expect(headline).toBe('## ROLLBACK FAILED, A PERSON IS NEEDED NOW: `shop` `1.2.0` in `production`');
  expect(service).toMatch(/^- \*\*In service now:\*\* NOT KNOWN/);
  expect(traffic).toBe('- **Traffic:** Whole: 0 % on the canary, read back.');
  expect(toDo).toMatch(/^- \*\*What to do:\*\* Bring the old version back by hand now/);
});

test('the stages are a table with what was found and the time taken', () => {
  const summary = summaryOf(endOf(promoted()));
  expect(summary).toContain('| `verify` | Passed | 2 of 2 suites passed | 1 min 35 s |');
  expect(summary).toContain('| `rollback` | Not run | Not needed. | – |');
});

describe('contacts', () => {
  test('are named, without calling anybody, when people are needed', () => {
    expect(summaryOf(endOf(rolledBack(), { contacts }))).toContain(
      '| On call | operations | `@acme/sre` | [acme.example/oncall](https://acme.example/oncall) |',
    );
  });

  test('are left alone after a promotion', () => {
    expect(summaryOf(endOf(promoted(), { contacts }))).not.toContain('Who to call');
  });
});

describe('charts', () => {
  test('every number in a chart stands in a table, too', () => {
    const summary = summaryOf(endOf(rolledBack()));
    expect(summary).toContain('bar [5, 25, 0]');
    expect(summary).toContain('bar [0.41, 5.12]');
    for (const cell of ['| 25 % | read back |', '| 0.41 % |', '| 5.12 % |']) expect(summary).toContain(cell);
  });

  test('one weight is no chart', () => {
    expect(summaryOf(endOf(new Story().moves(5)))).not.toContain('mermaid');
  });

  test('one measurement is, since it may be the one that decided', () => {
    const story = new Story().moves(5).judges(5, [errors(0.075)]);
    expect(summaryOf(endOf(story))).toContain('bar [7.5]');
  });

  test('points of one second share a place, and hundreds are thinned', () => {
    const story = new Story();
    for (let i = 0; i < 300; i++) story.moves(i % 100).judges(5, [errors(0.001)]);
    const chart = /bar \[([^\]]*)\]/.exec(summaryOf(endOf(story)))?.[1] ?? '';
    expect(chart.split(', ')).toHaveLength(40);
  });

  test('a metric name cannot break out of the chart', () => {
    const evil = errors(0.001, { metric: 'x"]\nline [1]' });
    const story = new Story().moves(5).judges(5, [evil]).moves(25).judges(25, [evil]);
    expect(summaryOf(endOf(story))).toContain('title "xline 1 of the new version');
  });
});

test('the first cause stands beside a later failure only when the summary lacks it', () => {
  const story = new Story()
    .add({ type: 'failing', reason: 'metric-failed', summary: 'errors rose' })
    .over('rollback-failed', 'traffic-back-failed', 'traffic is stuck');
  expect(summaryOf(endOf(story))).toContain('**First cause:** Errors rose. (`metric-failed`)');
  expect(summaryOf(endOf(rollbackFailed()))).not.toContain('First cause');
});

test('an end before any record still tells why, what to do, and which permission is missing', () => {
  const summary = summaryOf(
    earlyEnd({
      permissions: [{ permission: 'checks: write', effect: 'no check runs' }],
      notes: ['- would wait'],
    }),
  );
  expect(summary).toContain('**Why:** plan.yml:3 `verfy` is not a key. (`plan-invalid`)');
  expect(summary).toContain('| `checks: write` | no check runs |');
  expect(summary).toContain('### Notes\n\n- would wait');
  expect(summary).not.toContain('### Stages');
});

test('several problems are a list, each in full', () => {
  const problems = Array.from({ length: 20 }, (_, index) => `  line ${index + 1}, key: ${'x'.repeat(90)}`);
  const end = { ...endOf(promoted()), summary: ['plan.yml: 20 problems', ...problems].join('\n') };
  const summary = summaryOf(end);
  for (const problem of problems) expect(summary).toContain(`\n- ${problem.trim()}\n`);
  expect(terminalLines(end).filter((line) => / {14}line \d+, key: x{90}$/.test(line))).toHaveLength(20);
});

test('evidence of what failed is shown, that of what passed is left to its check', () => {
  const summary = summaryOf(endOf(rolledBack()));
  expect(summary).toContain('### Evidence of canary');
  expect(summary).not.toContain('### Evidence of verify');
});

test('a summary stays below what GitHub shows', () => {
  const evidence = Array.from({ length: 20_000 }, () => `\`\`\` ${'x'.repeat(100)}`);
  const story = new Story().begins('verify').ends('verify', 'failed', { reason: 'verify-failed', evidence });
  const summary = summaryOf(endOf(story.over('blocked', 'verify-failed', 'x')));
  expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
  expect(summary).toContain('_Cut here');
});
