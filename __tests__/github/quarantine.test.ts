import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BadRelease } from '../../src/github/contract.js';
import { as, requestOf } from './rollbacks.js';
import { makeTemplate, RELEASE, startWorld, type Template, type World } from './world.js';

let template: Template;
let world: World;
let good = '';
let bad = '';

beforeAll(async () => {
  template = await makeTemplate({ 'a.txt': 'good\n' }, { 'a.txt': 'bad\n' });
});

afterAll(() => template.remove());

beforeEach(async () => {
  world = await startWorld(template);
  [good = '', bad = ''] = template.commits;
});

afterEach(() => world.stop());

const badRelease = (overrides: Partial<BadRelease> = {}): BadRelease => ({
  ...{ release: RELEASE, sha: bad, rollbackCommit: null },
  ...overrides,
});

const standing = async (commit: string, overrides: Partial<BadRelease> = {}) => {
  const { repository } = world.connect().hub;
  const [found] = await repository.quarantine(commit, [badRelease(overrides)]);
  return found;
};

const FREE = {
  release: RELEASE,
  contains: false,
  rolledBack: false,
  fixedBy: null,
  since: [],
  isComplete: true,
};

describe('a commit', () => {
  test('that is the bad one contains it, with nothing since', async () => {
    expect(await standing(bad)).toEqual({ ...FREE, contains: true });
  });

  test('on top of the bad one contains it, and waits with what came between', async () => {
    const first = await world.commit({ 'b.txt': 'b\n' }, { message: 'First\n\nMore.' });
    const second = await world.commit({ 'c.txt': 'c\n' }, { message: 'Second' });
    expect(await standing(second)).toEqual({
      ...FREE,
      contains: true,
      since: [
        { sha: first, subject: 'First' },
        { sha: second, subject: 'Second' },
      ],
    });
  });

  test('before it or beside it does not contain it', async () => {
    const side = await world.commit({ 'b.txt': 'b\n' }, { branch: 'side', parents: [good] });
    expect(await standing(good)).toEqual(FREE);
    expect(await standing(side)).toEqual(FREE);
  });

  test('that brought it in by a merge contains it', async () => {
    const side = await world.commit({ 'b.txt': 'b\n' }, { branch: 'side', parents: [good] });
    const merge = await world.commit({ 'a.txt': 'bad\n' }, { branch: 'side', parents: [side, bad] });
    expect(await standing(merge)).toMatchObject({ contains: true });
  });

  test('with nothing in common with it does not contain it', async () => {
    const other = await world.commit({ 'x.txt': 'x\n' }, { branch: 'orphan', parents: [] });
    expect(await standing(other)).toEqual(FREE);
    expect(await standing(good, { sha: '1'.repeat(40) })).toEqual(FREE);
  });

  test('that does not exist is an error, not a free one', async () => {
    const asked = standing('1'.repeat(40));
    await expect(asked).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('no commit 1111'),
    });
  });
});

describe('the rollback lifts it', () => {
  test('by its commit and by its trailer', async () => {
    const { reverter } = world.connect().hub;
    const { commit } = as('done', await reverter.rollback(requestOf({ from: bad, to: good })));
    expect(await standing(commit, { rollbackCommit: commit })).toMatchObject({
      contains: true,
      rolledBack: true,
    });
    expect(await standing(commit)).toMatchObject({ rolledBack: true });
    const later = await world.commit({ 'b.txt': 'b\n' });
    expect(await standing(later)).toMatchObject({ rolledBack: true });
  });

  test('not where it is of another release', async () => {
    const message = `Roll back\n\nGated-Release: ${RELEASE}9`;
    const other = await world.commit({ 'a.txt': 'good\n' }, { message });
    expect(await standing(other)).toMatchObject({ contains: true, rolledBack: false });
  });

  test('also from further back than is listed', async () => {
    const rolledBack = await world.commit({ 'a.txt': 'good\n' }, { message: 'Squashed' });
    const head = manyCommits(1_050);
    expect(await standing(head, { rollbackCommit: rolledBack })).toMatchObject({ rolledBack: true });
    expect(await standing(head, { rollbackCommit: head })).toMatchObject({ rolledBack: true });
    expect(await standing(head)).toMatchObject({ contains: true, rolledBack: false, isComplete: false });
  });
});

describe('a fix lifts it', () => {
  test('by a trailer of a later commit, whatever the case of its key', async () => {
    const fix = await world.commit({ 'a.txt': 'mended\n' }, { message: `Mend\n\nfixes-release: ${RELEASE}` });
    const head = await world.commit({ 'b.txt': 'b\n' });
    expect(await standing(head)).toMatchObject({ contains: true, fixedBy: fix });
  });

  test('not by the bad commit itself, nor by a sentence', async () => {
    await world.commit({ 'a.txt': 'mended\n' }, { message: `This is no Fixes-Release: ${RELEASE} trailer` });
    const head = await world.commit({ 'b.txt': 'b\n' }, { message: `Fixes-Release: ${RELEASE}9` });
    expect(await standing(head)).toMatchObject({ contains: true, fixedBy: null });
  });
});

test('several bad releases are one request each, side by side', async () => {
  const head = await world.commit({ 'b.txt': 'b\n' });
  const releases = [bad, good, head].map((sha, index) => badRelease({ release: `r${index}`, sha }));
  const answers = await world.connect().hub.repository.quarantine(head, releases);
  expect(answers.map(({ release, contains }) => [release, contains])).toEqual([
    ['r0', true],
    ['r1', true],
    ['r2', true],
  ]);
  expect(world.github.requests).toHaveLength(3);
});

/** Puts so many empty commits on the branch, and gives the last. */
function manyCommits(count: number): string {
  const cwd = world.github.repositoryPath;
  // Git stops its walk early where a commit seems older than those before it.
  const now = Math.ceil(Date.now() / 1000);
  const one = `commit refs/heads/main\ncommitter a <a@b> ${now} +0000\ndata 1\nx\n`;
  const input = Array.from({ length: count }, (_, index) =>
    index === 0 ? `${one}from refs/heads/main^0\n\n` : `${one}\n`,
  ).join('');
  execFileSync('git', ['fast-import', '--quiet'], { cwd, input });
  return execFileSync('git', ['rev-parse', 'main'], { cwd }).toString().trim();
}
