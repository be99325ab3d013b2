import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Facts } from '../../src/github/contract.js';
import { makeTemplate, startWorld, type Template, type World } from './world.js';

let template: Template;
let world: World;
let first = '';
let facts: Facts;

beforeAll(async () => {
  template = await makeTemplate({ 'shop/a.txt': 'a\n', 'docs/x/a.md': 'a\n' });
});
afterAll(() => template.remove());
beforeEach(async () => {
  world = await startWorld(template);
  [first = ''] = template.commits;
  facts = world.connect().hub.facts;
});
afterEach(() => world.stop());

/** A branch with two commits, as a pull request. */
async function opened() {
  const branch = 'change';
  await world.commit({ 'shop/b.txt': 'b\n' }, { branch, parents: [first], message: 'One' });
  const head = await world.commit({ 'shop/c.txt': 'c\n' }, { branch, message: 'Two' });
  const { number } = await world.github.openPull({ head: branch, by: 'dave', title: 'A change' });
  return { number, head };
}

describe('the pull request of a released commit', () => {
  test.each(['merge', 'squash', 'rebase'] as const)(
    'is named after a %s, with its final head',
    async (way) => {
      const { number, head } = await opened();
      await world.commit({ 'cart/a.txt': 'a\n' });
      const sha = await world.github.merge(number, { way, by: 'erin' });
      const commits = await facts.commits({ base: first, head: sha });
      const brought = { merge: 4, squash: 2, rebase: 3 }[way];
      expect(commits).toHaveLength(brought);
      expect(commits?.at(-1)).toMatchObject({ sha, author: way === 'merge' ? 'erin' : 'dave' });
      const pulls = await Promise.all((commits ?? []).map((commit) => facts.pullsOf(commit.sha)));
      expect(pulls.flatMap((found) => found.map((pull) => pull.number))).toEqual(
        Array.from({ length: brought - 1 }, () => number),
      );
      expect(pulls.at(-1)).toMatchObject([
        { state: 'merged', head, author: 'dave', isFork: false, base: { ref: 'main' } },
      ]);
    },
  );

  test('that is open, and a commit that has none', async () => {
    const { number, head } = await opened();
    expect(await facts.pullsOf(head)).toMatchObject([{ number, state: 'open' }]);
    expect(await facts.pullsOf(first)).toEqual([]);
    expect(await facts.pull(number)).toMatchObject({ number, head, state: 'open' });
    expect(await facts.pull(99)).toBeNull();
  });
});

test('commits without a base are the one alone, and of nothing known they are none', async () => {
  expect(await facts.commits({ base: null, head: first })).toMatchObject([{ sha: first, subject: 'Change' }]);
  expect(await facts.commits({ base: '1'.repeat(40), head: first })).toBeNull();
});

test('reviews and comments are told with their commit, in order, and whether they were edited', async () => {
  const { number, head } = await opened();
  await world.github.review(number, { by: 'alice' });
  await world.github.review(number, { by: 'alice', state: 'DISMISSED', commit: first });
  world.github.comment(number, { by: 'bob', body: 'One' });
  const edited = world.github.comment(number, { by: 'carol', body: 'Two' });
  edited.updatedAt = '2030-01-01T00:00:00Z';
  expect(await facts.reviews(number)).toMatchObject([
    { author: 'alice', state: 'APPROVED', commit: head, association: 'MEMBER' },
    { author: 'alice', state: 'DISMISSED', commit: first },
  ]);
  expect(await facts.comments(number)).toMatchObject([
    { author: 'bob', isEdited: false },
    { author: 'carol', isEdited: true },
  ]);
});

