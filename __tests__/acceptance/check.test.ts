import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commitFiles } from '../../sandbox/github/seed.js';
import { quickPlan } from './quick-plan.js';
import { ALL, type Files, type Released, type Scenario, startScenario } from './scenario.js';

/** Tuesday 2026-03-03, 18:40 in Berlin. */
const NOW = Date.parse('2026-03-03T17:40:00Z');

const GATES = {
  paths: ['shop/**'],
  contacts: [
    { name: 'On call', role: 'operations', github: '@acme/sre', url: 'https://chat.example/on-call' },
  ],
  'promoted-in': null,
  requires: { tools: ['kubectl >= 1.28'], env: ['DATABASE_URL'] },
  window: { timezone: 'Europe/Berlin', open: ['Mon-Thu 22:00-05:00'] },
  approvals: [{ role: 'business', from: ['@bob', '@carol'] }],
  documents: [{ when: ['shop/api/**'], require: ['docs/api/**'], reason: 'The API reference is a promise' }],
  'last-resort': './maintenance.sh on',
};
const SHOP = quickPlan(GATES);
const CART = quickPlan({ service: 'cart', paths: ['cart/**'], canary: null, metrics: null });

interface Asked {
  readonly number: number;
  readonly event?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly payload?: object;
}

describe('a check', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await startScenario({
      plan: SHOP,
      files: { '.github/releases/cart.yml': CART, 'shop/a.txt': 'a\n' },
      now: () => NOW,
    });
  });
  afterAll(() => scenario?.stop());

  async function opened(files: Files): Promise<{ readonly number: number; readonly head: string }> {
    const branch = `change-${scenario.github.pulls().length + 1}`;
    const parents = [await scenario.head()];
    const head = await commitFiles(scenario.github, { branch, files, message: 'Change', parents });
    const { number } = await scenario.github.openPull({ head: branch, by: 'dave', title: 'Change' });
    return { number, head };
  }

  function asked({ number, event = 'pull_request', payload, ...more }: Asked): Promise<Released> {
    return scenario
      .begin({
        sha: 'main',
        noCheckout: true,
        event: {
          name: event,
          payload: payload ?? { pull_request: { number }, issue: { number, pull_request: {} } },
        },
        with: { command: 'check', plan: '.github/{gated-release.yml,releases/*.yml}', ...more.with },
      })
      .then(({ done }) => done);
  }

  const commentsOn = (number: number) => scenario.github.comments().filter((one) => one.number === number);
  const checkOn = (head: string) =>
    scenario.github.checkRuns(head).filter(({ name }) => name === 'gated-release');

  /** The exit code, the decision and the check say the same. */
  function expectSaid(done: Released, head: string, end: { decision: string; reason: string }): void {
    const isGreen = end.decision === 'passed';
    expect({ decision: done.decision, reason: done.reason }).toEqual(end);
    expect(done.job.status).toBe(isGreen ? 'success' : 'failure');
    expect(checkOn(head).at(-1)).toMatchObject({ conclusion: isGreen ? 'success' : 'failure' });
    expect(scenario.github.violations).toEqual([]);
    expect(scenario.service.calls()).toEqual([]);
  }

  test('previews the release in a check and one comment, and waits for people and time without being red', async () => {
    const { number, head } = await opened({ 'shop/b.txt': 'b\n' });
    const done = await asked({ number, with: { runbook: 'out/runbook.md' } });
    expectSaid(done, head, { decision: 'passed', reason: 'change-passes' });
    const [comment] = commentsOn(number);
    for (const text of [
      'it opens Tue 22:00 Europe/Berlin, in 3 h 20 min',
      `/approve business ${head.slice(0, 7)}`,
      'One of bob, carol approves',
      'echo "promote $RELEASE_TARGET_VERSION"',
      './maintenance.sh on',
      'kubectl &gt;= 1.28',
      'Not affected: `cart/production`',
      'On call',
    ])
      expect(comment?.body).toContain(text);
    expect(comment?.body).not.toMatch(/(^|\s)@\w/);
    expect(checkOn(head).at(-1)?.summary).toContain('What the release does');
    const runbook = readFileSync(join(scenario.directory, 'workspace-1', 'out', 'runbook.md'), 'utf8');
    expect(runbook).toContain('How it goes back');

    await scenario.github.review(number, { by: 'bob' });
    const again = await asked({ number, event: 'pull_request_review' });
    expectSaid(again, head, { decision: 'passed', reason: 'change-passes' });
    expect(commentsOn(number)).toHaveLength(1);
    expect(commentsOn(number)[0]?.body).toContain('business: bob signed off');
  });

  test('passes what no plan is affected by', async () => {
    const { number, head } = await opened({ 'README.md': 'More\n' });
    const done = await asked({ number });
    expectSaid(done, head, { decision: 'passed', reason: 'not-affected' });
  });

  test('is red for missing documents, with an annotation, until the change brings them', async () => {
    const { number, head } = await opened({ 'shop/api/a.txt': 'a\n' });
    expectSaid(await asked({ number }), head, { decision: 'blocked', reason: 'documents-missing' });
    expect(checkOn(head).at(-1)?.annotations).toMatchObject([{ path: 'shop/api/a.txt' }]);
    const branch = scenario.github.pulls().find((pull) => pull.number === number)?.head ?? '';
    const mended = await commitFiles(scenario.github, {
      branch,
      files: { 'docs/api/a.md': 'a\n' },
      message: 'Doc',
    });
    expectSaid(await asked({ number }), mended, { decision: 'passed', reason: 'change-passes' });
  });

  test('is red for an invalid plan, with the line, and for one that asks for less until those entitled agree', async () => {
    const broken = await opened({
      '.github/gated-release.yml': `${SHOP.trimEnd().slice(0, -1)}, "windw": {}\n}\n`,
    });
    const done = await asked({ number: broken.number });
    expectSaid(done, broken.head, { decision: 'blocked', reason: 'plan-invalid' });
    expect(done.log).toContain('Did you mean `window`?');

    const looser = quickPlan({ ...GATES, window: null, promote: 'curl http://127.0.0.1:9/`whoami`' });
    const { number, head } = await opened({ '.github/gated-release.yml': looser });
    const red = await asked({ number, event: 'issue_comment' });
    expectSaid(red, head, { decision: 'blocked', reason: 'plan-loosened' });
    expect(red.log).toContain('the window is gone');
    expect(commentsOn(number)[0]?.body).toContain('curl http://127.0.0.1:9/`whoami`');
    scenario.github.comment(number, { by: 'carol', body: `/approve business ${head.slice(0, 7)}` });
    expectSaid(await asked({ number, event: 'issue_comment' }), head, {
      decision: 'passed',
      reason: 'change-passes',
    });
  });

  test('says the same by its exit code alone where the token may only read, as on a fork', async () => {
    const { number, head } = await opened({ 'shop/api/c.txt': 'c\n' });
    const read = Object.fromEntries(Object.keys(ALL).map((scope) => [scope, 'read'] as const));
    scenario.github.setPermissions('job', read);
    const done = await asked({ number });
    scenario.github.setPermissions('job', ALL);
    expect({ decision: done.decision, reason: done.reason, job: done.job.status }).toEqual({
      ...{ decision: 'blocked', reason: 'documents-missing', job: 'failure' },
    });
    expect(checkOn(head)).toEqual([]);
    expect(commentsOn(number)).toEqual([]);
    expect(done.summary).toContain('The API reference is a promise');
  });

  test('checks a merge group, and finds nothing to do for a comment on an issue', async () => {
    const { head } = await opened({ 'cart/a.txt': 'a\n' });
    const base = await scenario.head();
    const payload = { merge_group: { head_sha: head, base_sha: base, base_ref: 'refs/heads/main' } };
    const done = await asked({ number: 0, event: 'merge_group', payload });
    expectSaid(done, head, { decision: 'passed', reason: 'change-passes' });
    expect(checkOn(head).at(-1)?.title).toContain('cart/production could be released');

    const other = await asked({ number: 0, event: 'issue_comment', payload: { issue: { number: 1 } } });
    expect({ decision: other.decision, job: other.job.status }).toEqual({
      decision: 'nothing-to-do',
      job: 'success',
    });
    const pushed = await asked({ number: 0, event: 'push', payload: {} });
    expect({ decision: pushed.decision, reason: pushed.reason }).toEqual({
      decision: 'blocked',
      reason: 'unsupported-event',
    });
  });
});
