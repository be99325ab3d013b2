import { expect, test } from '@jest/globals';
import type { FaultOptions } from '../../sandbox/github/faults.js';
import { commitFiles } from '../../sandbox/github/seed.js';
import { conclusionOf, expectEnd, expectSound, storyOf } from './expect-end.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { PLAIN_PLAN, quickCanary, quickPlan } from './quick-plan.js';
import type { Scenario } from './scenario.js';
import { until } from './until.js';

const LEDGER = 'gated-release/shop/production';
const PROMOTED = { decision: 'promoted', reason: 'all-gates-passed', weight: 0, stable: '1.2' };
const ALWAYS = Number.POSITIVE_INFINITY;

/** What `PLAIN_PLAN` writes: no event twice and none missing, and no commit twice. */
async function expectWholeRecord(
  scenario: Scenario,
  events: readonly Record<string, unknown>[],
): Promise<void> {
  expect(storyOf(events)).toEqual([
    'started',
    ...['stage-started plan', 'stage-ended plan'],
    ...['stage-ended verify', 'stage-ended backup', 'stage-ended canary'],
    ...['stage-started promote', 'intent promote', 'outcome promote', 'read-back', 'stage-ended promote'],
    'ended',
  ]);
  const commits = await scenario.ledgerCommits();
  expect(commits.map((subject) => subject.replace(/^\S+ \S+ /, '').replace(/ \(.*/, ''))).toEqual([
    expect.stringMatching(/^started/),
    'promotes 1.2',
    '1.2 in service',
    'ended promoted',
  ]);
}

const onLedger = (fault: Omit<FaultOptions, 'match'>): FaultOptions => ({
  match: { operation: 'createCommitOnBranch' },
  ...fault,
});

test.concurrent(
  'without GitHub a bad canary goes back all the same: traffic at once, then the version, the commit when it answers',
  play(
    { plan: quickPlan({ canary: quickCanary({ steps: [{ weight: 10, for: '5m' }] }) }) },
    async (scenario) => {
      const { github, service } = scenario;
      await promotedBefore(scenario);
      service.behaviour('1.2', { failEvery: 2 });
      const { sha, done } = await scenario.begin({ version: '1.2' });
      await until(() => service.requests('1.2') > 1);
      github.fault({ match: {}, kind: 'status', status: 500, times: ALWAYS });
      const since = performance.now();
      await until(() => service.weight() === 0);
      expect(performance.now() - since).toBeLessThan(6_000);
      await until(() => service.calls().includes('rollback 1.1'), 40_000);
      expect(await scenario.head()).toBe(sha);
      github.clearFaults();
      const ended = await done;
      const { events } = await expectEnd(scenario, ended, {
        decision: 'rolled-back',
        reason: 'metric-failed',
        weight: 0,
        stable: '1.1',
      });
      expect(service.calls()).toEqual(['canary 1.2', 'weight 10', 'weight 0', 'rollback 1.1', 'remove']);
      expect(storyOf(events).filter((one) => one.includes('traffic'))).toEqual([
        ...['intent traffic 10', 'outcome traffic 10'],
        ...['intent traffic 0', 'outcome traffic 0'],
      ]);
      expect(await github.git('rev-parse', 'main^')).toBe(sha);
    },
  ),
);

test.concurrent(
  'a GitHub that fails at first is asked again, and the release goes out',
  play({ plan: PLAIN_PLAN }, async (scenario) => {
    scenario.github.fault({ match: {}, kind: 'status', status: 500, times: 2 });
    const done = await scenario.release({ version: '1.2' });
    const { events } = await expectEnd(scenario, done, PROMOTED);
    await expectWholeRecord(scenario, events);
  }),
);

test.concurrent(
  'a GitHub that does not answer at all blocks the release before anything moves',
  play({ plan: PLAIN_PLAN }, async (scenario) => {
    scenario.github.fault({ match: {}, kind: 'status', status: 500, times: ALWAYS });
    const { job, done } = await scenario.begin({ version: '1.2' });
    // The checks that say so are given a minute; they need not be waited for here.
    await until(() => scenario.github.requests.some(({ route }) => route.startsWith('checks/')), 60_000);
    scenario.github.clearFaults();
    const ended = await done;
    expectSound(scenario, ended.job);
    expect(job.mainPid()).toBe(null);
    expect(ended).toMatchObject({ decision: 'blocked', reason: 'ledger-unreachable' });
    expect(ended.job.status).toBe('failure');
    expect(ended.summary).toContain('githubstatus.com');
    expect(scenario.service.calls()).toEqual([]);
    expect(await scenario.ledger('current.json')).toBe(null);
  }),
);

test.concurrent.each<[string, readonly FaultOptions[]]>([
  [
    'answers are lost, after the write and before it,',
    [
      onLedger({ kind: 'drop-before' }),
      onLedger({ kind: 'status', status: 502, when: 'after' }),
      onLedger({ kind: 'drop-after' }),
      onLedger({ kind: 'garbage' }),
    ],
  ],
  [
    'it errs with HTTP 200 or asks to wait',
    [
      onLedger({ kind: 'graphql-error' }),
      onLedger({ kind: 'rate-limit', status: 429, retryAfter: 1 }),
      onLedger({ kind: 'rate-limit', status: 403, retryAfter: 1 }),
    ],
  ],
])('where %s each write of the ledger is one commit, and no event is lost', (_what, faults) =>
  play({ plan: PLAIN_PLAN }, async (scenario) => {
    for (const fault of faults) scenario.github.fault(fault);
    const done = await scenario.release({ version: '1.2' });
    const { events } = await expectEnd(scenario, done, PROMOTED);
    await expectWholeRecord(scenario, events);
    expect(scenario.github.requests.filter(({ fault }) => fault !== undefined)).toHaveLength(faults.length);
  })(),
);

test.concurrent(
  'checks that cannot be written hold up no release: it is promoted, and the loss is told',
  play({ plan: PLAIN_PLAN }, async (scenario) => {
    const { github } = scenario;
    github.fault({ match: { path: /\/check-runs/ }, kind: 'status', status: 500, times: ALWAYS });
    const { done } = await scenario.begin({ version: '1.2' });
    await until(async () => (await scenario.current())?.release === null);
    // The end is on record while GitHub still fails; from here on the checks are for good beyond writing.
    github.clearFaults();
    github.fault({ match: { path: /\/check-runs/ }, kind: 'status', status: 422, times: ALWAYS });
    const ended = await done;
    await expectEnd(scenario, ended, PROMOTED);
    expect(ended.job.status).toBe('success');
    expect(ended.log).toMatch(/The check "shop\/production\/\w+" was not posted/);
    expect(github.checkRuns(ended.sha).filter(({ ofJob }) => !ofJob)).toEqual([]);
  }),
);

test.concurrent(
  'checks that could not be written for a while are there at the end',
  play({ plan: PLAIN_PLAN }, async (scenario) => {
    const { github } = scenario;
    github.fault({ match: { path: /\/check-runs/ }, kind: 'status', status: 503, times: 8 });
    const done = await scenario.release({ version: '1.2' });
    await expectEnd(scenario, done, PROMOTED);
    const stages = ['plan', 'verify', 'backup', 'canary', 'promote'];
    expect(stages.map((stage) => conclusionOf(scenario, done.sha, stage))).toEqual([
      'success',
      ...['skipped', 'skipped', 'skipped'],
      'success',
    ]);
    const names = github
      .checkRuns(done.sha)
      .filter(({ ofJob }) => !ofJob)
      .map(({ name }) => name);
    expect(names).toHaveLength(new Set(names).size);
  }),
);

test.concurrent(
  'an edit of the ledger by hand in the middle of a release is kept, and the release goes on',
  play({ plan: quickPlan() }, async (scenario) => {
    const { done } = await scenario.begin({ version: '1.2' });
    await until(() => scenario.service.weight() === 10);
    const note = { branch: LEDGER, files: { 'NOTES.md': 'seen\n' }, message: 'A note by hand' };
    await commitFiles(scenario.github, note);
    await expectEnd(scenario, await done, PROMOTED);
    expect(await scenario.ledger('NOTES.md')).toBe('seen');
  }),
);

test.concurrent(
  'a release whose lease was taken by another run stops, and neither it nor its post does anything more',
  play({ plan: quickPlan() }, async (scenario) => {
    const { service } = scenario;
    const { done } = await scenario.begin({ version: '1.2' });
    await until(() => service.weight() === 10);
    const current = await scenario.current();
    const lease = current.lease as Record<string, unknown>;
    const url = 'https://example.com/run/7';
    const taken = { ...lease, owner: 'another', fence: 2, run: { id: '7', attempt: '1', job: '7', url } };
    const text = JSON.stringify({ ...current, fence: 2, lease: taken });
    await commitFiles(scenario.github, { branch: LEDGER, files: { 'current.json': text }, message: 'Taken' });
    const head = await scenario.head(LEDGER);
    const ended = await done;
    expectSound(scenario, ended.job);
    expect(ended).toMatchObject({ decision: 'blocked', reason: 'lease-lost' });
    expect(ended.job.status).toBe('failure');
    expect(ended.log).toContain(url);
    expect(service.calls()).toEqual(['canary 1.2', 'weight 10']);
    expect(await scenario.head(LEDGER)).toBe(head);
  }),
);
