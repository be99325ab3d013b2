import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { makeTemplate, startWorld, type Template, type World } from './world.js';

let template: Template;
let world: World;
let first = '';

beforeAll(async () => {
  template = await makeTemplate({ 'shop/a.txt': 'a\n' });
});

afterAll(() => template.remove());

beforeEach(async () => {
  world = await startWorld(template);
  [first = ''] = template.commits;
});

afterEach(() => world.stop());

describe('a commit', () => {
  test('is read with its tree, parents and message', async () => {
    const second = await world.commit({ 'shop/a.txt': 'b\n' });
    const { repository } = world.connect().hub;
    expect(await repository.commit(second)).toEqual({
      sha: second,
      tree: await world.github.git('rev-parse', `${second}^{tree}`),
      parents: [first],
      message: expect.stringMatching(/^Change\n?$/),
    });
  });

  test('that does not exist is null', async () => {
    expect(await world.connect().hub.repository.commit('1'.repeat(40))).toBeNull();
  });

  test('that cannot be read is an error that says what was asked', async () => {
    world.github.fault({ match: { operation: 'git/get-commit' }, kind: 'status', times: 100 });
    const read = world.connect().hub.repository.commit(first);
    await expect(read).rejects.toMatchObject({ name: 'GithubError', kind: 'unreachable' });
    await expect(read).rejects.toThrow(`Read the commit ${first}: Server Error`);
  });
});

describe('a comparison', () => {
  test('tells how two commits stand and which files differ since their merge base', async () => {
    const main = await world.commit({ 'shop/a.txt': 'b\n', 'shop/b.txt': 'b\n' });
    const side = await world.commit({ 'cart/c.txt': 'c\n' }, { branch: 'side', parents: [first] });
    const { repository } = world.connect().hub;
    expect(await repository.compare(first, first)).toEqual({ status: 'identical', files: [] });
    expect(await repository.compare(first, main)).toEqual({
      status: 'ahead',
      files: ['shop/a.txt', 'shop/b.txt'],
    });
    expect(await repository.compare(main, first)).toEqual({ status: 'behind', files: [] });
    expect(await repository.compare(main, side)).toEqual({ status: 'diverged', files: ['cart/c.txt'] });
  });

  test('of more files than GitHub lists has no list', async () => {
    const files = Object.fromEntries(Array.from({ length: 301 }, (_, n) => [`shop/${n}.txt`, `${n}\n`]));
    const main = await world.commit(files);
    expect(await world.connect().hub.repository.compare(first, main)).toEqual({
      status: 'ahead',
      files: null,
    });
  });

  test('names a renamed file by both of its names', async () => {
    const text = 'one\ntwo\nthree\nfour\nfive\nsix\n';
    const before = await world.commit({ 'shop/old.txt': text });
    const after = await world.commit({ 'shop/old.txt': null, 'shop/new.txt': text });
    const comparison = await world.connect().hub.repository.compare(before, after);
    expect([...(comparison?.files ?? [])].sort()).toEqual(['shop/new.txt', 'shop/old.txt']);
  });

  test('with a commit that does not exist is null', async () => {
    expect(await world.connect().hub.repository.compare(first, '1'.repeat(40))).toBeNull();
  });
});

describe('a job', () => {
  test('is completed or not, as GitHub says', async () => {
    world.github.addRun({ id: 5, headSha: first });
    world.github.addJob({ id: 7, runId: 5, status: 'in_progress' } as Parameters<
      World['github']['addJob']
    >[0]);
    const { repository } = world.connect().hub;
    expect(await repository.jobCompleted('7')).toBe(false);
    world.github.addJob({
      ...{ id: 7, runId: 5, status: 'completed', conclusion: 'cancelled' },
    });
    expect(await repository.jobCompleted('7')).toBe(true);
  });

  test('that is not known is null', async () => {
    const { repository } = world.connect().hub;
    expect(await repository.jobCompleted('8')).toBeNull();
    expect(await repository.jobCompleted('')).toBeNull();
    expect(await repository.jobCompleted('not-a-number')).toBeNull();
  });

  test('that the token may not read is null, and the permission is named', async () => {
    const { hub } = world.connect('contents');
    expect(await hub.repository.jobCompleted('7')).toBeNull();
    expect(hub.permissions.list()).toEqual([{ permission: 'actions: read', effect: expect.any(String) }]);
  });
});

test('ledger branches are listed by name', async () => {
  for (const branch of ['gated-release/shop/production', 'gated-release/cart/staging', 'gated-released']) {
    await world.github.git('branch', branch, first);
  }
  const branches = await world.connect().hub.repository.ledgerBranches();
  expect([...branches].sort()).toEqual(['gated-release/cart/staging', 'gated-release/shop/production']);
});
