import { expect, test } from '@jest/globals';
import { conclusionOf, expectEnd, expectSound, releaseOf, storyOf } from './expect-end.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { PLAIN_PATH, PLAIN_PLAN, quickCanary, quickPlan } from './quick-plan.js';
import { type Released, SCRIPTS, type Scenario } from './scenario.js';
import { until } from './until.js';

/** A script that its run may have left behind is waited out for as long as it may take: here not long. */
const traffic = { run: { run: SCRIPTS.traffic, timeout: '2s' }, read: SCRIPTS.weight };
const plan = quickPlan({ canary: quickCanary({ traffic, steps: [{ weight: 10, for: '3s' }] }) });

/** Traffic goes back at once, and once more when nothing of the lost run can be at work any longer. */
const once = (calls: readonly string[]) => calls.filter((call, index) => call !== calls[index - 1]);

/** The runner of 1.2 is gone in the middle of its canary: main is dead and no post has run. */
async function lostOnCanary(scenario: Scenario): Promise<Released> {
  const { job, done } = await scenario.begin({ version: '1.2' });
  await until(() => scenario.service.requests('1.2') > 10);
  job.lose();
  const lost = await done;
  expect({
    weight: scenario.service.weight(),
    posts: lost.job.posts.map(({ exitCode }) => exitCode),
  }).toEqual({
    weight: 10,
    posts: [null],
  });
  expect(await scenario.current()).toMatchObject({ release: expect.any(String), recent: expect.anything() });
  return lost;
}

test.concurrent(
  'what a lost runner left is brought back by the next release, before its own work',
  play({ plan }, async (scenario) => {
    await promotedBefore(scenario);
    const lost = await lostOnCanary(scenario);
    const next = await scenario.release({ version: '1.3' });
    expect(once(scenario.service.calls())).toEqual([
      ...['canary 1.2', 'weight 10'],
      ...['weight 0', 'rollback 1.1', 'remove'],
      ...['canary 1.3', 'weight 10', 'promote 1.3', 'weight 0', 'remove'],
    ]);
    await expectEnd(scenario, next, {
      decision: 'promoted',
      reason: 'all-gates-passed',
      weight: 0,
      stable: '1.3',
    });
    const events = await scenario.events(await releaseOf(scenario, lost.sha));
    expect(events.at(-1)).toMatchObject({
      type: 'ended',
      decision: 'rolled-back',
      reason: 'superseded',
      weight: 0,
    });
    // The next release contains the change and brings it through its gates: git keeps it, and so does no quarantine.
    expect(events).toContainEqual(expect.objectContaining({ type: 'rollback-commit', result: 'none' }));
    expect(await scenario.head()).toBe(next.sha);
    expect(storyOf(events).filter((one) => ['taken-over', 'ended', 'rollback-commit'].includes(one))).toEqual(
      ['taken-over', 'rollback-commit', 'ended'],
    );
    expect(conclusionOf(scenario, lost.sha, 'canary')).toBe('cancelled');
    expect(conclusionOf(scenario, lost.sha, 'rollback')).toBe('success');
    expect(await scenario.current()).toMatchObject({ release: null, lease: null });
  }),
);

let ahead = 0;

test.concurrent(
  'while the lost job is not known to have ended the next release is busy, until the lease expires',
  play({ plan, now: () => Date.now() + ahead }, async (scenario) => {
    const lost = await lostOnCanary(scenario);
    scenario.github.addJob({ id: 2001, runId: 1001, status: 'in_progress', conclusion: null });
    const calls = scenario.service.calls();
    const early = await scenario.release({ version: '1.3' });
    expectSound(scenario, early.job);
    expect(early).toMatchObject({ decision: 'blocked', reason: 'busy' });
    expect(early.job.status).toBe('failure');
    expect(early.log).toContain('/actions/runs/1001/job/2001');
    expect(scenario.service.calls()).toEqual(calls);
    expect(conclusionOf(scenario, early.sha, 'plan')).toBe('failure');

    ahead = 16 * 60_000;
    const next = await scenario.release({ version: '1.4' });
    expect(scenario.service.calls().slice(calls.length)).toEqual([
      ...['weight 0', 'rollback 1.0', 'remove'],
      ...['canary 1.4', 'weight 10', 'promote 1.4', 'weight 0', 'remove'],
    ]);
    await expectEnd(scenario, next, {
      decision: 'promoted',
      reason: 'all-gates-passed',
      weight: 0,
      stable: '1.4',
    });
    const events = await scenario.events(await releaseOf(scenario, lost.sha));
    expect(events.at(-1)).toMatchObject({ type: 'ended', decision: 'rolled-back', reason: 'superseded' });
  }),
);

test.concurrent(
  'a plan that cannot move the traffic of a lost release runs nothing, and the right plan still can',
  play({ plan, files: { [PLAIN_PATH]: PLAIN_PLAN } }, async (scenario) => {
    await lostOnCanary(scenario);
    const calls = scenario.service.calls();
    const wrong = await scenario.release({ version: '1.3', with: { plan: PLAIN_PATH } });
    expectSound(scenario, wrong.job);
    expect(wrong).toMatchObject({ decision: 'blocked', reason: 'cannot-recover' });
    expect(wrong.log).toContain('canary.traffic');
    expect(scenario.service.calls()).toEqual(calls);
    expect(scenario.service.weight()).toBe(10);

    const right = await scenario.release({ version: '1.4' });
    expect(once(scenario.service.calls().slice(calls.length)).slice(0, 3)).toEqual([
      'weight 0',
      'rollback 1.0',
      'remove',
    ]);
    await expectEnd(scenario, right, {
      decision: 'promoted',
      reason: 'all-gates-passed',
      weight: 0,
      stable: '1.4',
    });
  }),
);

test.concurrent(
  'a release that was lost before it moved anything is ended as blocked, and holds nobody up',
  play(
    {
      plan: quickPlan({
        canary: null,
        metrics: null,
        verify: {
          slow: { run: '[ "$RELEASE_VERSION" != 1.2 ] || { echo verifying; sleep 300; }', timeout: '10m' },
        },
      }),
    },
    async (scenario) => {
      const { sha, done } = await scenario.begin({
        version: '1.2',
        onLine: (line, job) => {
          if (line === 'verifying') job.lose();
        },
      });
      await done;
      const next = await scenario.release({ version: '1.3' });
      expect(scenario.service.calls()).toEqual(['promote 1.3']);
      await expectEnd(scenario, next, {
        decision: 'promoted',
        reason: 'all-gates-passed',
        weight: 0,
        stable: '1.3',
      });
      const events = await scenario.events(await releaseOf(scenario, sha));
      expect(events.at(-1)).toMatchObject({ type: 'ended', decision: 'blocked', reason: 'superseded' });
    },
  ),
);
