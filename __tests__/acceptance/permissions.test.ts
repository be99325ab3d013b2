import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { commitFiles } from '../../sandbox/github/seed.js';
import { checksOf, DISPATCH, expectBlocked, expectDecision, shortPlan, warningsOf } from './claims.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { ALL } from './scenario.js';
import { until } from './until.js';

const READ = Object.fromEntries(Object.keys(ALL).map((scope) => [scope, 'read' as const]));
const STAGES = ['plan', 'verify', 'backup', 'canary', 'promote'];

describe('what a token may not do', () => {
  test.concurrent(
    'without `checks`, stages are commit statuses of the same names',
    play({ ...INSIDE, plan: shortPlan(), permissions: { ...ALL, checks: 'none' } }, async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(checksOf(scenario, done.sha)).toEqual({});
      const last = Object.fromEntries(
        scenario.github.statuses(done.sha).map(({ context, state }) => [context, state]),
      );
      expect(last).toEqual(
        Object.fromEntries(STAGES.map((stage) => [`shop/production/${stage}`, 'success'])),
      );
      expect(warningsOf(done).filter((warning) => warning.includes('`checks: write`'))).toHaveLength(1);
      expect(done.summary).toContain('### Missing permissions');
    }),
  );

  test.concurrent(
    'with `contents: write` alone the release goes its way, and names each missing permission once',
    play({ ...INSIDE, plan: shortPlan(), permissions: { contents: 'write' } }, async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      for (const permission of ['checks: write', 'statuses: write', 'deployments: write']) {
        expect(warningsOf(done).filter((warning) => warning.includes(`\`${permission}\``))).toHaveLength(1);
        expect(done.summary).toContain(`| \`${permission}\` |`);
      }
      expect(scenario.github.deployments()).toEqual([]);
      expect(scenario.service.stable()).toBe('1.1');
      expect(await scenario.current()).toMatchObject({ last_promoted: { version: '1.1' } });
    }),
  );

  test.concurrent(
    'the read-only token of a fork moves nothing',
    play({ ...INSIDE, plan: shortPlan(), permissions: READ }, async (scenario) => {
      const done = await scenario.release({ version: '1.1' });
      expectBlocked(scenario, done, {
        reason: 'permission-missing',
        says: ['`permissions: contents: write`', 'on a fork a release is not possible'],
      });
      expect(await scenario.ledger('current.json')).toBe(null);
      expect(scenario.github.deployments()).toEqual([]);
    }),
  );

  test.concurrent(
    'a token that GitHub does not know moves nothing',
    play({ ...INSIDE, plan: shortPlan() }, async (scenario) => {
      const done = await scenario.release({
        version: '1.1',
        with: { token: 'ghs_expired_token_0123456789' },
      });
      expectBlocked(scenario, done, {
        reason: 'permission-missing',
        says: ['GitHub does not accept the token, which is wrong or has expired'],
      });
      expect(await scenario.ledger('current.json')).toBe(null);
    }),
  );

  test.concurrent(
    'a personal token releases, and shows its stages as statuses',
    play({ ...INSIDE, plan: shortPlan() }, async (scenario) => {
      const token = 'ghp_alice_token_0123456789';
      scenario.github.setToken('alice', { token, kind: 'pat', permissions: ALL });
      const done = await scenario.release({ version: '1.1', with: { token } });
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(scenario.github.statuses(done.sha).map(({ creator }) => creator.login)).toContain('alice');
      expect(checksOf(scenario, done.sha)).toEqual({});
    }),
  );
});

describe('the ledger', () => {
  test.concurrent(
    'refused by a rule, it blocks before anything moves, and names the pattern to exclude',
    play({ ...INSIDE, plan: shortPlan() }, async (scenario) => {
      scenario.github.protect('gated-release/**/*', { kind: 'ruleset' });
      const done = await scenario.release({ version: '1.1' });
      expectBlocked(scenario, done, { reason: 'ledger-refused', says: ['Exclude `gated-release/**/*`'] });
      expect(await scenario.ledger('current.json')).toBe(null);
      expect(scenario.github.deployments()).toEqual([]);
    }),
  );

  test.concurrent(
    'a ledger that was lost blocks, until a person starts a new one with a reason',
    play({ ...INSIDE, plan: shortPlan() }, async (scenario) => {
      const first = await scenario.release({ version: '1.1' });
      expectDecision(scenario, first, { decision: 'promoted', reason: 'all-gates-passed' });
      await scenario.github.git('update-ref', '-d', 'refs/heads/gated-release/shop/production');

      const blocked = await scenario.release({ version: '1.2' });
      expectDecision(scenario, blocked, {
        decision: 'blocked',
        reason: 'ledger-missing',
        says: ['gated-release/shop/production does not exist', '`override: ledger`'],
      });
      expect(scenario.service.calls()).toEqual(['promote 1.1']);
      const back = await scenario.release({
        ...DISPATCH,
        with: { command: 'rollback', reason: 'Customers complain' },
      });
      expectDecision(scenario, back, {
        decision: 'blocked',
        reason: 'ledger-missing',
        says: ['“Mend the record”'],
      });

      const reason = 'The branch was deleted by hand on Monday';
      const anew = await scenario.release({
        ...DISPATCH,
        version: '1.3',
        with: { override: 'ledger', reason },
      });
      expectDecision(scenario, anew, { decision: 'promoted', reason: 'all-gates-passed' });
      const events = await scenario.events(anew.outputs['release-id'] ?? '');
      expect(events[0]).toMatchObject({ actor: 'alice', overrides: ['ledger'], reason });
      expect(anew.summary).toContain(reason);
    }),
  );
});

