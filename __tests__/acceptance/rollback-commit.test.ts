import { expect, test } from '@jest/globals';
import { checkText, expectEnd } from './expect-end.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { quickPlan } from './quick-plan.js';
import { ALL, type Files, type Released, SCRIPTS, type Scenario } from './scenario.js';
import { until } from './until.js';

/** 1.2 is the version that cannot be promoted. */
function plan(change: Readonly<Record<string, unknown>> = {}): string {
  const promote = `[ "$RELEASE_TARGET_VERSION" != 1.2 ] || exit 3; ${SCRIPTS.promote}`;
  return quickPlan({ canary: null, metrics: null, promote: { run: promote }, ...change });
}

/** Lets 1.2 with the given files fail after 1.1, with commits that land before its release begins. */
async function rolledBack(
  scenario: Scenario,
  changes: {
    bad: Files;
    later?: Files;
    with?: Readonly<Record<string, string>>;
    secrets?: Readonly<Record<string, string>>;
  },
): Promise<{ good: string; bad: string; head: string; done: Released }> {
  const good = await promotedBefore(scenario);
  const bad = await scenario.commit(changes.bad, 'A bad change');
  const head = changes.later ? await scenario.commit(changes.later, 'Later work') : bad;
  const done = await scenario.release({
    version: '1.2',
    sha: bad,
    with: changes.with ?? {},
    secrets: changes.secrets ?? {},
  });
  await expectEnd(scenario, done, {
    decision: 'rolled-back',
    reason: 'promote-failed',
    weight: 0,
    stable: '1.1',
  });
  return { good, bad, head, done };
}

async function expectNoCommit(
  scenario: Scenario,
  { done, head }: { done: Released; head: string },
  left: 'none' | 'incident' = 'none',
): Promise<void> {
  expect(await scenario.head()).toBe(head);
  expect(done.outputs['rollback-commit']).toBe('');
  expect(done.result.rollback).toMatchObject({ commit: left });
}

function commandsOf(done: Released): readonly string[] {
  return (done.result.rollback as { commands: readonly string[] }).commands;
}

test.concurrent(
  'the rollback commit brings the tree of the last promoted commit back, says what it is, and releases nothing',
  play({ ...INSIDE, plan: plan() }, async (scenario) => {
    const bad = { 'app.txt': 'bad\n', 'new.txt': 'new\n', 'README.md': null };
    const { done, good, head } = await rolledBack(scenario, { bad });
    const { git } = scenario.github;
    expect(await git('rev-parse', 'main^{tree}')).toBe(await git('rev-parse', `${good}^{tree}`));
    expect(await git('rev-parse', 'main^')).toBe(head);
    expect(done.outputs['rollback-commit']).toBe(await scenario.head());
    const release = done.outputs['release-id'];
    expect((await git('log', '-1', '--format=%(trailers:only)', 'main')).trim().split('\n')).toEqual([
      `Gated-Release: ${release}`,
      `Rolls-Back: ${head}..${good}`,
    ]);
    expect(await git('log', '-1', '--format=%s', 'main')).toBe('Roll back shop from 1.2 to 1.1');

    scenario.service.forgetCalls();
    const own = await scenario.release({ version: '1.2.1', sha: await scenario.head() });
    expect(own).toMatchObject({ decision: 'nothing-to-do', reason: 'own-rollback' });
    expect(own.job.status).toBe('success');
    expect(scenario.service.calls()).toEqual([]);
    expect(await scenario.head()).toBe(own.sha);
  }),
);

test.concurrent(
  'work that landed on other files is kept, and executable bits and removed files come back',
  play(
    {
      ...INSIDE,
      plan: plan(),
      files: { 'run.sh': { content: 'echo run\n', mode: '100755' }, 'old/gone.txt': 'was here\n' },
    },
    async (scenario) => {
      const bad = {
        'app.txt': 'bad\n',
        'run.sh': 'echo run\n',
        'old/gone.txt': null,
        'added/deep.txt': 'new\n',
      };
      const { good, head } = await rolledBack(scenario, { bad, later: { 'docs/later.txt': 'kept\n' } });
      const { git } = scenario.github;
      expect(await git('rev-parse', 'main^')).toBe(head);
      expect(await git('diff', '--name-status', good, 'main')).toBe('A\tdocs/later.txt');
      expect(await git('ls-tree', 'main', 'run.sh')).toMatch(/^100755 /);
    },
  ),
);

test.concurrent(
  'a rollback commit goes no further than `paths`',
  play(
    { ...INSIDE, plan: plan({ paths: ['shop/**'] }), files: { 'shop/a.txt': 'a\n' } },
    async (scenario) => {
      await scenario.commit({ 'shop/a.txt': 'a, ready for 1.1\n' });
      const bad = { 'shop/a.txt': 'bad\n', 'docs/b.txt': 'of another team\n' };
      const { good, done } = await rolledBack(scenario, { bad });
      expect(await scenario.github.git('diff', '--name-status', good, 'main')).toBe('A\tdocs/b.txt');
      expect(done.result.rollback).toMatchObject({ commit: 'done', files: ['shop/a.txt'] });
    },
  ),
);

