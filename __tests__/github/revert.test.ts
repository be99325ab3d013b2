import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { SeedFile } from '../../sandbox/github/seed.js';
import type { RollbackOutcome, RollbackRequest } from '../../src/github/contract.js';
import { makeTemplate, RELEASE, SECRET, startWorld, type Template, type World } from './world.js';

let template: Template;
let world: World;
let good = '';
let bad = '';

const script = (content: string): SeedFile => ({ content, mode: '100755' });
const link = (content: string): SeedFile => ({ content, mode: '120000' });

beforeAll(async () => {
  const released = {
    'README.md': 'Read me\n',
    'shop/a.txt': 'good a\n',
    'shop/b.txt': 'good b\n',
    'shop/run.sh': script('echo good\n'),
    'shop/latest': link('a.txt'),
    'shop/sub/only.txt': 'only\n',
    'cart/c.txt': 'cart\n',
  };
  template = await makeTemplate(released, { 'shop/a.txt': 'bad a\n' });
});

afterAll(() => template.remove());

beforeEach(async () => {
  world = await startWorld(template);
  [good = '', bad = ''] = template.commits;
});

afterEach(() => world.stop());

const request = (overrides: Partial<RollbackRequest> = {}): RollbackRequest => ({
  ...{ release: RELEASE, service: 'shop', environment: 'production', branch: 'main', from: bad, to: good },
  ...{ paths: [], onlyService: true, title: 'Roll shop back', body: 'The canary failed.' },
  evidence: '5 % of requests failed, 0.1 % before.',
  contacts: ['@alice', '@acme/sre'],
  ...overrides,
});

const rollback = (overrides: Partial<RollbackRequest> = {}, connected = world.connect()) =>
  connected.hub.reverter.rollback(request(overrides));

const git = (...args: string[]) => world.github.git(...args);
/** Mode, type, id and path of every file. */
const files = (revision: string) => git('ls-tree', '-r', revision);
const tree = (revision: string) => git('rev-parse', `${revision}^{tree}`);
const subjects = async () => (await git('log', '--format=%s', 'main')).split('\n');

function done(outcome: RollbackOutcome): Extract<RollbackOutcome, { kind: 'done' }> {
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome;
}

describe('a rollback of the head of the branch', () => {
  test('is one commit on top that brings the old tree back, with its trailers', async () => {
    const outcome = done(await rollback());
    expect(outcome).toEqual({
      kind: 'done',
      commit: await git('rev-parse', 'main'),
      ...{ files: ['shop/a.txt'], left: [], existed: false },
    });
    expect(await git('rev-parse', 'main^')).toBe(bad);
    expect(await tree('main')).toBe(await tree(good));
    expect(await git('log', '-1', '--format=%B', 'main')).toBe(
      [
        'Roll shop back',
        'The canary failed.',
        '5 % of requests failed, 0.1 % before.',
        'To bring the change back once it is mended, revert this commit and mend it on top:',
        `    git revert --no-edit "$(git log -1 --format=%H --grep='^Gated-Release: ${RELEASE}$' 'origin/main')"`,
        `Gated-Release: ${RELEASE}\nRolls-Back: ${bad}..${good}`,
      ].join('\n\n'),
    );
    expect(await git('log', '-1', '--format=%(trailers:key=Gated-Release,valueonly)', 'main')).toContain(
      RELEASE,
    );
  });

  test('is signed by GitHub, since it names no author', async () => {
    done(await rollback());
    expect(await git('log', '-1', '--format=%cn', 'main')).toBe('GitHub');
  });

  test('made three times is one commit', async () => {
    const first = done(await rollback());
    for (let n = 0; n < 2; n++) expect(done(await rollback())).toEqual({ ...first, existed: true });
    await world.commit({ 'cart/c.txt': 'later\n' });
    expect(done(await rollback())).toEqual({ ...first, existed: true });
    expect((await subjects()).filter((subject) => subject === 'Roll shop back')).toHaveLength(1);
  });

  test('made by three runs at once is one commit', async () => {
    const outcomes = await Promise.all([1, 2, 3].map(() => rollback()));
    expect(new Set(outcomes.map((outcome) => done(outcome).commit)).size).toBe(1);
    expect(await subjects()).toHaveLength(3);
  });

  test('of another release with the same change is another commit', async () => {
    done(await rollback());
    const worse = await world.commit({ 'shop/a.txt': 'worse a\n' });
    const later = done(await rollback({ release: `${RELEASE}2`, from: worse }));
    expect(later.existed).toBe(false);
    expect(await tree('main')).toBe(await tree(good));
  });
});

