import { expect, test } from '@jest/globals';
import { DISPATCH, expectDecision } from './claims.js';
import { expectEnd } from './expect-end.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { quickPlan } from './quick-plan.js';
import { SCRIPTS, type Scenario } from './scenario.js';

/** 1.2 is the version that cannot be promoted. */
const PLAN = quickPlan({
  canary: null,
  metrics: null,
  promote: { run: `[ "$RELEASE_TARGET_VERSION" != 1.2 ] || exit 3; ${SCRIPTS.promote}` },
});

/** 1.2 was taken back: main holds its rollback. Gives the bad commit and the release. */
async function takenBack(scenario: Scenario): Promise<{ bad: string; release: string }> {
  await promotedBefore(scenario);
  const bad = await scenario.commit({ 'app.txt': 'bad\n' }, 'A bad change');
  const done = await scenario.release({ version: '1.2', sha: bad });
  const { release } = await expectEnd(scenario, done, {
    decision: 'rolled-back',
    reason: 'promote-failed',
    weight: 0,
    stable: '1.1',
  });
  scenario.service.forgetCalls();
  return { bad, release };
}

/** A commit on top of the bad one that knows nothing of its rollback. */
async function besides(scenario: Scenario, bad: string, message: string): Promise<string> {
  const { git } = scenario.github;
  const tree = (await git('rev-parse', `${bad}^{tree}`)).trim();
  const identity = ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.com'];
  return (await git(...identity, 'commit-tree', tree, '-p', bad, '-m', message)).trim();
}

async function branchAt(scenario: Scenario, sha: string): Promise<string> {
  await scenario.github.git('update-ref', 'refs/heads/side', sha);
  return sha;
}

test.concurrent(
  'a change that was taken back is refused until a commit contains its rollback, and the incident closes then',
  play({ ...INSIDE, plan: PLAN }, async (scenario) => {
    const { bad, release } = await takenBack(scenario);
    const [incident] = scenario.github.issues();
    expect(incident).toMatchObject({ state: 'open' });
    expect(JSON.stringify(incident)).toContain(release);

    const again = await scenario.release({ version: '1.2.1', sha: bad });
    expectDecision(scenario, again, { decision: 'blocked', reason: 'quarantined', says: [release] });
    expect(scenario.service.calls()).toEqual([]);

    const mended = await scenario.release({ version: '1.3' });
    expectDecision(scenario, mended, { decision: 'promoted', reason: 'all-gates-passed' });
    expect(await scenario.current()).toMatchObject({ quarantine: [] });
    expect(scenario.github.issues()[0]).toMatchObject({ state: 'closed' });
    expect(scenario.github.issues()).toHaveLength(1);
  }),
);

test.concurrent(
  'a commit beside the rollback is refused, unless it says what it fixes',
  play({ ...INSIDE, plan: PLAN }, async (scenario) => {
    const { bad, release } = await takenBack(scenario);
    const silent = await branchAt(scenario, await besides(scenario, bad, 'More on top of the bad change'));
    const refused = await scenario.release({ version: '1.3', sha: silent });
    const says = [`With it wait: ${silent.slice(0, 7)} More on top of the bad change`];
    expectDecision(scenario, refused, { decision: 'blocked', reason: 'quarantined', says });

    const fix = await besides(scenario, silent, `Mend it\n\nFixes-Release: ${release}`);
    const mended = await scenario.release({ version: '1.3', sha: await branchAt(scenario, fix) });
    expectDecision(scenario, mended, { decision: 'promoted', reason: 'all-gates-passed' });
    expect(await scenario.current()).toMatchObject({ quarantine: [] });
  }),
);

test.concurrent(
  'a person lifts the quarantine by dispatch and with a reason, which is recorded',
  play({ ...INSIDE, plan: PLAN }, async (scenario) => {
    const { bad } = await takenBack(scenario);
    const lifted = await scenario.release({
      version: '1.2.1',
      sha: bad,
      ...DISPATCH,
      with: { override: 'quarantine', reason: 'The database was at fault, not the change' },
    });
    expectDecision(scenario, lifted, { decision: 'promoted', reason: 'all-gates-passed' });
    const [first] = await scenario.events(lifted.outputs['release-id'] ?? '');
    expect(first).toMatchObject({
      overrides: ['quarantine'],
      reason: expect.stringContaining('database'),
      mends: [],
    });
  }),
);
