import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commitFiles } from '../../sandbox/github/seed.js';
import { emptyCurrent, formatCurrent, RECENT } from '../../src/release/current.js';
import { formatEvents } from '../../src/release/events.js';
import { started } from '../release/events-of.js';
import { DISPATCH, expectDecision, shortPlan } from './claims.js';
import {
  ALL,
  type Files,
  type Released,
  type ReleaseOptions,
  type Scenario,
  startScenario,
} from './scenario.js';

/**
 * What each gate says when it is open, shut, and when it could not be found out. A column is one release, of which
 * every gate is in that state; each column is released on every event.
 */
const GATES: readonly (readonly [gate: string, open: RegExp | null, shut: RegExp, broken: RegExp | null])[] =
  [
    [
      'promoted-in',
      /promoted-in: \w+ was promoted in staging as 1\.0/,
      /promoted-in: \w+ was not promoted in staging/,
      /promoted-in: it could not be found out: current\.json is not JSON/,
    ],
    [
      'requires: tools',
      /requires: what the plan requires is there/,
      /coproc: `coproc` is not on the PATH[\s\S]*no-such-tool: `no-such-tool` is not on the PATH/,
      /true >= 99: `true` is there, but tells no version|true >= 99: found/,
    ],
    [
      'requires: permissions',
      /requires: what the plan requires is there/,
      /the token lacks `pull-requests: write`/,
      /whether the token has `contents: write` could not be found out/,
    ],
    [
      'requires: checks',
      /requires: green on the commit: build/,
      /build: no check or status of this name is on the commit/,
      /requires: the checks build could not be read/,
    ],
    [
      'window',
      /window: the window is open until Wed 05:00/,
      /window: the window is closed; it opens Tue 22:00 Europe\/Berlin, in 3 h 20 min/,
      /window: .*does not open/,
    ],
    [
      'approvals',
      /approvals: business: bob signed off #\d+ at \w{7}/,
      /approvals: business: one sign-off of #\d+ at \w{7} is missing/,
      /approvals: there are more than 250 commits since .*, or the two have nothing in common/,
    ],
    [
      'blockers',
      /blockers: no open issue is labelled release-blocker/,
      /blockers: an open issue stops every release/,
      /blockers: whether an open issue is labelled release-blocker could not be read/,
    ],
    // Of a record that cannot be read nothing is known, and no gate is asked: see below.
    ['quarantine', null, /quarantine: \w+ contains 0\.9 .* taken back by 20260101-000000-bad0000-0000/, null],
    [
      'documents',
      /documents: the documents that the change asks for are there/,
      /shop\/api\/.* changed, and nothing under docs\/api\/\*\* was added or changed: The API reference is a promise/,
      /documents: which files changed since .* is not known/,
    ],
  ];
/** Only a dispatch may ask for it. */
const OVERRIDE = {
  open: /overrides: alice overrides busy: Because/,
  shut: /overrides: alice may not override busy: `overrides\.from` names zoe/,
  broken: /overrides: alice may not override busy: .*acme\/leads could not be read/,
};

const STATES = ['open', 'shut', 'broken'] as const;
type State = (typeof STATES)[number];
const END: Readonly<Record<State, { readonly decision: string; readonly reason: string }>> = {
  open: { decision: 'promoted', reason: 'all-gates-passed' },
  shut: { decision: 'blocked', reason: 'gates-shut' },
  broken: { decision: 'blocked', reason: 'gates-shut' },
};

const REPOSITORY = { default_branch: 'main', full_name: 'acme/shop' };
type EventOf = (sha: string) => Pick<ReleaseOptions, 'event' | 'ref'>;
const EVENTS: Readonly<Record<string, EventOf>> = {
  push: () => ({}),
  tag: (sha) => ({
    ref: `refs/tags/v-${sha.slice(0, 4)}`,
    event: { name: 'push', payload: { repository: REPOSITORY, head_commit: { id: sha } } },
  }),
  workflow_dispatch: () => DISPATCH,
  workflow_run: (sha) => ({
    event: {
      name: 'workflow_run',
      payload: {
        repository: REPOSITORY,
        workflow_run: {
          ...{ event: 'push', conclusion: 'success', head_branch: 'main', head_sha: sha },
          head_repository: { full_name: 'acme/shop' },
        },
      },
    },
  }),
};

/** Tuesday 2026-03-03, 18:40 in Berlin, and 22:30. */
const CLOSED = Date.parse('2026-03-03T17:40:00Z');
const OPEN = Date.parse('2026-03-03T21:30:00Z');

