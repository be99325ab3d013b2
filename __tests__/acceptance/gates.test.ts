import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { briefCanary, checksOf, DISPATCH, expectBlocked, expectDecision, shortPlan } from './claims.js';
import { checkText } from './expect-end.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { PROBE, quickPlan } from './quick-plan.js';
import { type Released, SCRIPTS, type Scenario } from './scenario.js';

/** Back where it was: the old version alone, all traffic on it, and the stage that failed shown as failed. */
function expectBack(
  scenario: Scenario,
  done: Released,
  end: { readonly stage: string; readonly reason: string; readonly says: readonly (string | RegExp)[] },
): void {
  const { service } = scenario;
  expectDecision(scenario, done, { decision: 'rolled-back', ...end });
  expect({ stable: service.stable(), canary: service.canary(), weight: service.weight() }).toEqual({
    stable: '1.0',
    canary: null,
    weight: 0,
  });
  expect(checksOf(scenario, done.sha)).toMatchObject({ [end.stage]: 'failure', rollback: 'success' });
  expect(done.summary).toContain('### Rollback');
  expect(scenario.github.deployments().map(({ statuses }) => statuses.at(-1)?.state)).toEqual(['failure']);
}

test.concurrent(
  'a promotion that left the old version in service is found out by reading back, and taken back',
  play(
    { ...INSIDE, plan: shortPlan({ promote: { run: 'echo "promote nothing" >> "$SERVICE/calls"' } }) },
    async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectBack(scenario, done, {
        stage: 'promote',
        reason: 'version-differs',
        says: ['the version in service should be 1.1, and 1.0 was read', 'really replaces the version'],
      });
      expect(scenario.service.calls()).toEqual(['promote nothing', 'rollback 1.0']);
    },
  ),
);

test.concurrent(
  'a version that turns bad while it is watched is taken back',
  play(
    {
      ...INSIDE,
      plan: shortPlan({
        ready: { url: '${SERVICE_URL}/stable/ready', within: '5s' },
        watch: { for: '20s' },
      }),
    },
    async (scenario) => {
      const done = await scenario.release({
        version: '1.1',
        onLine: (line) => {
          if (line.startsWith('Watching 1.1')) scenario.service.behaviour('1.1', { ready: false });
        },
      });
      expectBack(scenario, done, {
        stage: 'promote',
        reason: 'watch-failed',
        says: ['3 times in a row', '503'],
      });
      expect(scenario.service.calls()).toEqual(['promote 1.1', 'rollback 1.0']);
    },
  ),
);

test.concurrent(
  'too few answers open no gate, until a person lets them count',
  play(
    {
      plan: quickPlan({
        metrics: {
          errors: { kind: 'errors', probe: { ...PROBE, timeout: '30s' }, limit: '1%', 'minimum-samples': 80 },
        },
      }),
    },
    async (scenario) => {
      scenario.service.behaviour('1.1', { answers: 40 });
      scenario.service.behaviour('1.2', { answers: 40 });
      const done = await scenario.release({ version: '1.1' });
      expectBack(scenario, done, {
        stage: 'canary',
        reason: 'metric-inconclusive',
        says: [/only \d\d were measured, and 80 are needed/, '`override: inconclusive`'],
      });
      expect(scenario.service.calls()).not.toContain('promote 1.1');

      const reason = 'Traffic is low on Sundays';
      const overridden = await scenario.release({
        ...DISPATCH,
        version: '1.2',
        with: { override: 'inconclusive, quarantine', reason },
      });
      expectDecision(scenario, overridden, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(overridden.summary).toContain(reason);
      expect(scenario.service.stable()).toBe('1.2');
    },
  ),
);

test.concurrent(
  'a canary whose deployment fails gets no traffic, and is removed',
  play(
    {
      ...INSIDE,
      plan: shortPlan({ canary: briefCanary({ run: `${SCRIPTS.canary}; echo "no space left"; exit 2` }) }),
    },
    async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectBack(scenario, done, {
        stage: 'canary',
        reason: 'canary-deploy-failed',
        says: ['`canary` exited with code 2', 'Mend what the last lines'],
      });
      expect(checkText(scenario, done.sha, 'canary')).toContain('no space left');
      expect(scenario.service.calls()).toEqual(['canary 1.1', 'rollback 1.0', 'remove']);
    },
  ),
);

test.concurrent(
  'a canary that never gets ready gets no traffic, and is removed',
  play(
    {
      ...INSIDE,
      plan: shortPlan({
        canary: briefCanary({ ready: { url: '${SERVICE_URL}/canary/ready', within: '3s' } }),
      }),
    },
    async (scenario) => {
      scenario.service.behaviour('1.1', { ready: false });
      const done = await scenario.release({ version: '1.1' });
      expectBack(scenario, done, {
        stage: 'canary',
        reason: 'not-ready',
        says: ['the canary was not ready within 3 s', 'answered 503', 'raise `within`'],
      });
      expect(scenario.service.calls()).toEqual(['canary 1.1', 'rollback 1.0', 'remove']);
    },
  ),
);

