import { expect, test } from '@jest/globals';
import { checkText, conclusionOf, expectEnd, storyOf } from './expect-end.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { PLAIN_PATH, PLAIN_PLAN, PROBE, quickCanary, quickPlan } from './quick-plan.js';
import { type Released, SCRIPTS } from './scenario.js';

/** For tests in which it never comes. */
const IN_SERVICE_SOON = { run: SCRIPTS.inService, within: '3s' };

const say = (line: string) => `echo "${line}" >> "$SERVICE/calls"`;

function expectRed(done: Released): void {
  expect(done.job.status).toBe('failure');
  expect(done.job.steps[0]?.exitCode).toBe(1);
}

test.concurrent(
  'a version that is not the one promoted is rolled back',
  play(
    {
      ...INSIDE,
      plan: quickPlan({
        'in-service': IN_SERVICE_SOON,
        canary: null,
        metrics: null,
        promote: { run: 'echo 9.9 > "$SERVICE/stable"' },
      }),
    },
    async (scenario) => {
      await promotedBefore(scenario);
      const done = await scenario.release({ version: '1.2' });
      expectRed(done);
      expect(scenario.service.calls()).toEqual(['rollback 1.1']);
      await expectEnd(scenario, done, {
        decision: 'rolled-back',
        reason: 'version-differs',
        weight: 0,
        stable: '1.1',
      });
      expect(checkText(scenario, done.sha, 'promote')).toContain('9.9');
    },
  ),
);

test.concurrent(
  'a rollback after which another version is read back has failed, and says so',
  play(
    {
      plan: quickPlan({
        'in-service': IN_SERVICE_SOON,
        rollback: { run: say('rollback in vain') },
        'last-resort': { run: say('last resort') },
      }),
    },
    async (scenario) => {
      await promotedBefore(scenario);
      scenario.service.behaviour('1.2', { failEvery: 4 });
      const done = await scenario.release({
        version: '1.2',
        onLine: () => scenario.service.weight() === 10 && scenario.service.setStable('0.9'),
      });
      expectRed(done);
      await expectEnd(scenario, done, {
        decision: 'rollback-failed',
        reason: 'rollback-version-differs',
        weight: 0,
        stable: '0.9',
      });
      expect(done.outputs['in-service-version']).toBe('0.9');
      expect(scenario.service.calls().slice(-3)).toEqual(['rollback in vain', 'remove', 'last resort']);
      expect(conclusionOf(scenario, done.sha, 'rollback')).toBe('failure');
    },
  ),
);

test.concurrent(
  'a canary that fails a quarter of its requests is taken back: traffic first, then the version, the canary, the commit',
  play({ plan: quickPlan(), files: { [PLAIN_PATH]: PLAIN_PLAN } }, async (scenario) => {
    const { decision } = await scenario.release({ version: '1.1', with: { plan: PLAIN_PATH } });
    expect(decision).toBe('promoted');
    scenario.service.forgetCalls();
    scenario.service.behaviour('1.2', { failEvery: 4 });
    const done = await scenario.release({ version: '1.2' });
    expectRed(done);
    expect(scenario.service.calls()).toEqual([
      'canary 1.2',
      'weight 10',
      'weight 0',
      'rollback 1.1',
      'remove',
    ]);
    const { events } = await expectEnd(scenario, done, {
      decision: 'rolled-back',
      reason: 'metric-failed',
      weight: 0,
      stable: '1.1',
    });
    expect(storyOf(events).slice(-14)).toEqual([
      'failing',
      'stage-started rollback',
      'intent traffic 0',
      'outcome traffic 0',
      'intent rollback',
      'outcome rollback',
      'intent remove',
      'outcome remove',
      'read-back',
      'intent rollback-commit',
      'rollback-commit',
      'outcome rollback-commit',
      'stage-ended rollback',
      'ended',
    ]);
    const times = events.map(({ at }) => Date.parse(String(at)));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(done.outputs).toMatchObject({
      weight: '0',
      version: '1.2',
      'previous-version': '1.1',
      'in-service-version': '1.1',
      'rollback-commit': await scenario.head(),
    });
    expect(done.result).toMatchObject({ weight: 0, weight_verified: true, rollback: { commit: 'done' } });
    const conclusions = ['plan', 'canary', 'rollback'].map((stage) =>
      conclusionOf(scenario, done.sha, stage),
    );
    expect(conclusions).toEqual(['success', 'failure', 'success']);
    expect(checkText(scenario, done.sha, 'canary')).toMatch(/5(\.\d)? %.*1 %/s);
    const canary = (done.result.stages as { name: string; metrics: object[] }[]).find(
      ({ name }) => name === 'canary',
    );
    expect(canary?.metrics).toEqual([
      expect.objectContaining({ metric: 'errors', verdict: 'failed', limit: 0.01 }),
    ]);
    const states = scenario.github.deployments().map(({ statuses }) => statuses.at(-1)?.state);
    expect(states).toEqual(['success', 'failure']);
  }),
);