const junit = (inside: string) => `<testsuite name="unit">${inside}</testsuite>`;
const sarif = (version: string, ...levels: readonly string[]) =>
  JSON.stringify({
    version,
    runs: [
      {
        tool: { driver: { name: 'Scanner' } },
        results: levels.map((level) => ({ ruleId: 'eval', level, message: { text: 'bad' } })),
      },
    ],
  });
const written = (file: string, content: string) => `cat > ${file} <<'END'\n${content}\nEND`;
const PASSED = junit('<testcase classname="cart" name="adds up"/>');
const FAILED = junit('<testcase classname="cart" name="total"><failure>no</failure></testcase>');

/** Each kind of evidence, as a suite leaves it. */
const SUITES = {
  open: {
    junit: { run: written('r.xml', PASSED), junit: 'r.xml' },
    sarif: { run: written('s.sarif', sarif('2.1.0', 'note')), sarif: 's.sarif', 'fail-on': 'high' },
    report: { run: written('b.json', '{"p95": 300}'), report: 'b.json', limits: { p95: '<= 300' } },
  },
  shut: {
    parallel: true,
    script: { run: 'exit 3' },
    junit: { run: written('r.xml', FAILED), junit: 'r.xml' },
    'no-tests': { run: written('e.xml', junit('')), junit: 'e.xml' },
    sarif: { run: written('s.sarif', sarif('2.1.0', 'error')), sarif: 's.sarif', 'fail-on': 'high' },
    report: { run: written('b.json', '{"p95": 301}'), report: 'b.json', limits: { p95: '<= 300' } },
    missing: { run: 'true', junit: 'nowhere/*.xml' },
    stale: { run: 'touch -d "1 hour ago" old.xml', junit: 'old.xml' },
    outside: { run: 'echo "<testsuite/>" > ../outside.xml; ln -s ../outside.xml o.xml', junit: 'o.xml' },
    bomb: {
      run: written('x.xml', '<!DOCTYPE x [<!ENTITY a "b">]><testsuite>&a;</testsuite>'),
      junit: 'x.xml',
    },
    version: { run: written('v.sarif', sarif('2.0.0')), sarif: 'v.sarif' },
    text: { run: written('t.json', '{"p95": "300"}'), report: 't.json', limits: { p95: '<= 300' } },
  },
};
/** What each suite of the plan whose evidence opens nothing ends as. */
const ENDS_OF_SUITES = [
  ['script', 'failed', 'verify-failed'],
  ['junit', 'failed', 'tests-failed'],
  ['no-tests', 'failed', 'no-tests'],
  ['sarif', 'failed', 'findings-too-severe'],
  ['report', 'failed', 'limit-exceeded'],
  ['missing', 'errored', 'evidence-missing'],
  ['stale', 'errored', 'evidence-stale'],
  ['outside', 'errored', 'evidence-outside'],
  ['bomb', 'errored', 'evidence-invalid'],
  ['version', 'errored', 'evidence-unsupported'],
  ['text', 'errored', 'evidence-invalid'],
];

const window = { timezone: 'Europe/Berlin', open: ['Mon-Thu 22:00-05:00'] };
const short = { timeout: '5m' };
function planOf(state: State): string {
  const isOpen = state === 'open';
  return shortPlan({
    ...{ environment: isOpen ? 'production' : state, paths: ['shop/**', 'docs/**'], 'in-service': null },
    'promoted-in': { environment: state === 'broken' ? 'broken-staging' : 'staging', within: '7d' },
    requires: {
      ...{ tools: { open: ['git >= 2.0'], shut: ['coproc', 'no-such-tool'], broken: ['true >= 99'] }[state] },
      ...{ env: ['PATH'], disk: '1MB', checks: ['build'] },
      permissions: { contents: 'write', 'pull-requests': 'write' },
    },
    window:
      state === 'broken'
        ? { ...window, freeze: [{ from: '2026-01-01', to: '2100-01-01', reason: 'For ever' }] }
        : { ...window, freeze: [{ from: '2026-12-18', to: '2027-01-04', reason: 'Year end' }] },
    approvals: [{ role: 'business', from: ['@bob', '@carol'] }],
    blockers: { labels: ['release-blocker'] },
    documents: [
      { when: ['shop/api/**'], require: ['docs/api/**'], reason: 'The API reference is a promise' },
    ],
    overrides: { from: { open: ['@alice'], shut: ['@zoe'], broken: ['@acme/leads'] }[state] },
    ...(isOpen ? { verify: SUITES.open } : {}),
    promote: { run: 'echo "promote $RELEASE_TARGET_VERSION" >> "$SERVICE/calls"', ...short },
    rollback: { run: 'true', ...short },
  });
}