test('the commits of a pull request are told, and when its head was replaced before its merge', async () => {
  const { number, head } = await opened();
  const commits = await facts.commitsOfPull(number);
  expect(commits).toMatchObject([{ subject: 'One' }, { subject: 'Two', sha: head, committer: null }]);
  const pull = async () => (await facts.pull(number)) ?? Promise.reject(new Error('none'));
  expect(await facts.headMoves(await pull())).toEqual([]);
  await world.github.git('update-ref', 'refs/heads/change', commits[0]?.sha ?? '');
  const moved = await pull();
  expect(await facts.headMoves(moved)).toHaveLength(1);
  // A merge that is not among the events: not all of them were told.
  expect(await facts.headMoves({ ...moved, state: 'merged' })).toBeNull();
  await world.github.merge(number, { way: 'squash', by: 'erin' });
  expect(await facts.headMoves(await pull())).toHaveLength(1);
  expect(await world.connect('contents').hub.facts.headMoves(moved)).toBeNull();
});

test('a team is known to a token that may read it, and to no other', async () => {
  world.github.setTeam('Acme/Leads', ['alice', 'bob']);
  expect(await facts.team('acme/leads')).toBeNull();
  world.github.setToken('job', {
    token: 'ghs_job',
    kind: 'installation',
    permissions: { contents: 'read' },
    members: true,
  });
  expect(await facts.team('acme/leads')).toEqual(['alice', 'bob']);
  expect(await facts.team('acme/none')).toBeNull();
});

test('who let a run go is told with the environments', async () => {
  const { id } = world.github.addRun({ headSha: first });
  world.github.approveRun({ runId: id, by: 'frank', environments: ['production'] });
  expect(await facts.runApprovals(String(id))).toEqual([
    { by: 'frank', state: 'approved', environments: ['production'] },
  ]);
  expect(await facts.runApprovals('x')).toBeNull();
  expect(await world.connect('contents').hub.facts.runApprovals(String(id))).toBeNull();
});

test('checks are the newest of each name, runs and statuses alike; none may be read without a permission', async () => {
  const run = world.github.addRun({ headSha: first });
  world.github.addJob({ runId: run.id, name: 'build', status: 'completed', conclusion: 'failure' });
  world.github.addJob({ runId: run.id, name: 'build', status: 'completed', conclusion: 'success' });
  world.github.addJob({ runId: run.id, name: 'test', status: 'in_progress' });
  const found = await facts.checks(first);
  expect(found?.map(({ name, result }) => [name, result]).sort()).toEqual([
    ['build', 'success'],
    ['test', 'pending'],
  ]);
  expect(await world.connect('contents').hub.facts.checks(first)).toBeNull();
});

test('files are told as changed between two commits, since a branch left its base, or all of one', async () => {
  const main = await world.commit({ 'shop/a.txt': 'b\n', 'docs/x/a.md': null });
  const side = await world.commit({ 'cart/a.txt': 'a\n' }, { branch: 'side', parents: [first] });
  const sorted = async (paths: Promise<readonly string[] | null>) => [...((await paths) ?? ['?'])].sort();
  expect(await sorted(facts.changes({ base: first, head: main }))).toEqual(['docs/x/a.md', 'shop/a.txt']);
  expect(await sorted(facts.changes({ base: main, head: side }))).toEqual([
    'cart/a.txt',
    'docs/x/a.md',
    'shop/a.txt',
  ]);
  expect(await sorted(facts.changed({ base: main, head: side }))).toEqual(['cart/a.txt']);
  expect(await sorted(facts.changes({ base: null, head: first }))).toEqual(['docs/x/a.md', 'shop/a.txt']);
  expect(await facts.changes({ base: '1'.repeat(40), head: main })).toBeNull();
  expect(await facts.text({ commit: first, path: 'docs/x/a.md' })).toBe('a\n');
  expect(await facts.text({ commit: main, path: 'docs/x/a.md' })).toBeNull();
  expect([await facts.branch('side'), await facts.branch('none')]).toEqual([side, null]);
});

test('open issues with one of the labels are told once, pull requests never', async () => {
  const { number } = await opened();
  const blocked = world.github.pulls().find((pull) => pull.number === number);
  blocked?.labels.push('release-blocker');
  const post = (body: object) =>
    fetch(`${world.github.apiUrl}/repos/acme/shop/issues`, {
      ...{ method: 'POST', headers: { authorization: 'token ghp_person' }, body: JSON.stringify(body) },
    });
  await post({ title: 'Both', labels: ['release-blocker', 'freeze'] });
  await post({ title: 'None', labels: ['bug'] });
  expect(await facts.openIssues(['release-blocker', 'freeze'])).toMatchObject([
    { title: 'Both', label: 'release-blocker', author: 'person' },
  ]);
  expect(await world.connect('contents').hub.facts.openIssues(['freeze'])).toBeNull();
});