test.concurrent(
  'without a `rollback` script, `promote` is called with the previous version',
  play({ plan: quickPlan({ rollback: null }) }, async (scenario) => {
    await promotedBefore(scenario);
    scenario.service.behaviour('1.2', { failEvery: 4 });
    const done = await scenario.release({ version: '1.2' });
    expect(scenario.service.calls()).toEqual([
      'canary 1.2',
      'weight 10',
      'weight 0',
      'promote 1.1',
      'remove',
    ]);
    await expectEnd(scenario, done, {
      decision: 'rolled-back',
      reason: 'metric-failed',
      weight: 0,
      stable: '1.1',
    });
  }),
);

test.concurrent(
  'a promote script that fails is rolled back',
  play(
    {
      plan: quickPlan({
        // A step of no length, in which nothing is measured.
        metrics: null,
        canary: quickCanary({ steps: [{ weight: 10, for: 0 }] }),
        promote: { run: `${say('promote $RELEASE_TARGET_VERSION')}; exit 3` },
      }),
    },
    async (scenario) => {
      await promotedBefore(scenario);
      const done = await scenario.release({ version: '1.2' });
      expectRed(done);
      expect(scenario.service.calls()).toEqual([
        'canary 1.2',
        'weight 10',
        'promote 1.2',
        'weight 0',
        'rollback 1.1',
        'remove',
      ]);
      await expectEnd(scenario, done, {
        decision: 'rolled-back',
        reason: 'promote-failed',
        weight: 0,
        stable: '1.1',
      });
      expect(checkText(scenario, done.sha, 'promote')).toContain('exited with code 3');
    },
  ),
);

test.concurrent(
  'a version that fails while it is watched after the promotion is rolled back',
  play(
    {
      plan: quickPlan({
        canary: null,
        metrics: {
          errors: {
            kind: 'errors',
            probe: { ...PROBE, canary: '${SERVICE_URL}/stable/' },
            limit: '1%',
            'minimum-samples': 40,
          },
        },
        watch: { for: '1s' },
      }),
    },
    async (scenario) => {
      await promotedBefore(scenario);
      scenario.service.behaviour('1.2', { failEvery: 4 });
      const done = await scenario.release({ version: '1.2' });
      expectRed(done);
      expect(scenario.service.calls()).toEqual(['promote 1.2', 'rollback 1.1']);
      await expectEnd(scenario, done, {
        decision: 'rolled-back',
        reason: 'metric-failed',
        weight: 0,
        stable: '1.1',
      });
      expect(conclusionOf(scenario, done.sha, 'promote')).toBe('failure');
    },
  ),
);

test.concurrent(
  'a service that stops being ready during the watch is rolled back',
  play(
    {
      plan: quickPlan({
        canary: null,
        metrics: null,
        ready: { url: '${SERVICE_URL}/stable/ready', within: '3s' },
        watch: { for: '20s' },
      }),
    },
    async (scenario) => {
      await promotedBefore(scenario);
      const done = await scenario.release({
        version: '1.2',
        onLine: (line) => {
          if (/watching/i.test(line)) scenario.service.behaviour('1.2', { ready: false });
        },
      });
      await expectEnd(scenario, done, {
        decision: 'rolled-back',
        reason: 'watch-failed',
        weight: 0,
        stable: '1.1',
      });
    },
  ),
);

test.concurrent(
  'a rollback script that fails ends in rollback-failed, after the last resort, with traffic back',
  play(
    {
      plan: quickPlan({
        rollback: { run: `${say('rollback $RELEASE_TARGET_VERSION')}; echo the database is locked; exit 7` },
        'last-resort': { run: say('last resort') },
      }),
    },
    async (scenario) => {
      await promotedBefore(scenario);
      scenario.service.behaviour('1.2', { failEvery: 4 });
      const done = await scenario.release({ version: '1.2' });
      expectRed(done);
      expect(scenario.service.calls()).toEqual([
        'canary 1.2',
        'weight 10',
        'weight 0',
        'rollback 1.1',
        'last resort',
        'remove',
      ]);
      const { events } = await expectEnd(scenario, done, {
        decision: 'rollback-failed',
        reason: 'rollback-script-failed',
        weight: 0,
        stable: '1.1',
      });
      expect(storyOf(events)).toContain('outcome last-resort');
      const text = checkText(scenario, done.sha, 'rollback');
      expect(text).toContain('the database is locked');
      expect(text).toMatch(/last resort/i);
      expect(done.summary).toMatch(/last resort/i);
    },
  ),
);