describe('the record is mended as docs/surviving.md says', () => {
  const [PUT_BACK = '', COMMIT_BACK = ''] =
    readFileSync('docs/surviving.md', 'utf8')
      .split('## Mend the record')[1]
      ?.split(/^```(?:bash)?$/m)
      .filter((block) => block.includes('git push')) ?? [];

  test.concurrent(
    'put back when it is gone, and committed back when somebody wrote on top of it',
    play({ ...INSIDE, plan: shortPlan() }, async (scenario) => {
      const { git } = scenario.github;
      const branch = 'refs/heads/gated-release/shop/production';
      const first = await scenario.release({ version: '1.1' });
      expectDecision(scenario, first, { decision: 'promoted', reason: 'all-gates-passed' });
      const GOOD = (await git('rev-parse', branch)).trim();
      const clone = join(scenario.directory, 'clone');
      execFileSync('git', ['clone', '-q', scenario.github.repositoryPath, clone]);
      // As GitHub does.
      await git('config', 'uploadpack.allowAnySHA1InWant', 'true');
      const mend = (script: string) =>
        execFileSync('bash', ['-e', '-c', script], {
          cwd: clone,
          env: { ...process.env, ...AUTHOR, GOOD },
          stdio: 'pipe',
        });

      await git('update-ref', '-d', branch);
      mend(PUT_BACK);
      expect((await git('rev-parse', branch)).trim()).toBe(GOOD);

      await commitFiles(scenario.github, {
        branch: 'gated-release/shop/production',
        files: { 'current.json': '{', 'notes.txt': 'An edit by hand' },
        message: 'An edit by hand',
      });
      const blocked = await scenario.release({ version: '1.2' });
      expectDecision(scenario, blocked, { decision: 'blocked', reason: 'ledger-invalid' });
      mend(COMMIT_BACK);
      expect(await git('diff', GOOD, branch)).toBe('');
      const next = await scenario.release({ version: '1.3' });
      expectDecision(scenario, next, { decision: 'promoted', reason: 'all-gates-passed' });

      await commitFiles(scenario.github, {
        branch: 'gated-release/shop/production',
        files: { 'current.json': '' },
        message: 'Nothing can be had back',
      });
      const anew = await scenario.release({
        ...DISPATCH,
        version: '1.4',
        with: { override: 'ledger', reason: 'The record is lost' },
      });
      expectDecision(scenario, anew, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(await scenario.current()).toMatchObject({ last_promoted: { version: '1.4' }, quarantine: [] });
      const { fence } = (await scenario.current()) as { fence: number };
      expect(fence).toBeGreaterThan(1_700_000_000);
    }),
  );
});

const AUTHOR = {
  GIT_AUTHOR_NAME: 'Alice',
  GIT_AUTHOR_EMAIL: 'alice@example.com',
  GIT_COMMITTER_NAME: 'Alice',
  GIT_COMMITTER_EMAIL: 'alice@example.com',
};

describe('the lease', () => {
  // Holds the release that began first until the test lets it go.
  const plan = shortPlan({
    verify: {
      gate: {
        run: 'echo "verify $RELEASE_VERSION" >> "$SERVICE/calls"\nuntil [ -e "$SERVICE/go" ]; do sleep 0.05; done',
        timeout: '60s',
      },
    },
  });

  test.concurrent(
    'while one release is on its way, another is told by whom and since when, and does nothing',
    play({ ...INSIDE, plan }, async (scenario) => {
      const first = await scenario.begin({ version: '1.1' });
      await until(() => scenario.service.calls().includes('verify 1.1'));
      const second = await scenario.release({ version: '1.2' });
      expectBlocked(scenario, second, {
        reason: 'busy',
        says: [
          `${scenario.github.serverUrl}/acme/shop/actions/runs/1001/job/2001`,
          /since 20\d\d-\d\d-\d\dT/,
          'Wait until that run has ended',
        ],
      });
      expect(scenario.service.calls()).toEqual(['verify 1.1']);
      writeFileSync(join(scenario.service.directory, 'go'), '');
      const done = await first.done;
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(scenario.service.calls()).toEqual(['verify 1.1', 'promote 1.1']);
      expect(await scenario.current()).toMatchObject({ lease: null, last_promoted: { version: '1.1' } });
    }),
  );

  test.concurrent(
    'the lease of a job that has ended is taken at once, and its release is ended first',
    play({ plan }, async (scenario) => {
      const first = await scenario.begin({ version: '1.1' });
      await until(() => scenario.service.calls().includes('verify 1.1'));
      first.job.lose();
      await first.done;
      writeFileSync(join(scenario.service.directory, 'go'), '');
      expect(await scenario.current()).toMatchObject({ lease: { run: { job: '2001' } } });

      const second = await scenario.release({ version: '1.2' });
      expectDecision(scenario, second, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(scenario.service.calls()).toEqual(['verify 1.1', 'verify 1.2', 'promote 1.2']);
      expect(await scenario.current()).toMatchObject({
        lease: null,
        release: null,
        recent: [
          { version: '1.2', decision: 'promoted' },
          { version: '1.1', decision: 'blocked' },
        ],
      });
    }),
  );
});