describe('a rollback after the branch moved on', () => {
  test('keeps what came later', async () => {
    await world.commit({ 'cart/c.txt': 'later\n', 'shop/new.txt': 'new\n' });
    expect(done(await rollback()).files).toEqual(['shop/a.txt']);
    expect(await git('show', 'main:shop/a.txt')).toBe('good a');
    expect(await git('show', 'main:cart/c.txt')).toBe('later');
    expect(await git('show', 'main:shop/new.txt')).toBe('new');
  });

  test('in other lines of a file that goes back keeps those', async () => {
    const text = (first: string, last: string) => `${first}\n2\n3\n4\n${last}\n`;
    good = await world.commit({ 'shop/a.txt': text('good', '5') });
    bad = await world.commit({ 'shop/a.txt': text('bad', '5') });
    await world.commit({ 'shop/a.txt': script(text('bad', 'later')) });
    expect(done(await rollback()).files).toEqual(['shop/a.txt']);
    expect(await git('show', 'main:shop/a.txt')).toBe(text('good', 'later').trimEnd());
    expect(await files('main')).toContain('100755 blob');
    expect(world.github.requests.filter(({ route }) => route === 'git/create-blob')).toHaveLength(1);
  });

  test('keeps the line ends of Windows, a line without an end, and bytes that are no UTF-8', async () => {
    const bytes = (text: string) => Buffer.from(text, 'latin1');
    const text = (first: string, last: string) => ({
      content: bytes(`${first}\r\n2\r\n3\r\n\xff\xfe\r\n${last}`),
    });
    good = await world.commit({ 'shop/a.txt': text('good', '5') });
    bad = await world.commit({ 'shop/a.txt': text('bad', '5') });
    await world.commit({ 'shop/a.txt': text('bad', 'later') });
    done(await rollback());
    const wanted = execFileSync('git', ['hash-object', '--stdin'], { input: text('good', 'later').content });
    expect(await git('rev-parse', 'main:shop/a.txt')).toBe(wanted.toString().trim());
  });

  test('merges a file of more than a megabyte', async () => {
    const rows = Array.from({ length: 60_000 }, (_, row) => `row ${row} of a long file`);
    const text = (first: string, last: string) => [first, ...rows, last, ''].join('\n');
    good = await world.commit({ 'shop/a.txt': text('good', 'end') });
    bad = await world.commit({ 'shop/a.txt': text('bad', 'end') });
    await world.commit({ 'shop/a.txt': text('bad', 'later') });
    done(await rollback());
    const size = Number(await git('cat-file', '-s', 'main:shop/a.txt'));
    expect(size).toBe(text('good', 'later').length);
    expect(size).toBeGreaterThan(1_000_000);
  });

  test('never lets a secret that stands in a file change the file', async () => {
    const text = (first: string, last: string) => `${first}\n2\n${SECRET}\n4\n${last}\n`;
    good = await world.commit({ 'shop/a.txt': text('good', '5') });
    bad = await world.commit({ 'shop/a.txt': text('bad', '5') });
    await world.commit({ 'shop/a.txt': text('bad', 'later') });
    done(await rollback());
    expect(await git('show', 'main:shop/a.txt')).toBe(text('good', 'later').trimEnd());
  });

  test('to the old content already is not needed', async () => {
    const head = await world.commit({ 'shop/a.txt': 'good a\n', 'cart/c.txt': 'later\n' });
    expect(await rollback()).toMatchObject({ kind: 'unneeded' });
    expect(await git('rev-parse', 'main')).toBe(head);
  });

  test('between the read and the update is merged again', async () => {
    const connected = world.connect();
    world.github.fault({ match: { operation: 'updateRefs' }, kind: 'drop-before' });
    connected.clock.meanwhile = () => world.commit({ 'cart/c.txt': 'later\n' });
    const outcome = done(await rollback({}, connected));
    expect(await git('rev-parse', 'main')).toBe(outcome.commit);
    expect(await git('show', 'main:cart/c.txt')).toBe('later');
    expect(await subjects()).toEqual(['Roll shop back', 'Change', 'Change', 'Change']);
  });

  test('each time it is about to be updated gets a pull request after five times, and nothing is lost', async () => {
    world.github.allowPullRequests = true;
    let moves = 0;
    beforeUpdate(() => {
      moves += 1;
      moveMain(commitOf(`move ${moves}`));
    });
    expect(await rollback()).toMatchObject({
      kind: 'pull-request',
      why: expect.stringContaining('moved 5 times'),
    });
    const moved = Array.from({ length: moves }, (_, n) => `move ${moves - n}`);
    expect(await subjects()).toEqual([...moved, 'Change', 'Change']);
  });

  test('back to before the release does not bring the released commit in again', async () => {
    beforeUpdate(() => moveMain(good));
    expect(await rollback()).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('does not contain'),
    });
    expect(await git('rev-parse', 'main')).toBe(good);
  });
});