test.concurrent(
  'traffic that cannot be set to 0 ends in rollback-failed, and the rollback script and the last resort still run',
  play(
    {
      plan: quickPlan({
        canary: quickCanary({
          traffic: {
            run: `${SCRIPTS.traffic.split(';')[0]}; [ "$RELEASE_WEIGHT" != 0 ] || { echo the router is stuck; exit 5; }; echo "$RELEASE_WEIGHT" > "$SERVICE/weight"`,
            read: SCRIPTS.weight,
          },
        }),
        'last-resort': { run: say('last resort') },
      }),
    },
    async (scenario) => {
      await promotedBefore(scenario);
      scenario.service.behaviour('1.2', { failEvery: 4 });
      const done = await scenario.release({ version: '1.2' });
      expectRed(done);
      expect(scenario.service.calls()).toEqual([
        'canary 1.2',
        'weight 10',
        ...['weight 0', 'weight 0', 'weight 0'],
        'rollback 1.1',
        'last resort',
      ]);
      // It may still get traffic, so it is not removed.
      expect(scenario.service.canary()).toBe('1.2');
      await expectEnd(scenario, done, {
        decision: 'rollback-failed',
        reason: 'traffic-back-failed',
        weight: 10,
        stable: '1.1',
      });
      expect(done.outputs.weight).toBe('');
      expect(checkText(scenario, done.sha, 'rollback')).toContain('the router is stuck');
    },
  ),
);

test.concurrent(
  'a first release of a service that serves nothing has only traffic to take back, and says so',
  play({ plan: quickPlan({ 'in-service': null }) }, async (scenario) => {
    scenario.service.behaviour('1.2', { failEvery: 4 });
    const before = await scenario.head();
    const done = await scenario.release({ version: '1.2' });
    expectRed(done);
    expect(scenario.service.calls()).toEqual(['canary 1.2', 'weight 10', 'weight 0', 'remove']);
    await expectEnd(scenario, done, {
      decision: 'rolled-back',
      reason: 'metric-failed',
      weight: 0,
      stable: '1.0',
    });
    expect(await scenario.head()).toBe(done.sha);
    expect(before).not.toBe(done.sha);
    expect(done.result.rollback).toMatchObject({
      commit: 'none',
      note: expect.stringContaining('nothing was promoted before'),
    });
    expect(done.log).toContain('no version to bring back');
  }),
);

test.concurrent(
  'an adopted version is brought back, and no commit is made, since its commit is not known',
  play({ plan: quickPlan() }, async (scenario) => {
    scenario.service.behaviour('1.2', { failEvery: 4 });
    const done = await scenario.release({ version: '1.2' });
    expect(scenario.service.calls()).toEqual([
      'canary 1.2',
      'weight 10',
      'weight 0',
      'rollback 1.0',
      'remove',
    ]);
    await expectEnd(scenario, done, {
      decision: 'rolled-back',
      reason: 'metric-failed',
      weight: 0,
      stable: '1.0',
    });
    expect(await scenario.head()).toBe(done.sha);
    expect(done.outputs['rollback-commit']).toBe('');
    expect(checkText(scenario, done.sha, 'rollback')).toContain('commit of 1.0');
  }),
);

test.concurrent(
  'a good release after one that was rolled back goes out, with the last promoted version as its way back',
  play({ plan: quickPlan() }, async (scenario) => {
    await promotedBefore(scenario);
    scenario.service.behaviour('1.2', { failEvery: 4 });
    const bad = await scenario.release({ version: '1.2' });
    expect(bad.decision).toBe('rolled-back');
    scenario.service.forgetCalls();
    const good = await scenario.release({ version: '1.3' });
    expect(good.job.status).toBe('success');
    expect(good.outputs['previous-version']).toBe('1.1');
    expect(scenario.service.calls()).toEqual([
      'canary 1.3',
      'weight 10',
      'promote 1.3',
      'weight 0',
      'remove',
    ]);
    const { events } = await expectEnd(scenario, good, {
      decision: 'promoted',
      reason: 'all-gates-passed',
      weight: 0,
      stable: '1.3',
    });
    expect(events[0]).toMatchObject({ previous: { version: '1.1' }, fence: 3 });
    expect(await scenario.current()).toMatchObject({
      release: null,
      lease: null,
      last_promoted: { version: '1.3' },
    });
  }),
);
