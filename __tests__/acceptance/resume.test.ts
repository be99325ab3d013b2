import { expect, test } from '@jest/globals';
import { DISPATCH } from './claims.js';
import { expectEnd, expectSound } from './expect-end.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { PLAIN_PLAN, quickCanary, quickPlan } from './quick-plan.js';
import { SCRIPTS } from './scenario.js';
import { until } from './until.js';

const traffic = { run: { run: SCRIPTS.traffic, timeout: '2s' }, read: SCRIPTS.weight };
const plan = quickPlan({ canary: quickCanary({ traffic, steps: [{ weight: 10, for: '30s' }] }) });
const OTHER = PLAIN_PLAN.replace('"shop"', '"mail"');

test.concurrent(
  'what a lost run left is told by `status` and brought to safety by `resume`; then nothing is left, by one request',
  play({ plan, files: { 'mail/release.yml': OTHER } }, async (scenario) => {
    const { github, service } = scenario;
    await promotedBefore(scenario);
    const { job, done } = await scenario.begin({ version: '1.2' });
    await until(() => service.requests('1.2') > 10);
    job.lose();
    const lost = await done;

    const written = await scenario.ledgerCommits();
    const seen = await scenario.release({ sha: lost.sha, ...DISPATCH, with: { command: 'status' } });
    expect(seen).toMatchObject({ decision: 'passed', reason: 'status-read' });
    expect(seen.result).toMatchObject({
      services: [
        {
          service: 'shop',
          environment: 'production',
          promoted: { version: '1.1' },
          held_by: expect.anything(),
        },
      ],
    });
    expect(seen.summary).toContain('since');
    expect(await scenario.ledgerCommits()).toEqual(written);
    expect(service.weight()).toBe(10);

    const glob = { command: 'resume', plan: '{.github/gated-release,*/release}.yml' };
    const resumed = await scenario.release({ sha: lost.sha, ...DISPATCH, with: glob });
    await expectEnd(
      scenario,
      { ...resumed, sha: lost.sha },
      { decision: 'rolled-back', reason: 'interrupted', weight: 0, stable: '1.1' },
    );

    const asked = github.requests.length;
    const again = await scenario.release({ sha: lost.sha, ...DISPATCH, with: glob });
    expectSound(scenario, again.job);
    expect(again).toMatchObject({ decision: 'nothing-to-do', reason: 'nothing-to-resume' });
    expect(github.requests.length - asked).toBe(1);
  }),
);