/** Runs `act` when the commit is made: the last request before the branch is updated. */
function beforeUpdate(act: () => void): void {
  const { requests } = world.github;
  const push = requests.push.bind(requests);
  requests.push = (...records) => {
    if (records[0]?.route === 'git/create-commit') act();
    return push(...records);
  };
}

function moveMain(commit: string): void {
  execFileSync('git', ['update-ref', 'refs/heads/main', commit], { cwd: world.github.repositoryPath });
}

function commitOf(message: string): string {
  const cwd = world.github.repositoryPath;
  const env = { ...process.env, ...IDENTITY };
  return execFileSync('git', ['commit-tree', 'main^{tree}', '-p', 'main', '-m', message], { cwd, env })
    .toString()
    .trim();
}

const IDENTITY = {
  ...{ GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' },
};

describe('what goes back', () => {
  const cases: readonly [string, Parameters<World['commit']>[0]][] = [
    ['an executable bit', { 'shop/run.sh': 'echo good\n', 'shop/b.txt': script('good b\n') }],
    ['a symbolic link', { 'shop/latest': link('b.txt') }],
    ['a link that became a file', { 'shop/latest': 'a file\n' }],
    ['an added file', { 'shop/added.txt': 'x\n', 'shop/deep/er/x.txt': 'x\n' }],
    ['a deleted file', { 'shop/b.txt': null, 'shop/sub/only.txt': null }],
    ['a file that became a directory', { 'shop/a.txt': null, 'shop/a.txt/inner.txt': 'x\n' }],
    ['a directory that became a file', { 'shop/sub': 'a file\n' }],
    [
      'a whole service',
      {
        'shop/a.txt': null,
        'shop/b.txt': null,
        'shop/run.sh': null,
        'shop/latest': null,
        'shop/sub/only.txt': null,
      },
    ],
    ['a renamed file', { 'shop/b.txt': null, 'shop/b2.txt': 'good b\n' }],
    ['a name with odd characters', { 'shop/ä b\'"c.txt': 'x\n', 'shop/-x': 'x\n' }],
  ];

  test.each(cases)('is %s', async (_name, change) => {
    bad = await world.commit(change);
    await world.commit({ 'cart/c.txt': 'later\n' });
    done(await rollback());
    const wanted = (await files(good)).split('\n').filter((line) => !line.endsWith('cart/c.txt'));
    const found = (await files('main')).split('\n').filter((line) => !line.endsWith('cart/c.txt'));
    expect(found).toEqual(wanted);
    expect(await git('show', 'main:cart/c.txt')).toBe('later');
  });

  test('is a submodule', async () => {
    const [before, after] = ['1'.repeat(40), '2'.repeat(40)];
    good = await commitEntry(`160000 ${before} 0\tshop/module`, 'Good');
    bad = await commitEntry(`160000 ${after} 0\tshop/module`, 'Bad');
    await world.commit({ 'cart/c.txt': 'later\n' });
    done(await rollback());
    expect(await files('main')).toContain(`160000 commit ${before}\tshop/module`);
  });

  test('is everything, when the repository was empty before', async () => {
    const empty = await git('hash-object', '-t', 'tree', '-w', '/dev/null');
    good = execFileSync('git', ['commit-tree', empty, '-m', 'Nothing'], {
      ...{ cwd: world.github.repositoryPath, env: { ...process.env, ...IDENTITY } },
    })
      .toString()
      .trim();
    await git('update-ref', 'refs/heads/main', good);
    bad = await world.commit({ 'shop/a.txt': 'x\n', 'b.txt': 'x\n' });
    done(await rollback());
    expect(await files('main')).toBe('');
  });

  test('is several commits, merges among them', async () => {
    const side = await world.commit({ 'shop/b.txt': 'side b\n' }, { branch: 'side', parents: [good] });
    bad = await world.commit({ 'shop/b.txt': 'side b\n', 'shop/x.txt': 'x\n' }, { parents: [bad, side] });
    await world.commit({ 'cart/c.txt': 'later\n' });
    expect(done(await rollback()).files).toEqual(['shop/a.txt', 'shop/b.txt', 'shop/x.txt']);
    expect(await git('diff', '--stat', good, 'main', '--', 'shop')).toBe('');
  });
});

async function commitEntry(line: string, message: string): Promise<string> {
  const cwd = world.github.repositoryPath;
  const env = { ...process.env, ...IDENTITY, GIT_INDEX_FILE: join(cwd, 'test-index') };
  execFileSync('git', ['read-tree', 'main'], { cwd, env });
  execFileSync('git', ['update-index', '--add', '--index-info'], { cwd, env, input: `${line}\n` });
  const id = execFileSync('git', ['write-tree', '--missing-ok'], { cwd, env }).toString().trim();
  const commit = execFileSync('git', ['commit-tree', id, '-p', 'main', '-m', message], { cwd, env })
    .toString()
    .trim();
  execFileSync('git', ['update-ref', 'refs/heads/main', commit], { cwd, env });
  return commit;
}

describe('what stays', () => {
  test('is all that is outside the paths of the service', async () => {
    bad = await world.commit({
      'shop/b.txt': 'bad b\n',
      'cart/c.txt': 'released with it\n',
      'shop/.env': 'x\n',
    });
    const outcome = done(await rollback({ paths: ['shop/**'], onlyService: false }));
    expect(outcome.files).toEqual(['shop/.env', 'shop/a.txt', 'shop/b.txt']);
    expect(await git('show', 'main:cart/c.txt')).toBe('released with it');
    expect(await git('diff', '--stat', good, 'main', '--', 'shop')).toBe('');
  });

  test('are workflow files, which are named', async () => {
    bad = await world.commit({
      '.github/workflows/release.yml': 'on: push\n',
      '.github/gated-release.yml': 'x\n',
    });
    const first = done(await rollback());
    expect(first).toMatchObject({ left: ['.github/workflows/release.yml'] });
    expect(first.files).toEqual(['.github/gated-release.yml', 'shop/a.txt']);
    expect(await git('show', 'main:.github/workflows/release.yml')).toBe('on: push');
    expect(done(await rollback())).toEqual({ ...first, existed: true });
  });

  test('is everything, when only workflow files would go back', async () => {
    good = bad;
    bad = await world.commit({ '.github/workflows/release.yml': 'on: push\n' });
    const outcome = await rollback();
    expect(outcome).toMatchObject({
      kind: 'unneeded',
      why: expect.stringContaining('.github/workflows/release.yml'),
    });
  });

  test('is a conflict outside the paths', async () => {
    bad = await world.commit({ 'cart/c.txt': 'released with it\n' });
    await world.commit({ 'cart/c.txt': 'later\n' });
    done(await rollback({ paths: ['shop/**'] }));
    expect(await git('show', 'main:cart/c.txt')).toBe('later');
  });
});

describe('a rollback is refused, with commands, and changes nothing', () => {
  const refusedWith = async (outcome: Promise<RollbackOutcome>, why: RegExp) => {
    const before = await git('rev-parse', 'main');
    const result = await outcome;
    expect(result).toMatchObject({ kind: 'refused', why: expect.stringMatching(why) });
    if (result.kind === 'refused') expect(result.commands.length).toBeGreaterThan(3);
    expect(await git('rev-parse', 'main')).toBe(before);
    return result;
  };

  test('where the released commit is not on the branch', async () => {
    const side = await world.commit({ 'shop/a.txt': 'side\n' }, { branch: 'side', parents: [good] });
    await refusedWith(rollback({ from: side }), /does not contain the released commit/);
    await refusedWith(rollback({ branch: 'nowhere' }), /no branch "nowhere"/);
    await refusedWith(rollback({ from: '1'.repeat(40) }), /does not contain the released commit/);
  });

  test('where the token may not write', async () => {
    const connected = world.connect('reader');
    await refusedWith(rollback({}, connected), /token may not write/);
    expect(connected.hub.permissions.list().map(({ permission }) => permission)).toEqual(['contents: write']);
  });

  test('where GitHub does not answer for long', async () => {
    world.github.fault({ match: { operation: 'updateRefs' }, kind: 'status', times: 1000 });
    await refusedWith(
      rollback({}, world.connect('job', { unreachableAfterMs: 10_000 })),
      /no known outcome within 10 s/,
    );
    world.github.clearFaults();
    done(await rollback());
    expect(await subjects()).toEqual(['Roll shop back', 'Change', 'Change']);
  });

  test('where GitHub makes another tree than was asked for', async () => {
    await world.commit({ 'cart/c.txt': 'later\n' });
    const body = { sha: await tree(good), url: 'https://x.example/', truncated: false, tree: [] };
    world.github.fault({ match: { operation: 'git/create-tree' }, kind: 'status', status: 201, body });
    await refusedWith(rollback(), /made the tree .* where 1 changes to .* give/);
  });
});

describe('a rollback whose answer is lost', () => {
  const table = [
    ...(['drop-before', 'drop-after', 'garbage', 'status', 'hang'] as const).map(
      (kind) => ['updateRefs', kind] as const,
    ),
    ...['git/create-commit', 'git/create-tree'].map((operation) => [operation, 'drop-after'] as const),
    ...['git/get-ref', 'repos/compare-commits-with-basehead'].map(
      (operation) => [operation, 'status'] as const,
    ),
  ];

  test.each(table)('at %s by a %s is on the branch exactly once', async (operation, kind) => {
    await world.commit({ 'cart/c.txt': 'later\n' });
    world.github.fault({ match: { operation }, kind });
    const outcome = done(await rollback({}, world.connect('job', { requestTimeoutMs: 300 })));
    expect(outcome).toMatchObject({
      commit: await git('rev-parse', 'main'),
      files: ['shop/a.txt'],
      existed: false,
    });
    expect(await subjects()).toEqual(['Roll shop back', 'Change', 'Change', 'Change']);
  });
});

describe('the token', () => {
  test('of the rollback is the one that writes', async () => {
    world.github.protect('main', { bypass: ['bot'] });
    done(await rollback({}, world.connect('job', { rollbackToken: 'ghs_bot' })));
    const writes = world.github.requests.filter(({ method }) => method === 'POST');
    expect(new Set(writes.map(({ token }) => token))).toEqual(new Set(['bot']));
  });
});