test.concurrent(
  'where later work touched the same file no commit is made, and the commands to do it by hand are given',
  play({ ...INSIDE, plan: plan() }, async (scenario) => {
    const rolled = await rolledBack(scenario, {
      bad: { 'app.txt': 'bad\n' },
      later: { 'app.txt': 'bad, and built upon\n' },
    });
    await expectNoCommit(scenario, rolled, 'incident');
    expect(rolled.done.result.rollback).toMatchObject({ files: ['app.txt'] });
    expect(commandsOf(rolled.done).join('\n')).toContain('git push origin');
    expect(checkText(scenario, rolled.bad, 'rollback')).toContain('git fetch origin');
    expect(rolled.done.summary).toContain('app.txt');
  }),
);

test.concurrent(
  'with `commit: none` the service goes back and git stays',
  play(
    { ...INSIDE, plan: plan({ rollback: { run: SCRIPTS.rollback, commit: 'none' } }) },
    async (scenario) => {
      const rolled = await rolledBack(scenario, { bad: { 'app.txt': 'bad\n' } });
      await expectNoCommit(scenario, rolled);
      expect(rolled.done.result.rollback).toMatchObject({ note: expect.stringContaining('commit: none') });
    },
  ),
);

test.concurrent(
  'workflow files, which the token may not write, stay as they are and are named',
  play({ ...INSIDE, plan: plan(), files: { '.github/workflows/ci.yml': 'on: push\n' } }, async (scenario) => {
    const { good, done } = await rolledBack(scenario, {
      bad: { 'app.txt': 'bad\n', '.github/workflows/ci.yml': 'on: [push, pull_request]\n' },
    });
    expect(await scenario.github.git('diff', '--name-only', good, 'main')).toBe('.github/workflows/ci.yml');
    expect(done.result.rollback).toMatchObject({
      commit: 'done',
      files: ['app.txt'],
      note: expect.stringContaining('.github/workflows/ci.yml'),
    });
    expect(checkText(scenario, done.sha, 'rollback')).toContain('.github/workflows/ci.yml');
  }),
);

test.concurrent(
  '`rollback-token` may pass a protected branch, and is used for the rollback commit alone',
  play({ ...INSIDE, plan: plan() }, async (scenario) => {
    const { github } = scenario;
    const token = 'ghp_rollback_token_0123456789';
    github.setToken('rollback', { token, kind: 'pat', permissions: ALL, login: 'release-bot' });
    github.protect('main', { bypass: ['rollback'] });
    const { done } = await rolledBack(scenario, {
      bad: { 'app.txt': 'bad\n' },
      with: { 'rollback-token': '${{ secrets.BOT }}' },
      secrets: { BOT: token },
    });
    expect(done.outputs['rollback-commit']).toBe(await scenario.head());
    const writes = github.requests.filter(({ method }) => method !== 'GET');
    const routes = (name: string) => writes.filter((one) => one.token === name).map(({ route }) => route);
    expect(new Set(routes('rollback'))).toEqual(new Set(['git/create-commit', 'updateRefs']));
    expect(routes('job')).not.toContain('updateRefs');
    expect(done.log).not.toContain(token);
    expect(JSON.stringify([done.outputs, done.summary])).not.toContain(token);
  }),
);

test.concurrent(
  'a connection that breaks after the branch was moved leaves one rollback commit, not two',
  play({ ...INSIDE, plan: plan() }, async (scenario) => {
    scenario.github.fault({ match: { operation: 'updateRefs' }, kind: 'drop-after' });
    const { head, done } = await rolledBack(scenario, { bad: { 'app.txt': 'bad\n' } });
    expect(await scenario.github.git('rev-list', '--count', `${head}..main`)).toBe('1');
    expect(done.outputs['rollback-commit']).toBe(await scenario.head());
    expect(done.result.rollback).toMatchObject({ commit: 'done', files: ['app.txt'] });
  }),
);

test.concurrent(
  'a branch that moves while the commit is made gets it on top of what landed',
  play({ ...INSIDE, plan: plan() }, async (scenario) => {
    const { github } = scenario;
    github.fault({ match: { operation: 'updateRefs' }, kind: 'drop-before' });
    const landing = (async () => {
      await until(() => github.requests.some(({ fault }) => fault !== undefined), 60_000);
      return scenario.commit({ 'docs/meanwhile.txt': 'kept\n' }, 'Meanwhile');
    })();
    const { good } = await rolledBack(scenario, { bad: { 'app.txt': 'bad\n' } });
    expect(await github.git('rev-parse', 'main^')).toBe(await landing);
    expect(await github.git('diff', '--name-status', good, 'main')).toBe('A\tdocs/meanwhile.txt');
  }),
);
