import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commitFiles } from '../../sandbox/github/seed.js';
import { emptyCurrent, formatCurrent } from '../../src/release/current.js';
import { shortPlan } from './claims.js';
import { INSIDE } from './inside.js';
import { ALL, type Files, type Released, type Scenario, startScenario } from './scenario.js';

/** Tuesday 2026-03-03, 22:30 in Berlin. */
const NOW = Date.parse('2026-03-03T21:30:00Z');
const window = { timezone: 'Europe/Berlin', open: ['Mon-Thu 22:00-05:00'] };
const frozen = (to: string, reason: string) => ({ ...window, freeze: [{ from: '2026-03-01', to, reason }] });

/** What the preview says of each gate, by the state in which a service finds it. None of it is red. */
const GATES: Readonly<Record<'open' | 'shut' | 'broken', readonly RegExp[]>> = {
  open: [
    /When it could start: the window is open until Wed 05:00 Europe\/Berlin/,
    /requires \(green on the commit: build\)/,
    /approvals \(business: bob signed off #\d+ at \w{7}\)/,
    /blockers \(no open issue is labelled never-used\)/,
    /quarantine \(the change contains nothing that was taken back\)/,
  ],
  shut: [
    /promoted-in \| The merged commit has to be promoted in staging first/,
    /requires \| 1 of 1 required checks has not succeeded \(scan: no check or status of this name/,
    /window \| A freeze holds \(Trade fair\); it opens Mon/,
    // What was merged since the last promotion comes with the release, and needs its sign-off as well.
    /The old version back, with RELEASE_TARGET_VERSION=0\.9, at most/,
    /approvals \| business: one sign-off of #1 at \w{7} is missing/,
    /looked at when the release starts: .*a reviewer of the environment production lets the run go, for a commit merged since 0\.9 without a pull request/i,
    /approvals \| business: one sign-off of #\d+ at \w{7} is missing \(bob agreed, but is not in the role business\)\. \| carol approves, or comments \/approve business/,
    /blockers \| An open issue stops every release \(.*Do not <release>/,
    /quarantine \| The change contains what was taken back by 20260101-000000-bad0000-0000/,
  ],
  broken: [
    /requires \| The checks build could not be read/,
    /window \| A freeze holds \(For ever\), and it does not open within two years/,
    /approvals \| business: .* who may give it is not known \(the team acme\/leads could not be read/,
    /blockers \| Whether an open issue is labelled release-blocker could not be read/,
    /quarantine \| The ledger cannot be read/,
  ],
};

const plan = (service: string, keys: object) =>
  shortPlan({ service, paths: [`${service}/**`], 'in-service': null, ...keys });
const LOOSER = { window, approvals: [{ role: 'business', from: ['@bob'] }] };
const PLANS: Files = {
  '.github/releases/broken.yml': plan('broken', {
    ...{ requires: { checks: ['build'] }, window: frozen('2100-01-01', 'For ever') },
    ...{ approvals: [{ role: 'business', from: ['@acme/leads'] }] },
    blockers: { labels: ['release-blocker'] },
  }),
  '.github/releases/documents.yml': plan('documents', {
    documents: [{ when: ['documents/**'], require: ['docs/**'], reason: 'The API reference is a promise' }],
  }),
  'docs/old.md': 'Old\n',
  '.github/releases/looser.yml': plan('looser', LOOSER),
  '.github/releases/open.yml': plan('open', {
    ...{
      requires: { checks: ['build'], env: ['DATABASE_URL'] },
      window,
      blockers: { labels: ['never-used'] },
    },
    approvals: [{ role: 'business', from: ['@bob'] }],
    contacts: [
      { name: 'On call', role: 'operations', github: '@acme/sre', url: 'https://chat.example/on-call' },
    ],
    'last-resort': './maintenance.sh on',
    rollback: { run: './back.sh' },
  }),
  '.github/releases/shut.yml': plan('shut', {
    ...{ 'promoted-in': { environment: 'staging' }, requires: { checks: ['scan'] } },
    ...{ window: frozen('2026-03-08', 'Trade fair'), approvals: [{ role: 'business', from: ['@carol'] }] },
    blockers: { labels: ['release-blocker'] },
  }),
};

let scenario: Scenario;
let base = '';

beforeAll(async () => {
  scenario = await startScenario({ ...INSIDE, plan: null, files: PLANS, now: () => NOW });
  base = await scenario.head();
  const bad = { release: '20260101-000000-bad0000-0000', version: '0.9', rollback: null };
  const keep = (service: string, text: string) =>
    commitFiles(scenario.github, {
      ...{ branch: `gated-release/${service}/production`, files: { 'current.json': text } },
      message: 'As an earlier release left it',
    });
  const elsewhere = await commitFiles(scenario.github, {
    branch: 'other',
    files: { a: 'a' },
    message: 'Other',
  });
  const current = (service: string, sha: string, more: object = {}) =>
    formatCurrent({ ...emptyCurrent(service, 'production'), quarantine: [{ ...bad, sha }], ...more });
  const earlier = await opened({ 'shut/earlier.txt': 'a\n' });
  await scenario.github.merge(earlier.number, { way: 'squash', by: 'erin' });
  await commitFiles(scenario.github, { branch: 'main', files: { 'shut/b.txt': 'b\n' }, message: 'Pushed' });
  await keep('open', current('open', elsewhere));
  const at = '2026-03-01T10:00:00.000Z';
  const promoted = { release: '20260301-100000-aaaaaaa-0000', version: '0.9', sha: base, at };
  await keep('shut', current('shut', base, { last_promoted: promoted }));
  await keep('broken', 'no JSON');
  await fetch(`${scenario.github.apiUrl}/repos/acme/shop/issues`, {
    method: 'POST',
    headers: { authorization: 'token ghs_job_token_0123456789' },
    body: JSON.stringify({ title: 'Do not <release> @everyone', labels: ['release-blocker'] }),
  });
});
afterAll(() => scenario?.stop());

interface Change {
  readonly number: number;
  /** Of the pull request, and of the queue that would merge it. */
  readonly head: string;
  readonly queued: string;
}

async function opened(
  files: Files,
  on: { readonly branch: string; readonly sha: string } | null = null,
): Promise<Change> {
  const branch = `change-${scenario.github.pulls().length + 1}`;
  const of = { files, parents: [on?.sha ?? base] };
  const head = await commitFiles(scenario.github, { ...of, branch, message: 'Change' });
  const { number } = await scenario.github.openPull({
    ...{ head: branch, by: 'dave', title: 'Change' },
    ...(on === null ? {} : { base: on.branch }),
  });
  const queue = `gh-readonly-queue/main/pr-${number}-${base}`;
  const queued = await commitFiles(scenario.github, { ...of, branch: queue, message: `Change (#${number})` });
  return { number, head, queued };
}

const EVENTS = ['pull_request', 'pull_request_review', 'issue_comment', 'merge_group'] as const;
type EventName = (typeof EVENTS)[number];

function payloadOf(event: EventName, { number, queued }: Change): object {
  if (event === 'issue_comment') return { issue: { number, pull_request: {} } };
  if (event !== 'merge_group') return { pull_request: { number } };
  const refs = {
    base_ref: 'refs/heads/main',
    head_ref: `refs/heads/gh-readonly-queue/main/pr-${number}-${base}`,
  };
  return { merge_group: { head_sha: queued, base_sha: base, ...refs } };
}

async function asked(
  event: EventName,
  change: Change,
  inputs: Readonly<Record<string, string>> = {},
): Promise<Released> {
  const { done } = await scenario.begin({
    ...{ sha: 'main', noCheckout: true, event: { name: event, payload: payloadOf(event, change) } },
    with: { command: 'check', plan: '.github/releases/*.yml', ...inputs },
  });
  return done;
}

const commentsOn = (number: number) => scenario.github.comments().filter((one) => one.number === number);
const checkOn = (head: string) =>
  scenario.github.checkRuns(head).findLast(({ name }) => name === 'gated-release');
const headOf = (event: EventName, { head, queued }: Change) => (event === 'merge_group' ? queued : head);

/** The exit code, the decision and the check say the same, and nothing was run. */
function expectSaid(
  done: Released,
  head: string,
  end: { readonly decision: 'passed' | 'blocked'; readonly reason: string },
): void {
  const isGreen = end.decision === 'passed';
  expect({ decision: done.decision, reason: done.reason }).toEqual(end);
  expect(done.job.status).toBe(isGreen ? 'success' : 'failure');
  expect(checkOn(head)).toMatchObject({ conclusion: isGreen ? 'success' : 'failure' });
  expect(scenario.github.violations).toEqual([]);
}

/** Markdown as people read it. */
function plainly(markdown: string): string {
  return markdown
    .replace(/\\([^\s])|[`*]/g, '$1')
    .replaceAll('&#8203;', '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
}

describe('a check', () => {
  let waiting: Change;
  let red: Change;

  beforeAll(async () => {
    const { github } = scenario;
    waiting = await opened({ 'open/a.txt': 'a\n', 'shut/a.txt': 'a\n', 'broken/a.txt': 'a\n' });
    await github.review(waiting.number, { by: 'bob' });
    for (const headSha of [waiting.head, waiting.queued]) {
      const { id: runId } = github.addRun({ headSha, event: 'push' });
      github.addJob({ runId, name: 'build', status: 'completed' });
    }
    red = await opened({
      'documents/api.txt': 'a\n',
      // A document that is taken away documents nothing.
      'docs/old.md': null,
      '.github/releases/looser.yml': plan('looser', {
        ...LOOSER,
        window: null,
        promote: 'curl http://127.0.0.1:9/',
      }),
      '.github/releases/open.yml': `${plan('open', {}).trimEnd().slice(0, -1)}, "windw": {}\n}\n`,
    });
  });

  test.each(EVENTS)(
    'on %s is green while only time, people and others are missing, and names them',
    async (event) => {
      // What the first of the plans asks cannot be read.
      for (const operation of [
        'checks/list-for-ref',
        'repos/get-combined-status-for-ref',
        'issues/list-for-repo',
      ])
        scenario.github.fault({ kind: 'status', status: 403, match: { operation } });
      const done = await asked(event, waiting, event === 'pull_request' ? { runbook: 'out/runbook.md' } : {});
      const head = headOf(event, waiting);
      expectSaid(done, head, { decision: 'passed', reason: 'change-passes' });
      const [, ...sections] = (checkOn(head)?.summary ?? '').split(/^### /m);
      for (const [state, lines] of Object.entries(GATES)) {
        const section = plainly(sections.find((one) => one.startsWith(`\`${state}\``)) ?? '');
        for (const line of lines) expect(section).toMatch(line);
      }
    },
  );

  test('shows its preview in one comment, which calls nobody, and in a file', async () => {
    const [comment, ...more] = commentsOn(waiting.number);
    expect(more).toEqual([]);
    const runbook = readFileSync(join(scenario.directory, 'workspace-1', 'out', 'runbook.md'), 'utf8');
    for (const text of [
      'echo "promote $RELEASE_TARGET_VERSION"',
      './back.sh',
      './maintenance.sh on',
      'DATABASE\\_URL',
      'Not affected: `documents/production`, `looser/production`',
      'On call',
    ]) {
      expect(comment?.body).toContain(text);
      expect(runbook).toContain(text);
    }
    expect(comment?.body).not.toMatch(/(^|\s)@\w/);
    expect(runbook).not.toContain('<details>');
  });

  test.each(EVENTS)(
    'on %s is red for what the change must mend: documents, a loosened plan, an invalid one',
    async (event) => {
      const done = await asked(event, red);
      expectSaid(done, headOf(event, red), { decision: 'blocked', reason: 'gates-shut' });
      for (const text of ['Did you mean `window`?', 'the window is gone', 'The API reference is a promise'])
        expect(done.log).toContain(text);
      expect(
        checkOn(headOf(event, red))
          ?.annotations.map(({ path }) => path)
          .sort(),
      ).toEqual(['.github/releases/looser.yml', '.github/releases/open.yml', 'documents/api.txt']);
      expect(scenario.service.calls()).toEqual([]);
    },
  );

  test('lets a plan ask for less when those entitled agree, in the queue as well', async () => {
    const change = await opened({
      '.github/releases/looser.yml': plan('looser', { ...LOOSER, window: null }),
    });
    scenario.github.comment(change.number, {
      by: 'bob',
      body: `/approve business ${change.head.slice(0, 7)}`,
    });
    for (const event of ['issue_comment', 'merge_group'] as const) {
      const done = await asked(event, change);
      expectSaid(done, headOf(event, change), { decision: 'passed', reason: 'change-passes' });
    }
    expect(plainly(checkOn(change.queued)?.summary ?? '')).toContain('and bob agreed: the window is gone');
  });

  test('holds a change to another branch to the plans of the default branch as well', async () => {
    const files = { '.github/releases/looser.yml': plan('looser', { window }) };
    const sha = await commitFiles(scenario.github, { branch: 'lax', files, parents: [base], message: 'Lax' });
    const change = await opened({ 'README.md': 'More\n' }, { branch: 'lax', sha });
    const done = await asked('pull_request', change);
    expectSaid(done, change.head, { decision: 'blocked', reason: 'plan-loosened' });
    for (const text of ['the sign-off by business is gone', 'compared with the default branch'])
      expect(done.log).toContain(text);
  });

  test('passes what no plan is affected by', async () => {
    const change = await opened({ 'README.md': 'More\n' });
    const done = await asked('pull_request', change);
    expectSaid(done, change.head, { decision: 'passed', reason: 'not-affected' });
  });

  test('says the same by its exit code alone where the token may only read, as on a fork', async () => {
    const change = await opened({ 'documents/b.txt': 'b\n' });
    const read = Object.fromEntries(Object.keys(ALL).map((scope) => [scope, 'read'] as const));
    scenario.github.setPermissions('job', read);
    const done = await asked('pull_request', change);
    scenario.github.setPermissions('job', ALL);
    expect({ decision: done.decision, reason: done.reason, job: done.job.status }).toEqual({
      ...{ decision: 'blocked', reason: 'documents-missing', job: 'failure' },
    });
    expect(checkOn(change.head)).toBeUndefined();
    expect(commentsOn(change.number)).toEqual([]);
    expect(done.summary).toContain('The API reference is a promise');
  });

  test('finds nothing to do for a comment on an issue', async () => {
    const { done } = await scenario.begin({
      ...{ sha: 'main', noCheckout: true, with: { command: 'check' } },
      event: { name: 'issue_comment', payload: { issue: { number: 1 } } },
    });
    const { decision, job } = await done;
    expect({ decision, job: job.status }).toEqual({ decision: 'nothing-to-do', job: 'success' });
  });
});

