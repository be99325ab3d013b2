import { expect, test } from '@jest/globals';
import { commitFiles } from '../../sandbox/github/seed.js';
import { DISPATCH, expectDecision, warningsOf } from './claims.js';
import { expectEnd, expectSound } from './expect-end.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { PLAIN_PLAN, quickCanary, quickPlan } from './quick-plan.js';
import { SCRIPTS } from './scenario.js';
import { until } from './until.js';

const traffic = { run: { run: SCRIPTS.traffic, timeout: '2s' }, read: SCRIPTS.weight };
// A webhook's variable, which `resume` does not have, must not keep a lost canary in its traffic.
const notify = [{ webhook: '${HOOK}', events: ['promoted'] }];
const plan = quickPlan({ notify, canary: quickCanary({ traffic, steps: [{ weight: 10, for: '30s' }] }) });
const glob = { command: 'resume', plan: '{.github/gated-release,*/release}.yml' };
const OTHER = PLAIN_PLAN.replace('"shop"', '"mail"');

test.concurrent(
  'what a lost run left is told by `status` and brought to safety by `resume`; then nothing is left, by one request',
  play({ plan, files: { 'mail/release.yml': OTHER } }, async (scenario) => {
    const { github, service } = scenario;
    await promotedBefore(scenario);
    const { job, done } = await scenario.begin({ version: '1.2', env: { HOOK: `${service.url}/hook` } });
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

    const tried = await scenario.release({
      ...{ sha: lost.sha, version: '1.3', ...DISPATCH, env: { HOOK: `${service.url}/hook` } },
      with: { 'dry-run': 'true' },
    });
    expect(tried).toMatchObject({ decision: 'passed', reason: 'dry-run' });

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

test.concurrent(
  '`resume` is red when it cannot know that nothing is lost, and counts what it did not look at',
  play({ plan, files: { 'mail/release.yml': OTHER } }, async (scenario) => {
    const { github } = scenario;
    const known = await promotedBefore(scenario);
    const typo = await scenario.release({
      sha: known,
      ...DISPATCH,
      with: { ...glob, plan: 'mial/*.yml' },
    });
    expectDecision(scenario, typo, { decision: 'blocked', reason: 'input-invalid', says: ['mial/*.yml'] });

    const sha = await scenario.commit({ 'mail/release.yml': '{"promote": "x"' }, 'A broken plan');
    const broken = await scenario.release({ sha, ...DISPATCH, with: glob });
    expectDecision(scenario, broken, {
      decision: 'blocked',
      reason: 'plan-invalid',
      says: ['mail/release.yml'],
    });

    await commitFiles(github, {
      branch: 'gated-release/shop/production',
      files: { 'current.json': '{' },
      message: 'An edit by hand',
    });
    const spoilt = await scenario.release({ sha: known, ...DISPATCH, with: glob });
    expectDecision(scenario, spoilt, { decision: 'blocked', reason: 'ledger-invalid' });
    const other = await scenario.release({
      ...{ sha: known, ...DISPATCH },
      with: { command: 'resume', plan: 'mail/release.yml' },
    });
    expect(other).toMatchObject({ decision: 'nothing-to-do', reason: 'nothing-to-resume' });
    expect(other.summary).toContain(
      '1 open ledger that this run is not for was not looked at: shop/production',
    );
    expect(other.summary).toContain('there is no ledger of mail');
    // A slip in the name of an environment must not look like a service that is safe.
    const slip = await scenario.release({
      ...{ sha: known, ...DISPATCH },
      with: { ...glob, command: 'status', environment: 'prodution' },
    });
    expect(slip.summary).toContain('No ledger is here that was asked for');
    expect(warningsOf(slip).join('\n')).toMatch(/^There is no ledger of .*shop\/prodution/m);

    github.fault({ match: { path: /graphql/ }, kind: 'status', status: 502, times: 100 });
    const away = await scenario.release({ sha: known, ...DISPATCH, with: { command: 'status' } });
    expectDecision(scenario, away, { decision: 'blocked', reason: 'github-unreachable' });
  }),
);
