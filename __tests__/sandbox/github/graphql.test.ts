import { expect, test } from '@jest/globals';
import type { SandboxGithub } from '../../../sandbox/github/github.js';
import { commitFiles } from '../../../sandbox/github/seed.js';
import { octokit, started } from './started.js';

const COMMIT = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid url message author { name email } } ref { name target { oid } } }
}`;

const REFS = 'mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }';

interface Wanted {
  readonly expectedHeadOid: string;
  readonly branchName?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly deletions?: readonly string[];
}

function input({
  expectedHeadOid,
  branchName = 'main',
  files = { 'log.jsonl': '{}\n' },
  deletions = [],
}: Wanted) {
  const additions = Object.entries(files).map(([path, text]) => ({
    path,
    contents: Buffer.from(text).toString('base64'),
  }));
  return {
    branch: { repositoryNameWithOwner: 'acme/shop', branchName },
    expectedHeadOid,
    message: { headline: 'Write', body: 'Because' },
    fileChanges: { additions, deletions: deletions.map((path) => ({ path })) },
  };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly type?: string; readonly message: string }[];
}

async function raw(github: SandboxGithub, query: string, variables: unknown, token?: string) {
  const response = await fetch(`${github.apiUrl}/graphql`, {
    method: 'POST',
    headers: { authorization: `bearer ${token ?? 'ghs_15368_job.token'}` },
    body: JSON.stringify({ query, variables }),
  });
  const body: Answer = JSON.parse(await response.text());
  return { status: response.status, headers: response.headers, body };
}

test('of many commits made for the same head, exactly one wins and the others are stale', async () => {
  const { github, first } = await started();
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      raw(github, COMMIT, { input: input({ expectedHeadOid: first, files: { [`${n}`]: 'x' } }) }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  expect(answers.filter(({ body }) => body.errors === undefined)).toHaveLength(1);
  const lost = answers.find(({ body }) => body.errors !== undefined)?.body;
  expect(lost).toMatchObject({
    data: { createCommitOnBranch: null },
    errors: [
      {
        type: 'STALE_DATA',
        path: ['createCommitOnBranch'],
        message: `Expected branch to point to "${first}" but it did not. Pull and try again.`,
      },
    ],
  });
  expect(await github.git('rev-list', '--count', 'main')).toBe('2');
});

test('a commit on a branch is the bot’s, signed by GitHub, and writes plain files only', async () => {
  const { github, api, first } = await started();
  const second = await commitFiles(github, {
    branch: 'main',
    message: 'Script',
    files: { 'run.sh': { content: 'a', mode: '100755' }, 'old/gone.txt': 'x' },
  });
  const wanted = input({
    expectedHeadOid: second,
    files: { 'run.sh': 'b', 'a/ü.txt': 'deep' },
    deletions: ['old/gone.txt'],
  });
  const made = await api.graphql<{ createCommitOnBranch: { commit: { oid: string } } }>(COMMIT, {
    input: wanted,
  });
  const { oid } = made.createCommitOnBranch.commit;
  expect(made.createCommitOnBranch).toMatchObject({ ref: { name: 'main', target: { oid } } });
  expect(
    await github.git('-c', 'core.quotePath=false', 'ls-tree', '-r', '--format=%(objectmode) %(path)', oid),
  ).toBe('100644 README.md\n100644 a/ü.txt\n100644 run.sh');
  const bot = 'github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>';
  expect(await github.git('log', '-1', '--format=%an <%ae>|%cn <%ce>|%B', oid)).toBe(
    `${bot}|GitHub <noreply@github.com>|Write\n\nBecause`,
  );
  const commit = await api.rest.git.getCommit({ owner: 'acme', repo: 'shop', commit_sha: oid });
  expect(commit.data.verification).toMatchObject({ verified: true, reason: 'valid' });
  expect(commit.data.parents.map(({ sha }) => sha)).toEqual([second]);
  const byHand = await api.rest.git.getCommit({ owner: 'acme', repo: 'shop', commit_sha: first });
  expect(byHand.data.verification).toMatchObject({ verified: false, reason: 'unsigned' });
  expect(await github.git('fsck', '--strict', '--no-dangling')).toBe('');
});

test('a branch must exist, and a path that is deleted must too', async () => {
  const { github, first } = await started();
  const nowhere = await raw(github, COMMIT, { input: input({ expectedHeadOid: first, branchName: 'none' }) });
  expect(nowhere.body.errors?.[0]?.type).toBe('NOT_FOUND');
  const gone = await raw(github, COMMIT, {
    input: input({ expectedHeadOid: first, deletions: ['none.txt'] }),
  });
  expect(gone.body.errors?.[0]?.message).toMatch(/does not exist as of commit oid/);
  expect(await github.git('rev-parse', 'main')).toBe(first);
});

test.each(['.git/config', '../up', 'a//b', '/root'])('the path %s is refused', async (path) => {
  const { github, first } = await started();
  const { body } = await raw(github, COMMIT, {
    input: input({ expectedHeadOid: first, files: { [path]: 'x' } }),
  });
  expect(body.errors?.[0]?.type).toBe('UNPROCESSABLE');
});

test('an installation token cannot write a workflow file, and is told why', async () => {
  const { github, first } = await started();
  const files = { '.github/workflows/x.yml': 'on: push' };
  const { status, body } = await raw(github, COMMIT, { input: input({ expectedHeadOid: first, files }) });
  expect(status).toBe(200);
  expect(body.errors?.[0]?.message).toBe(
    'refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission',
  );
});

test.each([
  ['branch-protection', 'BRANCH_PROTECTION_RULE_VIOLATION'],
  ['ruleset', 'UNPROCESSABLE'],
] as const)('a %s is an error of its own type, with status 200', async (kind, type) => {
  const { github, first } = await started();
  github.protect('main', { kind });
  const { status, body } = await raw(github, COMMIT, { input: input({ expectedHeadOid: first }) });
  expect(status).toBe(200);
  expect(body.errors?.[0]).toMatchObject({ type });
});

test('updateRefs moves all of its references or none', async () => {
  const { github, api, first } = await started();
  const second = await commitFiles(github, {
    branch: 'next',
    parents: [first],
    message: 'Second',
    files: { a: '1' },
  });
  const found = await api.graphql<{ repository: { id: string } }>(
    'query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { id } }',
    { owner: 'acme', name: 'shop' },
  );
  const zero = '0'.repeat(40);
  const update = (beforeOid: string) => ({
    repositoryId: found.repository.id,
    refUpdates: [
      { name: 'refs/heads/main', beforeOid: first, afterOid: second },
      { name: 'refs/heads/lease', beforeOid, afterOid: second },
    ],
  });
  const stale = await raw(github, REFS, { input: update(first) });
  expect(stale.body.errors?.[0]?.type).toBe('STALE_DATA');
  expect(await github.git('rev-parse', 'main')).toBe(first);
  await api.graphql(REFS, { input: update(zero) });
  expect(await github.git('rev-parse', 'main', 'lease')).toBe(`${second}\n${second}`);
  const remove = [{ name: 'refs/heads/lease', beforeOid: second, afterOid: zero }];
  await api.graphql(REFS, { input: { ...update(zero), refUpdates: remove } });
  expect(await github.git('for-each-ref', 'refs/heads/lease')).toBe('');
});

test('one query reads a branch, its head and a file', async () => {
  const { api, first } = await started();
  const query = `{
    viewer { login } rateLimit { remaining }
    repository(owner: "acme", name: "shop") {
      nameWithOwner isPrivate defaultBranchRef { name prefix }
      refs(refPrefix: "refs/heads/", first: 5) { totalCount nodes { name } pageInfo { hasNextPage } }
      missing: ref(qualifiedName: "refs/heads/none") { id }
      ref(qualifiedName: "refs/heads/main") {
        target { oid ... on Commit { message committedDate history(first: 1) { totalCount }
          file(path: "README.md") { mode object { ... on Blob { text byteSize } } } } } }
      object(expression: "main:README.md") { ... on Blob { text isBinary } }
      tree: object(expression: "main^{tree}") { ... on Tree { entries { name type } } }
    }
  }`;
  expect(await api.graphql(query)).toMatchObject({
    viewer: { login: 'github-actions[bot]' },
    repository: {
      missing: null,
      refs: { totalCount: 1 },
      ref: {
        target: { oid: first, message: 'First\n', file: { mode: 0o100644, object: { text: 'shop\n' } } },
      },
      object: { text: 'shop\n', isBinary: false },
      tree: { entries: [{ name: 'README.md', type: 'blob' }] },
    },
  });
});

test('a token without the permission gets an error and status 200, an unknown one 401', async () => {
  const { github, first } = await started();
  github.setPermissions('job', { contents: 'read' });
  const denied = await raw(github, COMMIT, { input: input({ expectedHeadOid: first }) });
  expect(denied).toMatchObject({
    status: 200,
    body: { errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible by integration' }] },
  });
  const unknown = await raw(github, COMMIT, {}, 'ghs_other');
  expect(unknown).toMatchObject({ status: 401, body: { message: 'Bad credentials' } });
});

test('a document or a value that the published schema does not allow is a violation', async () => {
  const { github, first } = await started({ strict: false });
  const { status, body } = await raw(github, '{ repository(owner: "acme", name: "shop") { nonsense } }', {});
  expect(status).toBe(200);
  expect(body.errors?.[0]?.message).toMatch(/Cannot query field "nonsense"/);
  await raw(github, COMMIT, { input: input({ expectedHeadOid: first.slice(0, 7) }) });
  expect(github.violations.map(({ direction }) => direction)).toEqual(['request', 'request']);
});

test('a used-up limit is an error of type RATE_LIMITED with status 200', async () => {
  const { github } = await started();
  github.rateLimits.graphql = 1;
  await octokit(github).graphql('{ viewer { login } }');
  const { status, headers, body } = await raw(github, '{ viewer { login } }', {});
  expect(status).toBe(200);
  expect(headers.get('x-ratelimit-remaining')).toBe('0');
  expect(body.errors?.[0]?.type).toBe('RATE_LIMITED');
});