describe('a plan of which nobody can tell what it asks for', () => {
  const BROKEN = plan('cart', { windw: {} });
  const on = { branch: 'odd', sha: '' };

  beforeAll(async () => {
    const files = {
      '.github/releases/cart.yml': BROKEN,
      '.github/releases/mail.yml': plan('mail', { windw: {} }),
    };
    on.sha = await commitFiles(scenario.github, { branch: 'odd', files, parents: [base], message: 'Odd' });
  });

  test('is no fault of a change that leaves it as it is, and is named', async () => {
    const change = await opened({ 'README.md': 'More\n' }, on);
    expectSaid(await asked('pull_request', change), change.head, {
      ...{ decision: 'passed', reason: 'not-affected' },
    });
    expect(plainly(commentsOn(change.number)[0]?.body ?? '')).toMatch(
      /cart\.yml has 1 problem.*nothing of it can be released before it is mended/,
    );
  });

  test('is mended with the agreement of a person of the repository, and not taken away', async () => {
    const change = await opened({ '.github/releases/cart.yml': plan('cart', {}) }, on);
    const red = { decision: 'blocked', reason: 'plan-loosened' } as const;
    const done = await asked('pull_request', change);
    expectSaid(done, change.head, red);
    expect(done.log).toContain('the plan in the base cannot be read: what it asked for is not known');
    await scenario.github.review(change.number, { by: 'bob' });
    expectSaid(await asked('pull_request_review', change), change.head, {
      ...{ decision: 'passed', reason: 'change-passes' },
    });
    const away = await opened({ '.github/releases/cart.yml': null }, on);
    await scenario.github.review(away.number, { by: 'bob' });
    expectSaid(await asked('pull_request', away), away.head, red);
  });

  test('is one of two of a service; a bare environment is named', async () => {
    const environments = { production: {}, preview: { approvals: null, window: null } };
    const change = await opened({
      '.github/releases/copy.yml': plan('looser', {}),
      '.github/releases/fair.yml': plan('fair', { ...LOOSER, environment: null, environments }),
    });
    const done = await asked('pull_request', change);
    expectSaid(done, change.head, { decision: 'blocked', reason: 'plan-invalid' });
    expect(done.log).toContain(
      'copy.yml is a second plan of looser/production, beside .github/releases/looser.yml',
    );
    expect(checkOn(change.head)?.summary).toMatch(/fair\.yml`, new with this change; \*\*no gate holds here/);
  });
});
