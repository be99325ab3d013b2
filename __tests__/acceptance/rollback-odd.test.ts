import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { commitFiles } from '../../sandbox/github/seed.js';
import { expectDecision } from './claims.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { quickPlan } from './quick-plan.js';
import { ALL, type Files, type Released, SCRIPTS, type Scenario } from './scenario.js';

function plan(change: Readonly<Record<string, unknown>> = {}): string {
  const promote = { run: `[ "$RELEASE_TARGET_VERSION" != 1.2 ] || exit 3; ${SCRIPTS.promote}` };
  return quickPlan({ canary: null, metrics: null, promote, ...change });
}

async function bad(
  scenario: Scenario,
  files: Files,
  change: Parameters<Scenario['release']>[0] = {},
): Promise<Released> {
  const sha = await scenario.commit(files, 'A bad change');
  const done = await scenario.release({ version: '1.2', sha, ...change });
  expectDecision(scenario, done, { decision: 'rolled-back', reason: 'promote-failed' });
  return done;
}

const treeOf = (scenario: Scenario, revision: string) =>
  scenario.github.git('rev-parse', `${revision}^{tree}`);

/** Another service that keeps its record in the same repository. */
async function otherLedger(scenario: Scenario): Promise<void> {
  const files = { 'current.json': '{}' };
  await commitFiles(scenario.github, {
    branch: 'gated-release/billing/production',
    files,
    message: 'Its record',
  });
}

test.concurrent(
  'links and submodules go back as entries of the tree',
  play({ ...INSIDE, plan: plan() }, async (scenario) => {
    const { git } = scenario.github;
    const link = { content: 'app.txt', mode: '120000' } as const;
    await scenario.commit({ current: link });
    const good = await promotedBefore(scenario);
    const other = await scenario.commit({ current: { content: 'README.md', mode: '120000' } }, 'Other link');
    const entries = `${await git('ls-tree', other)}160000 commit ${good}\tvendored\n`;
    const tree = mktree(scenario, entries);
    const identity = ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.com'];
    const sha = (await git(...identity, 'commit-tree', tree, '-p', other, '-m', 'Add a submodule')).trim();
    await git('update-ref', 'refs/heads/main', sha);
    const done = await scenario.release({ version: '1.2', sha });
    expectDecision(scenario, done, { decision: 'rolled-back', reason: 'promote-failed' });
    expect(await treeOf(scenario, 'main')).toBe(await treeOf(scenario, good));
    expect(await git('ls-tree', 'main', 'current')).toMatch(/^120000 blob/);
  }),
);

function mktree(scenario: Scenario, entries: string): string {
  const options = { cwd: scenario.github.repositoryPath, input: entries, encoding: 'utf8' } as const;
  return execFileSync('git', ['mktree', '--missing'], options).trim();
}

test.concurrent(
  'a change of 5,000 files goes back in one commit',
  play({ ...INSIDE, plan: plan() }, async (scenario) => {
    const many = (text: string): Files =>
      Object.fromEntries(
        Array.from({ length: 5000 }, (_, i) => [`data/part-${i % 50}/${i}.txt`, `${text} ${i}\n`]),
      );
    await scenario.commit(many('good'));
    const good = await promotedBefore(scenario);
    const done = await bad(scenario, many('bad'));
    expect(await scenario.head()).toBe(done.outputs['rollback-commit']);
    expect(await treeOf(scenario, 'main')).toBe(await treeOf(scenario, good));
  }),
);

test.concurrent(
  'beside another service and without `paths` the rollback is a pull request, with `paths` it is pushed',
  play(
    { ...INSIDE, plan: plan(), files: { '.github/paths.yml': plan({ paths: ['shop/**'] }) } },
    async (scenario) => {
      scenario.github.allowPullRequests = true;
      await otherLedger(scenario);
      await promotedBefore(scenario);
      const asked = await bad(scenario, { 'shop/a.txt': 'bad\n', 'billing/b.txt': 'theirs\n' });
      expect(asked.outputs['rollback-pull-request']).toMatch(/\/pull\/\d+$/);
      expect(await scenario.head()).toBe(asked.sha);

      const lifted = { override: 'quarantine', reason: 'The same again, with paths' };
      const event = { name: 'workflow_dispatch', payload: { repository: { default_branch: 'main' } } };
      const pushed = await bad(
        scenario,
        { 'shop/a.txt': 'worse\n' },
        { event, with: { plan: '.github/paths.yml', ...lifted } },
      );
      expect(pushed.outputs['rollback-commit']).toMatch(/^[0-9a-f]{40}$/);
      expect(await scenario.github.git('ls-tree', '--name-only', 'main', 'billing/b.txt')).toContain(
        'billing/b.txt',
      );
    },
  ),
);

test.concurrent(
  'a rollback token that may only read leaves the rollback to a person, with the commands',
  play({ ...INSIDE, plan: plan() }, async (scenario) => {
    const reading = { contents: 'read', checks: 'read' } as const;
    scenario.github.setToken('reader', {
      token: 'ghs_reader_token_012345',
      kind: 'installation',
      permissions: reading,
    });
    await promotedBefore(scenario);
    const done = await bad(
      scenario,
      { 'app.txt': 'bad\n' },
      { with: { 'rollback-token': '${{ secrets.READER }}' }, secrets: { READER: 'ghs_reader_token_012345' } },
    );
    expect(await scenario.head()).toBe(done.sha);
    expect(done.result.rollback).toMatchObject({ commit: 'incident' });
    expect(scenario.github.issues()).toHaveLength(1);
    expect(done.summary).toContain('git ');
  }),
);

test.concurrent(
  'GitHub failing between tree, commit and ref leaves exactly one rollback commit',
  play({ ...INSIDE, plan: plan(), permissions: ALL }, async (scenario) => {
    const good = await promotedBefore(scenario);
    for (const operation of ['git/create-tree', 'git/create-commit', 'updateRefs']) {
      scenario.github.fault({ match: { operation }, kind: 'status', status: 502, when: 'after' });
    }
    const done = await bad(scenario, { 'app.txt': 'bad\n' });
    const log = await scenario.github.git('log', '--format=%H %s', `${good}..main`);
    expect(
      log
        .trim()
        .split('\n')
        .filter((line) => line.includes('Roll back')),
    ).toHaveLength(1);
    expect(await scenario.head()).toBe(done.outputs['rollback-commit']);
    expect(await treeOf(scenario, 'main')).toBe(await treeOf(scenario, good));
  }),
);