test('a commit without a pull request, to a token that may read none, is not one that has none', async () => {
  const { head } = await opened();
  const reader = world.connect('contents').hub.facts;
  await expect(reader.pullsOf(head)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(reader.pullsOf(first)).rejects.toMatchObject({ kind: 'forbidden' });
  expect(await facts.pullsOf(first)).toEqual([]);
});

test('a list without issues, of a token that may read pull requests alone, does not count as none', async () => {
  await opened();
  const { facts: reader } = world.connect('pulls').hub;
  expect(await reader.pull(1)).not.toBeNull();
  expect(await reader.openIssues(['release-blocker'])).toBeNull();
  expect(await facts.openIssues(['release-blocker'])).toEqual([]);
});

test.each(['contents', 'checks', 'statuses', 'deployments', 'issues', 'pull-requests'] as const)(
  'whether the token may write %s is found out, and leaves no trace',
  async (scope) => {
    const reader = world.connect('reader').hub.facts;
    expect([await facts.mayWrite(scope), await reader.mayWrite(scope)]).toEqual([true, false]);
    const { github } = world;
    expect([github.checkRuns(), github.statuses(), github.deployments(), github.issues()]).toEqual([
      [],
      [],
      [],
      [],
    ]);
    expect(await github.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  },
);

test('the ledger of another environment is its current.json, and null where there is none', async () => {
  const of = { service: 'shop', environment: 'staging' };
  expect(await facts.ledger(of)).toMatchObject({
    current: null,
    url: expect.stringContaining('gated-release/shop/staging'),
  });
  await world.commit({ 'current.json': '{}\n' }, { branch: 'gated-release/shop/staging', parents: [] });
  expect(await facts.ledger(of)).toMatchObject({ current: '{}\n' });
});

test('releases of a commit are found in a ledger by their names, newest first', async () => {
  const of = { service: 'shop', environment: 'staging', sha: first };
  expect(await facts.releasesOf(of)).toEqual([]);
  const id = (day: number, sha: string) => `202601${day}-100000-${sha.slice(0, 7)}-00ab/events.jsonl`;
  const files = {
    [id(10, first)]: 'old\n',
    [id(12, first)]: 'new\n',
    [id(11, 'f'.repeat(40))]: 'other\n',
    [`x-${id(13, first)}`]: 'none of ours\n',
    'current.json': '{}\n',
  };
  await world.commit(files, { branch: 'gated-release/shop/staging', parents: [] });
  expect(await facts.releasesOf(of)).toEqual(['new\n', 'old\n']);
});

test('a preview is one comment, brought up to date, and never one of a stranger', async () => {
  const { number } = await opened();
  const { previews } = world.connect().hub;
  world.github.comment(number, { by: 'mallory', body: 'Mine <!-- gated-release: preview -->' });
  expect(await previews.show(number, 'First hunter22')).toBe(true);
  expect(await previews.show(number, 'Second')).toBe(true);
  expect(await previews.show(number, 'Second')).toBe(true);
  const bodies = world.github.comments().map(({ body }) => body);
  expect(bodies).toEqual([expect.stringContaining('Mine'), expect.stringMatching(/^Second\n/)]);
  const writes = () =>
    world.github.requests.filter(({ method, path }) => method !== 'GET' && path.includes('comments')).length;
  expect(writes()).toBe(2);
  await previews.show(number, 'Opens Mon 22:00 UTC, in 3 h 20 min.');
  await previews.show(number, 'Opens Mon 22:00 UTC, in 40 s.');
  expect(writes()).toBe(3);
  await previews.show(number, 'Opens Tue 22:00 UTC, in 40 s.');
  expect(writes()).toBe(4);
  expect(await world.connect('reader').hub.previews.show(number, 'Third')).toBe(false);
});