let scenario: Scenario;
let clock = CLOSED;
const released: Partial<Record<State, string>> = {};

beforeAll(async () => {
  const begun = Date.now();
  scenario = await startScenario({
    plan: planOf('open'),
    files: {
      ...{ '.github/shut.yml': planOf('shut'), '.github/broken.yml': planOf('broken'), 'old.xml': PASSED },
      // What the change takes away is no document of it.
      ...{ 'docs/api/shut.md': 'Old\n', 'docs/api/broken.md': 'Old\n' },
      '.github/verify.yml': shortPlan({ environment: 'verify', 'in-service': null, verify: SUITES.shut }),
    },
    now: () => clock + (Date.now() - begun),
  });
  const { github } = scenario;
  const read = { contents: 'write', actions: 'read' } as const;
  github.setToken('reader', { token: tokenOf('reader'), kind: 'installation', permissions: read });
  github.setToken('writer', {
    ...{ token: tokenOf('writer'), kind: 'installation' as const },
    permissions: { ...ALL, 'pull-requests': 'read', issues: 'read' },
  });
});
afterAll(() => scenario?.stop());

const tokenOf = (name: string) => `ghs_${name}_token_0123456789`;

/** A pull request by dave, merged by erin. */
async function merged(files: Files, { isSigned }: { readonly isSigned: boolean }) {
  const { github } = scenario;
  const branch = `change-${github.pulls().length + 1}`;
  const parents = [await scenario.head()];
  await commitFiles(github, { branch, files, message: 'Change the shop', parents });
  const { number } = await github.openPull({ head: branch, by: 'dave', title: 'Change the shop' });
  if (isSigned) await github.review(number, { by: 'bob' });
  return github.merge(number, { way: 'squash', by: 'erin' });
}

function ledger(environment: string, text: string): Promise<string> {
  const branch = `gated-release/shop/${environment}`;
  return commitFiles(scenario.github, { branch, files: { 'current.json': text }, message: 'As it was left' });
}

const AT = '2026-03-02T10:00:00.000Z';
const past = (sha: string) => ({ release: `20260302-100000-${sha.slice(0, 7)}-0000`, version: '1.0', sha });

/** As one of the latest releases there, or as one that is too old to be listed among them. */
async function promotedInStaging(sha: string, { isListed }: { readonly isListed: boolean }): Promise<void> {
  const entry = (of: string) => ({ ...past(of), decision: 'promoted' as const, started: AT, ended: AT });
  const others = Array.from({ length: RECENT }, (_, index) => entry(String(index % 10).repeat(40)));
  const recent = isListed ? [entry(sha)] : others;
  const begun = started({ ...past(sha), at: AT, environment: 'staging' });
  const ended = { decision: 'promoted', reason: 'all-gates-passed', summary: 'Promoted.' } as const;
  const left = { weight: null, in_service: '1.0' };
  const events = [begun, { type: 'ended', at: AT, ...ended, ...left } as const];
  await commitFiles(scenario.github, {
    branch: 'gated-release/shop/staging',
    files: {
      'current.json': formatCurrent({ ...emptyCurrent('shop', 'staging'), recent }),
      [`${begun.release}/events.jsonl`]: formatEvents(events),
    },
    message: 'As it was left',
  });
}

/** Promoted in staging with a green build, signed off, with its documents; each time another one. */
async function openCommit(): Promise<string> {
  const { github } = scenario;
  const count = github.pulls().length;
  const files = { [`shop/api/${count}.txt`]: 'a\n', [`docs/api/${count}.md`]: 'a\n' };
  const sha = await merged(files, { isSigned: true });
  const { id: runId } = github.addRun({ headSha: sha, event: 'push' });
  github.addJob({ runId, name: 'build', status: 'completed' });
  await promotedInStaging(sha, { isListed: count % 2 === 0 });
  return sha;
}

