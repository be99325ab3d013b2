import { expect, test } from '@jest/globals';
import { expectDecision } from './claims.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { quickCanary, quickPlan } from './quick-plan.js';
import { type Released, SCRIPTS, type Scenario } from './scenario.js';

function plan(
  rollback: Readonly<Record<string, unknown>>,
  change: Readonly<Record<string, unknown>> = {},
): string {
  return quickPlan({
    canary: null,
    metrics: null,
    promote: { run: `[ "$RELEASE_TARGET_VERSION" != 1.2 ] || exit 3; ${SCRIPTS.promote}` },
    rollback: { run: SCRIPTS.rollback, ...rollback },
    contacts: [{ name: 'On call', github: '@acme/sre' }],
    ...change,
  });
}

async function bad(
  scenario: Scenario,
  files: Readonly<Record<string, string>> = { 'app.txt': 'bad\n' },
): Promise<Released> {
  await promotedBefore(scenario);
  const sha = await scenario.commit(files, 'A bad change');
  return scenario.release({ version: '1.2', sha });
}

test.concurrent(
  'a protected branch gets a pull request, which says why and whom it waits on',
  play({ ...INSIDE, plan: plan({}) }, async (scenario) => {
    scenario.github.allowPullRequests = true;
    scenario.github.protect('main');
    const done = await bad(scenario);
    expectDecision(scenario, done, { decision: 'rolled-back', reason: 'promote-failed' });
    const [pull] = scenario.github.pulls();
    expect(scenario.github.pulls()).toHaveLength(1);
    expect(JSON.stringify(pull)).toContain(`gated-rollback/${done.outputs['release-id']}`);
    expect(done.outputs['rollback-pull-request']).toMatch(/\/pull\/\d+$/);
    expect(done.outputs['rollback-commit']).toBe('');
    expect(done.summary).toContain('pull request');
    expect(await scenario.head()).toBe(done.sha);
  }),
);

test.concurrent(
  'where pull requests are not allowed either, the incident links the branch that holds the rollback',
  play({ ...INSIDE, plan: plan({}) }, async (scenario) => {
    scenario.github.protect('main');
    const done = await bad(scenario);
    expectDecision(scenario, done, { decision: 'rolled-back', reason: 'promote-failed' });
    const branch = `gated-rollback/${done.outputs['release-id']}`;
    expect(await scenario.head(branch)).toMatch(/^[0-9a-f]{40}$/);
    expect(JSON.stringify(scenario.github.issues()[0])).toContain(`/compare/`);
    expect(done.outputs['incident-issue']).toMatch(/\/issues\/\d+$/);
  }),
);

test.concurrent(
  '`commit: pull-request` never pushes, and with `order: commit-first` the old version waits for the merge',
  play({ ...INSIDE, plan: plan({ commit: 'pull-request', order: 'commit-first' }) }, async (scenario) => {
    scenario.github.allowPullRequests = true;
    const done = await bad(scenario);
    expectDecision(scenario, done, {
      decision: 'rollback-pending',
      reason: 'rollback-waits',
      says: [/pull\/\d+/],
    });
    expect(scenario.service.calls()).not.toContain('rollback 1.1');
    expect(await scenario.head()).toBe(done.sha);
    expect(await scenario.current()).toMatchObject({ quarantine: [{ version: '1.2' }], lease: null });
  }),
);

test.concurrent(
  'with `order: commit-first` the commit comes before the script',
  play(
    {
      ...INSIDE,
      plan: plan({
        order: 'commit-first',
        run: `git -C "$REPOSITORY" log -1 --format=%s main >> "$SERVICE/calls"; ${SCRIPTS.rollback}`,
      }),
    },
    async (scenario) => {
      await promotedBefore(scenario);
      const sha = await scenario.commit({ 'app.txt': 'bad\n' }, 'A bad change');
      const env = { REPOSITORY: scenario.github.repositoryPath };
      const done = await scenario.release({ version: '1.2', sha, env });
      expectDecision(scenario, done, { decision: 'rolled-back', reason: 'promote-failed' });
      expect(scenario.service.calls().slice(-2)).toEqual(['Roll back shop from 1.2 to 1.1', 'rollback 1.1']);
    },
  ),
);

test.concurrent(
  'what is irreversible stops: before promotion its traffic goes to 0, and nothing else is undone',
  play(
    {
      ...INSIDE,
      plan: plan(
        { 'irreversible-when': ['migrations/**'] },
        {
          canary: quickCanary({
            steps: [{ weight: 10, for: '0s' }],
            ready: { url: '${SERVICE_URL}/canary/ready', within: '1s' },
          }),
        },
      ),
    },
    async (scenario) => {
      scenario.service.behaviour('1.2', { ready: false });
      const done = await bad(scenario, { 'migrations/7.sql': 'drop table orders;\n' });
      expectDecision(scenario, done, {
        decision: 'halted',
        reason: 'irreversible',
        says: ['migrations/7.sql'],
      });
      expect(scenario.service.calls()).not.toContain('rollback 1.1');
      expect(scenario.service.weight()).toBe(0);
      expect(await scenario.head()).toBe(done.sha);
      expect(scenario.github.issues()).toHaveLength(1);
    },
  ),
);

test.concurrent(
  'what is irreversible and keeps its traffic is in the hands of the last resort',
  play(
    {
      ...INSIDE,
      plan: plan(
        { 'irreversible-when': ['migrations/**'] },
        {
          canary: quickCanary({
            traffic: { run: `[ "$RELEASE_WEIGHT" != 0 ]; ${SCRIPTS.traffic}`, read: SCRIPTS.weight },
            steps: [
              { weight: 10, for: '0s' },
              { weight: 20, for: '0s', before: 'exit 1' },
            ],
          }),
          'last-resort': { run: 'echo "last resort" >> "$SERVICE/calls"' },
        },
      ),
    },
    async (scenario) => {
      const done = await bad(scenario, { 'migrations/7.sql': 'drop table orders;\n' });
      expectDecision(scenario, done, { decision: 'rollback-failed', reason: 'traffic-back-failed' });
      expect(scenario.service.calls()).toEqual(['canary 1.2', 'weight 10', 'last resort']);
    },
  ),
);

test.concurrent(
  'what is irreversible stops: after promotion nothing moves at all',
  play({ ...INSIDE, plan: plan({ 'irreversible-when': ['migrations/**'] }) }, async (scenario) => {
    const done = await bad(scenario, { 'migrations/7.sql': 'drop table orders;\n' });
    expectDecision(scenario, done, { decision: 'halted', reason: 'irreversible' });
    expect(scenario.service.calls()).toEqual([]);
    expect(JSON.stringify(scenario.github.issues()[0])).toContain('halted');
  }),
);
