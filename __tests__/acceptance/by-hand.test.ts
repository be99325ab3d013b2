import { expect, test } from '@jest/globals';
import { commitFiles } from '../../sandbox/github/seed.js';
import { DISPATCH, expectDecision, warningsOf } from './claims.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { quickCanary, quickPlan } from './quick-plan.js';
import { SCRIPTS } from './scenario.js';
import { until } from './until.js';

const PLAN = quickPlan({ canary: null, metrics: null });
const ROLLBACK = { command: 'rollback', reason: 'Customers complain' };

test.concurrent(
  'a person takes back what was promoted last: service, git, record, checks and incident follow',
  play({ ...INSIDE, plan: PLAN }, async (scenario) => {
    const good = await scenario.release({ version: '1.1' });
    const bad = await scenario.release({ version: '1.2' });
    expect([good.decision, bad.decision]).toEqual(['promoted', 'promoted']);
    scenario.service.forgetCalls();

    const back = await scenario.release({ sha: bad.sha, ...DISPATCH, with: ROLLBACK });
    expectDecision(scenario, back, {
      decision: 'rolled-back',
      reason: 'rollback-asked',
      says: ['Customers complain'],
    });
    expect(scenario.service.calls()).toEqual(['rollback 1.1']);
    const { git } = scenario.github;
    expect(await git('rev-parse', 'main^{tree}')).toBe(await git('rev-parse', `${good.sha}^{tree}`));
    expect(await scenario.current()).toMatchObject({
      last_promoted: { version: '1.1', sha: good.sha },
      quarantine: [{ version: '1.2', sha: bad.sha }],
      lease: null,
    });

    const again = await scenario.release({ version: '1.2.1', sha: bad.sha });
    expectDecision(scenario, again, { decision: 'blocked', reason: 'quarantined' });

    // Twice in a row, or once more after the next release: never to what was taken back.
    const twice = await scenario.release({ sha: bad.sha, ...DISPATCH, with: ROLLBACK });
    expectDecision(scenario, twice, { decision: 'blocked', reason: 'nothing-to-roll-back' });
    const next = await scenario.release({ version: '1.3' });
    expect(next.decision).toBe('promoted');
    const dry = await scenario.release({
      sha: next.sha,
      ...DISPATCH,
      with: { ...ROLLBACK, 'dry-run': 'true' },
    });
    expectDecision(scenario, dry, {
      decision: 'passed',
      reason: 'dry-run',
      says: ['1.3', 'taken back to 1.1'],
    });
    expect(scenario.service.stable()).toBe('1.3');
    // The record of what is taken back is wanted, and not needed: current.json names both versions.
    const { release } = (await scenario.current()).last_promoted as { release: string };
    await commitFiles(scenario.github, {
      branch: 'gated-release/shop/production',
      files: { [`${release}/events.jsonl`]: 'spoilt\n' },
      message: 'An edit by hand',
    });
    const later = await scenario.release({ sha: next.sha, ...DISPATCH, with: ROLLBACK });
    expectDecision(scenario, later, { decision: 'rolled-back', reason: 'rollback-asked' });
    expect(warningsOf(later).join()).toContain('Whether it is irreversible is unknown');
    expect(scenario.service.stable()).toBe('1.1');
  }),
);

test.concurrent(
  'a rollback by hand needs a reason and a version that the ledger knows, and says which ones it knows',
  play({ ...INSIDE, plan: PLAN }, async (scenario) => {
    const first = await scenario.release({ version: '1.1' });
    const last = await scenario.release({ version: '1.2' });
    scenario.service.forgetCalls();
    const mute = await scenario.release({ sha: last.sha, ...DISPATCH, with: { command: 'rollback' } });
    expectDecision(scenario, mute, { decision: 'blocked', reason: 'input-invalid', says: ['reason'] });
    const unknown = await scenario.release({
      sha: last.sha,
      version: '0.9',
      ...DISPATCH,
      with: ROLLBACK,
    });
    const known = `1.1 (${first.sha.slice(0, 7)})`;
    expectDecision(scenario, unknown, { decision: 'blocked', reason: 'nothing-to-roll-back', says: [known] });

    // A dry run reads of the release in flight what the rollback would.
    const current = await scenario.current();
    const none = '20260101-000000-abcdef0-aaaa';
    const { release: over } = current.last_promoted as { release: string };
    for (const [release, says, dryRun] of [
      [none, 'which has no events', 'true'],
      [none, 'which has no events', 'false'],
      [over, 'its events say that it ended promoted', 'true'],
    ] as const) {
      const text = JSON.stringify({ ...current, release });
      const files = { 'current.json': text };
      await commitFiles(scenario.github, {
        ...{ branch: 'gated-release/shop/production', files, message: 'An edit by hand' },
      });
      const asked = { ...ROLLBACK, 'dry-run': dryRun };
      const blind = await scenario.release({ sha: last.sha, ...DISPATCH, with: asked });
      expectDecision(scenario, blind, { decision: 'blocked', reason: 'ledger-invalid', says: [says] });
    }
    expect(scenario.service.calls()).toEqual([]);
  }),
);

test.concurrent(
  'a rollback by hand does not wait for the release that it must stop',
  play(
    {
      plan: quickPlan({
        canary: quickCanary({ steps: [{ weight: 10, for: '50s' }] }),
        rollback: { run: SCRIPTS.rollback },
      }),
    },
    async (scenario) => {
      const flight = await scenario.begin({ version: '1.1' });
      await until(() => scenario.service.weight() === 10);
      const back = await scenario.release({ sha: flight.sha, ...DISPATCH, with: ROLLBACK });
      const stopped = await flight.done;
      expect(scenario.service.weight()).toBe(0);
      expect(stopped).toMatchObject({ decision: 'rolled-back', reason: 'rollback-asked' });
      expectDecision(scenario, back, { decision: 'rolled-back', reason: 'rollback-asked' });
      const events = await scenario.events(stopped.outputs['release-id'] ?? '');
      expect(events.filter(({ type }) => type === 'ended')).toHaveLength(1);
    },
  ),
);

test.concurrent(
  'a rollback by hand that is cancelled half-way is finished by its post step, and said as it is',
  play(
    { plan: quickPlan({ canary: null, metrics: null, rollback: { run: `sleep 2; ${SCRIPTS.rollback}` } }) },
    async (scenario) => {
      await scenario.release({ version: '1.1' });
      const bad = await scenario.release({ version: '1.2' });
      const flight = await scenario.begin({ sha: bad.sha, ...DISPATCH, with: ROLLBACK });
      await until(async () => ((await scenario.current()) as { release: string | null }).release !== null);
      await new Promise((resolve) => setTimeout(resolve, 700));
      flight.job.cancel();
      await flight.done;
      expect(scenario.service.stable()).toBe('1.1');
      expect(await scenario.current()).toMatchObject({
        release: null,
        last_promoted: { version: '1.1' },
        quarantine: [{ version: '1.2' }],
      });
      expect(await scenario.github.git('log', '-1', '--format=%s', 'main')).toContain(
        'Roll back shop from 1.2 to 1.1',
      );
    },
  ),
);