/** One commit for all events: it is never released. */
async function heldCommit(state: 'shut' | 'broken'): Promise<string> {
  const known = released[state];
  if (known !== undefined) return known;
  const before = await scenario.head();
  const sha = await merged(
    { [`shop/api/${state}.txt`]: 'a\n', [`docs/api/${state}.md`]: null },
    { isSigned: false },
  );
  const gone = { ...past(before), at: AT };
  await ledger('broken-staging', 'no JSON');
  await ledger(
    state,
    formatCurrent({
      ...emptyCurrent('shop', state),
      last_promoted: state === 'broken' ? { ...gone, sha: 'f'.repeat(40) } : { ...gone, sha: before },
      quarantine:
        state === 'broken'
          ? []
          : [{ release: '20260101-000000-bad0000-0000', version: '0.9', sha, rollback: null }],
    }),
  );
  released[state] = sha;
  return sha;
}

async function open(title: string): Promise<void> {
  await fetch(`${scenario.github.apiUrl}/repos/acme/shop/issues`, {
    method: 'POST',
    headers: { authorization: `token ${tokenOf('job')}` },
    body: JSON.stringify({ title, labels: ['release-blocker'] }),
  });
}

/** What was told of the gates: in the check of the stage when they are open, else as the reason of the end. */
function toldOf(done: Released): string {
  const checks = scenario.github.checkRuns(done.sha).filter(({ name }) => name.endsWith('/plan'));
  const text = checks.map(({ summary, text }) => `${summary}\n${text}`).join('\n');
  return `${done.log}\n${text}`.replace(/\\([^\s])/g, '$1').replaceAll('&#8203;', '');
}

describe.each(STATES)('every gate, %s', (state) => {
  test.each(Object.entries(EVENTS))('on %s', async (name, eventOf) => {
    clock = state === 'open' ? OPEN : CLOSED;
    for (const issue of scenario.github.issues()) issue.state = 'closed';
    if (state === 'shut') await open('Do not <release> @everyone');
    const sha = state === 'open' ? await openCommit() : await heldCommit(state);
    const isDispatch = name === 'workflow_dispatch';
    scenario.service.forgetCalls();
    // An answer that says neither yes nor no.
    if (state === 'broken')
      scenario.github.fault({ kind: 'garbage', match: { operation: 'git/create-ref' } });
    const done = await scenario.release({
      ...{ ...eventOf(sha), sha, version: `${state}-${name}` },
      ...(state === 'open' ? {} : { token: state === 'shut' ? 'writer' : 'reader' }),
      with: {
        ...(state === 'open' ? {} : { plan: `.github/${state}.yml` }),
        ...(isDispatch ? { override: 'busy', reason: 'Because' } : {}),
      },
    });
    expectDecision(scenario, done, END[state]);
    const told = toldOf(done);
    const column = { open: 1, shut: 2, broken: 3 }[state];
    for (const row of GATES) if (row[column]) expect(told).toMatch(row[column]);
    if (isDispatch) expect(told).toMatch(OVERRIDE[state]);
    expect(scenario.service.calls()).toEqual(state === 'open' ? [`promote open-${name}`] : []);
    expect(done.outputs['release-id'] === '').toBe(state !== 'open');
    if (state !== 'shut') return;
    const check = scenario.github.checkRuns(sha).findLast(({ name: of }) => of === 'shop/shut/plan');
    expect(check).toMatchObject({
      conclusion: 'failure',
      annotations: [{ path: 'shop/api/shut.txt', annotation_level: 'failure' }],
    });
  });
});

test('a record that cannot be read opens nothing, whatever stands in quarantine there', async () => {
  const sha = await heldCommit('shut');
  const environment = 'unread';
  await ledger(environment, '{"schema_version": 1}');
  const done = await scenario.release({ sha, version: '1.1', with: { environment, promote: 'true' } });
  expectDecision(scenario, done, { decision: 'blocked', reason: 'ledger-invalid' });
});

describe('evidence that opens no gate', () => {
  test.each(Object.entries(EVENTS))('on %s', async (name, eventOf) => {
    const sha = await scenario.head();
    const done = await scenario.release({
      ...{ ...eventOf(sha), sha, version: `verify-${name}`, with: { plan: '.github/verify.yml' } },
    });
    const reason = 'verify-failed';
    expectDecision(scenario, done, { decision: 'blocked', reason, says: ['11 suites did not pass'] });
    const { suites } = done.result as {
      suites: readonly { name: string; verdict: string; reason_code: string }[];
    };
    expect(suites.map((one) => [one.name, one.verdict, one.reason_code])).toEqual(ENDS_OF_SUITES);
    expect(scenario.service.calls()).toEqual([]);
  });
});
