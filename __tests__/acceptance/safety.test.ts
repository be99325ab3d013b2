import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { commitFiles } from '../../sandbox/github/seed.js';
import { expectDecision } from './claims.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { quickCanary, quickPlan } from './quick-plan.js';
import { SCRIPTS } from './scenario.js';

const FAILING = { run: `[ "$RELEASE_TARGET_VERSION" != 1.2 ] || exit 3; ${SCRIPTS.promote}` };
const plain = (change: Readonly<Record<string, unknown>> = {}) =>
  quickPlan({ canary: null, metrics: null, ...change });

test.concurrent(
  'back is what served before the release, also when a person had brought it there by hand',
  play({ ...INSIDE, plan: plain({ promote: FAILING }) }, async (scenario) => {
    await promotedBefore(scenario);
    scenario.service.setStable('1.1.1-hotfix');
    const done = await scenario.release({ version: '1.2' });
    expectDecision(scenario, done, { decision: 'rolled-back', reason: 'promote-failed' });
    expect(done.outputs['previous-version']).toBe('1.1.1-hotfix');
    expect(scenario.service.stable()).toBe('1.1.1-hotfix');
  }),
);

test.concurrent(
  'a canary slot that gets traffic before its release is not released into',
  play(
    { ...INSIDE, plan: quickPlan({ canary: quickCanary({ steps: [{ weight: 20, for: '1s' }] }) }) },
    async (scenario) => {
      await promotedBefore(scenario);
      writeFileSync(join(scenario.service.directory, 'weight'), '10');
      const done = await scenario.release({ version: '1.2' });
      expectDecision(scenario, done, { decision: 'blocked', reason: 'weight-not-zero', says: ['10 %'] });
      expect(scenario.service.calls()).toEqual([]);
    },
  ),
);

test.concurrent(
  'a promoted version without any earlier one to go back to is told as a rollback that failed',
  play(
    {
      ...INSIDE,
      plan: plain({
        'in-service': null,
        ready: { url: '${SERVICE_URL}/stable/ready', within: '1s' },
        'last-resort': { run: 'echo "last resort" >> "$SERVICE/calls"' },
      }),
    },
    async (scenario) => {
      scenario.service.behaviour('1.1', { ready: false });
      const done = await scenario.release({ version: '1.1' });
      expectDecision(scenario, done, { decision: 'rollback-failed', reason: 'no-way-back' });
      expect(scenario.service.calls()).toEqual(['promote 1.1', 'last resort']);
    },
  ),
);

test.concurrent(
  'a rollback commit on top of work that was never released does not hide that work',
  play({ ...INSIDE, plan: plain() }, async (scenario) => {
    const good = await promotedBefore(scenario);
    const bad = await scenario.commit({ 'app.txt': 'bad\n' });
    await scenario.commit({ 'urgent.txt': 'fix\n' }, 'Urgent fix');
    const sha = await scenario.commit(
      { 'app.txt': 'of 1.1\n' },
      `Roll back\n\nGated-Release: 20260101-000000-abcdef0-abcd\nRolls-Back: ${bad}..${good}`,
    );
    const done = await scenario.release({ version: '1.3', sha });
    expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
  }),
);

test.concurrent(
  'a record that cannot be is refused before the lease is taken, and says that traffic may be split',
  play({ ...INSIDE, plan: plain() }, async (scenario) => {
    await promotedBefore(scenario);
    const current = await scenario.current();
    await commitFiles(scenario.github, {
      branch: 'gated-release/shop/production',
      files: {
        'current.json': JSON.stringify({
          ...current,
          last_promoted: { ...(current.last_promoted as object), sha: 'abc1234' },
        }),
      },
      message: 'Edited by hand',
    });
    const done = await scenario.release({ version: '1.2' });
    expectDecision(scenario, done, {
      decision: 'blocked',
      reason: 'ledger-invalid',
      says: ['Another release may'],
    });
    expect(scenario.service.calls()).toEqual([]);
  }),
);

test.concurrent(
  'a version that could not be read back is refused before anything moves',
  play({ ...INSIDE, plan: plain() }, async (scenario) => {
    const done = await scenario.release({ version: '1.2 beta' });
    expectDecision(scenario, done, { decision: 'blocked', reason: 'input-invalid', says: ['one word'] });
  }),
);
