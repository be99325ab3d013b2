import { expect, test } from '@jest/globals';
import type { Scope } from '../../../sandbox/github/tokens.js';
import { caller, started } from './started.js';

const first = (sha: string) => ({ head_sha: sha, name: 'x', sha, ref: sha });

const WRITES: readonly [Scope, string, string, (sha: string) => unknown][] = [
  ['contents', 'POST', '~/git/blobs', () => ({ content: 'x' })],
  ['checks', 'POST', '~/check-runs', (sha) => ({ head_sha: first(sha).head_sha, name: 'x' })],
  ['statuses', 'POST', '~/statuses/{sha}', () => ({ state: 'success' })],
  ['deployments', 'POST', '~/deployments', (sha) => ({ ref: sha, auto_merge: false, required_contexts: [] })],
  ['issues', 'POST', '~/issues', () => ({ title: 'x' })],
];

test.each(WRITES)('%s: write is needed to write, and is enough', async (scope, method, path, body) => {
  const { github, first: sha, call } = await started();
  github.setPermissions('job', { [scope]: 'read' });
  const refused = await call(method, path.replace('{sha}', sha), { body: body(sha) });
  expect(refused).toMatchObject({ status: 403, body: { message: 'Resource not accessible by integration' } });
  github.setPermissions('job', { [scope]: 'write' });
  expect((await call(method, path.replace('{sha}', sha), { body: body(sha) })).status).toBe(201);
});

test.each([
  ['actions', '~/actions/runs', 403],
  ['checks', '~/commits/main/check-runs', 403],
  ['statuses', '~/commits/main/status', 403],
  ['deployments', '~/deployments', 403],
  ['issues', '~/issues', 403],
  ['pull-requests', '~/pulls', 403],
  ['contents', '~/git/ref/heads/main', 404],
] as const)('in a private repository %s: read is needed to read %s', async (scope, path, refusal) => {
  const { github, call } = await started();
  const other: Scope = scope === 'actions' ? 'checks' : 'actions';
  github.setPermissions('job', { [other]: 'read' });
  expect((await call('GET', path)).status).toBe(refusal);
  github.setPermissions('job', { [scope]: 'read' });
  expect((await call('GET', path)).status).toBe(200);
});

test('what a private repository holds is hidden from those without access, a public one is open', async () => {
  const closed = await started();
  closed.github.setToken('foreign', { token: 'other', kind: 'pat', permissions: {} });
  expect((await closed.call('GET', '~', { token: 'other' })).status).toBe(404);
  expect((await closed.call('GET', '~', { token: null })).status).toBe(404);
  const open = await started({ visibility: 'public' });
  expect((await open.call('GET', '~/commits/main', { token: null })).status).toBe(200);
  expect((await open.call('POST', '~/git/blobs', { token: null, body: { content: '' } })).status).toBe(401);
});

test('an unknown token is told that it is bad, a removed one too', async () => {
  const { github, call } = await started();
  expect(await call('GET', '~', { token: 'no' })).toMatchObject({
    status: 401,
    body: { message: 'Bad credentials' },
  });
  github.removeToken('job');
  expect((await call('GET', '~')).status).toBe(401);
});

test('a person cannot write check runs whatever the token allows', async () => {
  const { first: sha, call } = await started();
  const body = { name: 'x', head_sha: sha };
  const answer = await call('POST', '~/check-runs', { body, token: 'ghp_person' });
  expect(answer.status).toBe(403);
  expect(answer.body.message).toMatch(/^You must authenticate via a GitHub App/);
});

test('GitHub Actions creates pull requests only where the repository allows it; a person always', async () => {
  const { github, first: sha, call } = await started();
  const tree = await call('POST', '~/git/trees', {
    body: { tree: [{ path: 'a', mode: '100644', type: 'blob', content: 'a' }] },
  });
  const commit = await call('POST', '~/git/commits', {
    body: { message: 'A', tree: tree.body.sha, parents: [sha] },
  });
  await call('POST', '~/git/refs', { body: { ref: 'refs/heads/topic', sha: commit.body.sha } });
  const body = { title: 'Topic', head: 'topic', base: 'main' };
  expect(await call('POST', '~/pulls', { body })).toMatchObject({
    status: 403,
    body: { message: 'GitHub Actions is not permitted to create or approve pull requests.' },
  });
  expect((await call('POST', '~/pulls', { body, token: 'ghp_person' })).status).toBe(201);
  github.allowPullRequests = true;
  const again = await call('POST', '~/pulls', { body });
  expect(again).toMatchObject({
    status: 422,
    body: { errors: [{ message: 'A pull request already exists for acme:topic.' }] },
  });
});

test('pull-requests: write comments on pull requests, but not on issues', async () => {
  const { github, call } = await started();
  const issue = await call('POST', '~/issues', { body: { title: 'x' } });
  github.setPermissions('job', { 'pull-requests': 'write', issues: 'read' });
  const path = `~/issues/${issue.body.number}/comments`;
  expect((await call('POST', path, { body: { body: 'x' } })).status).toBe(403);
});

test('another repository is not found', async () => {
  const { github } = await started();
  expect((await caller(github)('GET', '/repos/acme/other')).status).toBe(404);
});