test.concurrent(
  'a weight that reads back otherwise than it was set stops the release',
  play(
    {
      ...INSIDE,
      plan: shortPlan({
        canary: briefCanary({
          traffic: { run: SCRIPTS.traffic, read: 'w=$(cat "$SERVICE/weight"); echo $((w == 50 ? 5 : w))' },
        }),
      }),
    },
    async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectBack(scenario, done, {
        stage: 'canary',
        reason: 'weight-differs',
        says: ['traffic was set to 50 %, and 5 % was read back'],
      });
      expect(scenario.service.calls()).toEqual([
        'canary 1.1',
        'weight 50',
        'weight 0',
        'rollback 1.0',
        'remove',
      ]);
    },
  ),
);

test.concurrent(
  'a raise that fails takes the release back, with the last lines of the script',
  play(
    {
      ...INSIDE,
      plan: shortPlan({
        canary: briefCanary({
          traffic: {
            run: `test "$RELEASE_WEIGHT" != 50 || { echo "no such route"; exit 6; }\n${SCRIPTS.traffic}`,
            read: SCRIPTS.weight,
          },
          steps: [
            { weight: 10, for: 0 },
            { weight: 50, for: 0 },
          ],
        }),
      }),
    },
    async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectBack(scenario, done, {
        stage: 'canary',
        reason: 'traffic-failed',
        says: ['traffic could not be set to 50 %', 'a weight of 0 must always work'],
      });
      expect(checkText(scenario, done.sha, 'canary')).toContain('no such route');
      expect(scenario.service.calls()).toEqual([
        'canary 1.1',
        'weight 10',
        'weight 0',
        'rollback 1.0',
        'remove',
      ]);
    },
  ),
);

test.concurrent(
  'a plan that ends at 100 leaves all traffic on the new version, and removes nothing',
  play({ ...INSIDE, plan: shortPlan({ canary: briefCanary({ 'ends-at': 100 }) }) }, async (scenario) => {
    const done = await scenario.release({ version: '1.1' });
    expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
    expect(scenario.service.calls()).toEqual(['canary 1.1', 'weight 50', 'promote 1.1', 'weight 100']);
    expect(done.outputs.weight).toBe('100');
    expect(done.result).toMatchObject({ weight: 100, weight_verified: true });
    expect(done.summary).toContain('Whole: 100 % on the new version, read back');
  }),
);

/** The store lies beside the workspace, which outlives the job here. */
function backup(files: readonly string[], directory = '${SERVICE}/backups'): Record<string, unknown> {
  return { store: { directory, 'same-machine': true }, sources: { settings: { files } } };
}

test.concurrent(
  'a backup counts when its restored copy is identical, and its evidence is told',
  play(
    {
      ...INSIDE,
      plan: shortPlan({ backup: backup(['config/**']) }),
      files: { 'config/shop.json': '{"currency":"EUR"}' },
    },
    async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      const stages = done.result.stages as { name: string; verdict: string; evidence: string[] }[];
      const stage = stages.find(({ name }) => name === 'backup');
      expect(stage).toMatchObject({ verdict: 'passed' });
      expect(stage?.evidence.join('\n')).toMatch(/settings.*proved identical, 18 bytes in 1 file, SHA-256/);
      expect(checkText(scenario, done.sha, 'backup')).toContain('proved identical');
      expect(readdirSync(join(scenario.service.directory, 'backups', 'snapshots'))).toHaveLength(1);
    },
  ),
);

test.concurrent(
  'a backup that finds nothing, or has nowhere to be kept, blocks before anything moves',
  play({ ...INSIDE, plan: shortPlan({ backup: backup(['uploads/**']) }) }, async (scenario) => {
    const empty = await scenario.release({ version: '1.1' });
    expectBlocked(scenario, empty, {
      reason: 'backup-failed',
      says: [/uploads.*match/, 'Nothing was released'],
    });
    expect(checksOf(scenario, empty.sha)).toMatchObject({ backup: 'failure' });

    const plan = shortPlan({ backup: backup(['README.md'], 'app.txt/kept') });
    const sha = await scenario.commit({ '.github/gated-release.yml': plan });
    const nowhere = await scenario.release({ version: '1.2', sha });
    expectBlocked(scenario, nowhere, {
      reason: 'backup-store-unusable',
      says: ['app.txt/kept', 'is not a directory: name another one'],
    });
    expect(existsSync(join(scenario.service.directory, 'calls'))).toBe(false);
  }),
);
