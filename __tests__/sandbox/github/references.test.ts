import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { isolatedEnvironment } from '../../../sandbox/github/git/process.js';
import { commitFiles } from '../../../sandbox/github/seed.js';
import { started } from './started.js';

describe('references', () => {
  test('creating one that exists is refused, and makes a lock', async () => {
    const { first, call } = await started();
    const body = { ref: 'refs/heads/lock', sha: first };
    const answers = await Promise.all([1, 2, 3, 4].map(() => call('POST', '~/git/refs', { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422, 422]);
    expect(answers.find(({ status }) => status === 422)?.body.message).toBe('Reference already exists');
  });

  test('only a fast forward moves one, unless forced', async () => {
    const { github, first, call } = await started();
    const second = await commitFiles(github, { branch: 'main', message: 'Second', files: { a: '1' } });
    const back = await call('PATCH', '~/git/refs/heads/main', { body: { sha: first } });
    expect(back).toMatchObject({ status: 422, body: { message: 'Update is not a fast forward' } });
    expect(await github.git('rev-parse', 'main')).toBe(second);
    expect((await call('PATCH', '~/git/refs/heads/main', { body: { sha: first, force: true } })).status).toBe(
      200,
    );
  });

  test.each([
    ['PATCH', '~/git/refs/heads/none', 'Reference does not exist'],
    ['DELETE', '~/git/refs/heads/none', 'Reference does not exist'],
  ])('%s of a missing one is refused', async (method, path, message) => {
    const { first, call } = await started();
    const answer = await call(method, path, method === 'PATCH' ? { body: { sha: first } } : {});
    expect(answer).toMatchObject({ status: 422, body: { message } });
  });

  test('one that is the directory of another cannot be made', async () => {
    const { first, call } = await started();
    await call('POST', '~/git/refs', { body: { ref: 'refs/heads/a', sha: first } });
    expect((await call('POST', '~/git/refs', { body: { ref: 'refs/heads/a/b', sha: first } })).status).toBe(
      422,
    );
  });

  test('an unknown object or a name that is not fully qualified is refused', async () => {
    const { first, call } = await started();
    const unknown = await call('POST', '~/git/refs', { body: { ref: 'refs/heads/a', sha: '1'.repeat(40) } });
    expect(unknown.body.message).toBe('Object does not exist');
    expect((await call('POST', '~/git/refs', { body: { ref: 'heads/a', sha: first } })).status).toBe(422);
  });

  test('git pushes and clones by the path', async () => {
    const { github, call } = await started();
    const clone = `${github.repositoryPath}-clone`;
    const git = (...args: string[]) =>
      execFileSync('git', args, { env: isolatedEnvironment(), encoding: 'utf8', stdio: 'pipe' }).trim();
    git('clone', '-q', github.repositoryPath, clone);
    git('-C', clone, 'commit', '-q', '--allow-empty', '-m', 'Pushed');
    git('-C', clone, 'push', '-q', 'origin', 'main');
    const pushed = git('-C', clone, 'rev-parse', 'HEAD');
    expect((await call('GET', '~/git/ref/heads/main')).body.object.sha).toBe(pushed);
  });
});

describe('rules', () => {
  test.each([
    ['branch-protection', 'Reference update failed'],
    ['ruleset', 'Repository rule violations found\n\nChanges must be made through a pull request.\n\n'],
  ] as const)('a %s refuses every change, and names itself', async (kind, message) => {
    const { github, first, call } = await started();
    const second = await commitFiles(github, {
      branch: 'topic',
      parents: [first],
      message: 'Second',
      files: { a: '1' },
    });
    github.protect('main', { kind });
    github.protect('gated-release/**/*', { kind });
    const updated = await call('PATCH', '~/git/refs/heads/main', { body: { sha: second } });
    expect(updated).toMatchObject({ status: 422, body: { message } });
    const made = await call('POST', '~/git/refs', {
      body: { ref: 'refs/heads/gated-release/shop/production', sha: first },
    });
    expect(made).toMatchObject({ status: 422, body: { message } });
    expect((await call('PATCH', '~/git/refs/heads/topic', { body: { sha: second } })).status).toBe(200);
    expect((await call('GET', '~/branches/main')).body.protected).toBe(true);
    expect((await call('GET', '~/rules/branches/main')).body).toHaveLength(kind === 'ruleset' ? 1 : 0);
  });

  test('a token on the bypass list passes', async () => {
    const { github, first, call } = await started();
    const second = await commitFiles(github, {
      branch: 'topic',
      parents: [first],
      message: 'Second',
      files: { a: '1' },
    });
    github.protect('main', { bypass: ['person'] });
    const body = { sha: second };
    expect((await call('PATCH', '~/git/refs/heads/main', { body })).status).toBe(422);
    expect((await call('PATCH', '~/git/refs/heads/main', { body, token: 'ghp_person' })).status).toBe(200);
  });
});

describe('workflow files', () => {
  const files = { '.github/workflows/ci.yml': 'on: push\n' };

  test('an installation token can neither put one into a tree nor bring one in by a reference', async () => {
    const { github, first, call } = await started();
    const entry = { path: '.github/workflows/ci.yml', mode: '100644', type: 'blob', content: 'on: push\n' };
    const tree = await call('POST', '~/git/trees', { body: { base_tree: first, tree: [entry] } });
    expect(tree).toMatchObject({ status: 403, body: { message: 'Resource not accessible by integration' } });
    const other = await commitFiles(github, {
      branch: 'other',
      parents: [first],
      message: 'Workflow',
      files,
    });
    await github.git('update-ref', '-d', 'refs/heads/other');
    expect((await call('POST', '~/git/refs', { body: { ref: 'refs/heads/new', sha: other } })).status).toBe(
      403,
    );
    expect((await call('PATCH', '~/git/refs/heads/main', { body: { sha: other } })).status).toBe(403);
    const person = { body: { sha: other }, token: 'ghp_person' };
    expect((await call('PATCH', '~/git/refs/heads/main', person)).status).toBe(200);
  });

  test('one that is in the repository already stands in nobody’s way', async () => {
    const { github, call } = await started();
    const head = await commitFiles(github, { branch: 'main', message: 'Workflow', files });
    expect((await call('POST', '~/git/refs', { body: { ref: 'refs/heads/new', sha: head } })).status).toBe(
      201,
    );
    const entry = { path: 'a.txt', mode: '100644', type: 'blob', content: 'a' };
    const tree = await call('POST', '~/git/trees', { body: { base_tree: head, tree: [entry] } });
    const commit = await call('POST', '~/git/commits', {
      body: { message: 'A', tree: tree.body.sha, parents: [head] },
    });
    expect((await call('PATCH', '~/git/refs/heads/main', { body: { sha: commit.body.sha } })).status).toBe(
      200,
    );
  });
});
