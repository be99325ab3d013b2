import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RollbackRequest } from '../../src/github/contract.js';
import { as, requestOf } from './rollbacks.js';
import { makeTemplate, RELEASE, startWorld, type Template, type World } from './world.js';

const OWN = `gated-rollback/${RELEASE}`;

let template: Template;
let world: World;
let good = '';
let bad = '';

beforeAll(async () => {
  const released = { 'shop/a.txt': 'good\n2\n3\n4\n5\n', 'shop/b.txt': 'b\n', 'cart/c.txt': 'cart\n' };
  template = await makeTemplate(released, { 'shop/a.txt': 'bad\n2\n3\n4\n5\n', 'shop/b.txt': 'bad b\n' });
});

afterAll(() => template.remove());

beforeEach(async () => {
  world = await startWorld(template);
  world.github.allowPullRequests = true;
  [good = '', bad = ''] = template.commits;
});

afterEach(() => world.stop());

const rollback = (overrides: Partial<RollbackRequest> = {}, connected = world.connect()) =>
  connected.hub.reverter.rollback(requestOf({ from: bad, to: good }, overrides));

const git = (...args: string[]) => world.github.git(...args);
const tree = (revision: string) => git('rev-parse', `${revision}^{tree}`);
const commitsOf = async (branch: string) => Number(await git('rev-list', '--count', `${bad}..${branch}`));

describe('a pull request', () => {
  const reasons: readonly [string, RegExp, () => Promise<Partial<RollbackRequest>>][] = [
    ['the plan asks for one', /rollback\.commit: pull-request/, async () => ({ way: 'pull-request' })],
    ['other services live and no paths are given', /no `paths`/, async () => ({ onlyService: false })],
    [
      'the last promoted commit is not an ancestor',
      /not an ancestor/,
      async () => {
        const files = { 'shop/a.txt': 'good\n2\n3\n4\n5\n', 'shop/b.txt': 'b\n' };
        return { to: await world.commit(files, { branch: 'side', parents: [good], message: 'Side' }) };
      },
    ],
    ...(['branch-protection', 'ruleset'] as const).map(
      (kind): [string, RegExp, () => Promise<Partial<RollbackRequest>>] => [
        `a ${kind} demands one`,
        /a rule of the repository refuses a push to "main"/,
        async () => {
          world.github.protect('main', { kind });
          return {};
        },
      ],
    ),
  ];

  test.each(reasons)('is opened where %s', async (_name, why, arrange) => {
    const before = await git('rev-parse', 'main');
    const outcome = as('pull-request', await rollback(await arrange()));
    const [pull] = world.github.pulls();
    expect(outcome).toMatchObject({
      ...{ number: pull?.number, branch: OWN, commit: await git('rev-parse', OWN), existed: false },
      ...{ files: ['shop/a.txt', 'shop/b.txt'], why: expect.stringMatching(why) },
      url: `${world.github.serverUrl}/acme/shop/pull/${pull?.number}`,
      waitsOn: 'somebody who may merge into "main" has to merge it: @alice, @acme/sre',
    });
    expect(pull).toMatchObject({ title: 'Roll shop back', base: 'main', head: OWN });
    expect(await git('rev-parse', 'main')).toBe(before);
    expect(await git('rev-parse', `${OWN}^`)).toBe(before);
    expect(await git('show', `${OWN}:shop/a.txt`)).toBe('good\n2\n3\n4\n5');
  });

  test('says why, what was seen, whom it waits on, what goes back, and how the change comes back', async () => {
    await rollback({ way: 'pull-request' });
    const body = world.github.pulls()[0]?.body ?? '';
    for (const said of [
      'The canary failed.',
      '5 % of requests failed, 0.1 % before.',
      'Somebody who may merge into "main" has to merge it: @alice, @acme/sre.',
      `"main" still names the released commit ${bad}`,
      '- `shop/a.txt`\n- `shop/b.txt`',
      `git revert --no-edit "$(git log -1 --format=%H --grep='^Gated-Release: ${RELEASE}$' 'origin/main')"`,
    ]) {
      expect(body).toContain(said);
    }
    expect(body.endsWith(`Gated-Release: ${RELEASE}\nRolls-Back: ${bad}..${good}`)).toBe(true);
  });

  test('made three times, by whatever way, is one', async () => {
    const first = as('pull-request', await rollback({ way: 'pull-request' }));
    await world.commit({ 'cart/c.txt': 'later\n' });
    expect(as('pull-request', await rollback({ way: 'pull-request' }))).toEqual({ ...first, existed: true });
    // A push would now be allowed, and would be a second rollback beside the one that waits.
    const third = as('pull-request', await rollback());
    expect(third).toMatchObject({ number: first.number, commit: first.commit, existed: true });
    expect(world.github.pulls()).toHaveLength(1);
    expect(await commitsOf('main')).toBe(1);
  });

  test('made by three runs at once is one', async () => {
    const outcomes = await Promise.all([1, 2, 3].map(() => rollback({ way: 'pull-request' })));
    expect(new Set(outcomes.map((outcome) => as('pull-request', outcome).number)).size).toBe(1);
    expect(world.github.pulls()).toHaveLength(1);
    expect(await commitsOf(OWN)).toBe(1);
  });

  test('that was merged is a commit that is done', async () => {
    const opened = as('pull-request', await rollback({ way: 'pull-request' }));
    await git('update-ref', 'refs/heads/main', opened.commit);
    expect(as('done', await rollback({ way: 'pull-request' }))).toMatchObject({
      ...{ commit: opened.commit, existed: true, files: ['shop/a.txt', 'shop/b.txt'] },
    });
  });

  test('that a person closed stays closed', async () => {
    const { number } = as('pull-request', await rollback({ way: 'pull-request' }));
    const pull = world.github.pulls()[0];
    if (pull) pull.state = 'closed';
    const outcome = as('refused', await rollback());
    expect(outcome.why).toContain(`/pull/${number} was closed without being merged; it is not opened again`);
    expect(outcome.commands.length).toBeGreaterThan(3);
    expect(world.github.pulls()).toHaveLength(1);
  });

  test('does not touch a branch of that name that holds something else', async () => {
    const foreign = await world.commit({ 'x.txt': 'x\n' }, { branch: OWN, parents: [good] });
    const outcome = as('refused', await rollback({ way: 'pull-request' }));
    expect(outcome.why).toContain(`"${OWN}" holds something else: ${foreign}`);
    expect(await git('rev-parse', OWN)).toBe(foreign);
    expect(world.github.pulls()).toHaveLength(0);
  });

  test('is opened with the rollback token, and nothing else is asked with it', async () => {
    world.github.allowPullRequests = false;
    world.github.protect('main');
    await world.commit({ 'shop/a.txt': 'bad\n2\n3\n4\nlater\n' });
    as('pull-request', await rollback({}, world.connect('job', { rollbackToken: 'ghs_bot' })));
    const ours = world.github.requests.filter(({ token }) => token === 'bot').map(({ route }) => route);
    expect(ours).toEqual([
      ...['git/create-blob', 'git/create-tree', 'git/create-commit', 'updateRefs'],
      ...['pulls/list', 'updateRefs', 'pulls/create'],
    ]);
    const writes = world.github.requests.filter(({ method }) => method !== 'GET');
    expect(new Set(writes.map(({ token }) => token))).toEqual(new Set(['bot']));
  });
});

describe('where pull requests are not allowed, the branch is pushed', () => {
  const cases = [
    [
      'by a setting of the repository',
      'job',
      /settings under Actions, General, or give a `rollback-token`/,
      [],
    ],
    ['to the token', 'contents', /did not open a pull request/, ['pull-requests: write']],
  ] as const;

  test.each(cases)('%s', async (_name, token, why, missing) => {
    world.github.allowPullRequests = false;
    world.github.protect('main');
    const connected = world.connect(token);
    const outcome = as('branch', await rollback({}, connected));
    expect(outcome).toMatchObject({
      ...{
        branch: OWN,
        commit: await git('rev-parse', OWN),
        existed: false,
        why: expect.stringMatching(why),
      },
      compareUrl: `${world.github.serverUrl}/acme/shop/compare/main...${OWN}?expand=1`,
    });
    expect(connected.hub.permissions.list().map(({ permission }) => permission)).toEqual(missing);
    const again = as('branch', await rollback({}, world.connect(token)));
    expect(again).toMatchObject({ commit: outcome.commit, existed: true });
    // As soon as somebody allows it, the same commit gets its pull request.
    world.github.allowPullRequests = true;
    expect(as('pull-request', await rollback())).toMatchObject({ commit: outcome.commit, existed: true });
  });

  test('and where no branch may be pushed either, the commands are left', async () => {
    world.github.protect('**/*');
    const outcome = as('refused', await rollback());
    expect(outcome.why).toMatch(/refuses a push to "main".* refuses a push to "gated-rollback/);
    expect(outcome.files).toEqual(['shop/a.txt', 'shop/b.txt']);
    expect(outcome.commands.join('\n')).toContain(`/acme/shop/compare/main...${OWN}?expand=1`);
  });
});

describe('a conflict', () => {
  let later = '';

  beforeEach(async () => {
    later = await world.commit(
      { 'shop/a.txt': 'mended\n2\n3\n4\n5\n', 'cart/c.txt': 'later\n' },
      { message: 'Mend\n\nIt.' },
    );
  });

  test('names the files, what stands against what, and the commits of both sides', async () => {
    const outcome = as('conflict', await rollback());
    expect(outcome).toMatchObject({ files: ['shop/a.txt'], clean: ['shop/b.txt'], left: [] });
    expect(outcome.conflicts).toEqual([
      {
        ...{ path: 'shop/a.txt', why: 'has lines that were changed on both sides' },
        released: [{ sha: bad, subject: 'Change' }],
        later: [{ sha: later, subject: 'Mend' }],
      },
    ]);
    expect(await git('rev-parse', 'main')).toBe(later);
  });

  test('becomes a pull request whose merge is the three-way merge', async () => {
    const outcome = as('conflict', await rollback());
    const [pull] = world.github.pulls();
    expect(outcome.proposal).toEqual({
      ...{
        branch: OWN,
        number: pull?.number,
        url: `${world.github.serverUrl}/acme/shop/pull/${pull?.number}`,
      },
    });
    expect(pull?.body).toContain('- `shop/a.txt` has lines that were changed on both sides');
    expect(await git('rev-parse', `${OWN}^`)).toBe(bad);
    expect(await tree(OWN)).toBe(await tree(good));
    expect(as('conflict', await rollback()).proposal).toEqual(outcome.proposal);
    expect(world.github.pulls()).toHaveLength(1);
  });

  test('is finished by its commands, and then is done', async () => {
    const outcome = as('conflict', await rollback());
    inClone([
      ...outcome.commands.slice(0, 2),
      `${outcome.commands[2]} || true`,
      "printf 'good\\n2\\n3\\n4\\nmended\\n' > shop/a.txt",
      ...outcome.commands.slice(3),
    ]);
    await git('update-ref', 'refs/heads/main', OWN);
    expect(await git('show', 'main:shop/a.txt')).toBe('good\n2\n3\n4\nmended');
    expect(await git('show', 'main:shop/b.txt')).toBe('b');
    expect(await git('show', 'main:cart/c.txt')).toBe('later');
    as('done', await rollback());
  });

  test('where pull requests are not allowed is a branch with its page', async () => {
    world.github.allowPullRequests = false;
    const outcome = as('conflict', await rollback());
    const url = `${world.github.serverUrl}/acme/shop/compare/main...${OWN}?expand=1`;
    expect(outcome.proposal).toEqual({ branch: OWN, number: null, url });
  });

  test('where nothing may be pushed leaves the commands that start from the commits', async () => {
    world.github.protect('**/*');
    const outcome = as('conflict', await rollback());
    expect(outcome.proposal).toBeNull();
    expect(outcome.commands.join('\n')).toContain('git apply --index --3way');
  });

  test('is what a file is that was renamed since, even where nothing else would have to be done', async () => {
    bad = await world.commit({ 'shop/new.txt': 'one\ntwo\nthree\n' });
    await world.commit({ 'shop/new.txt': null, 'shop/newer.txt': 'one\ntwo\nthree\n' });
    const { conflicts, files } = as('conflict', await rollback({ to: template.commits[1] ?? '' }));
    expect(files).toEqual(['shop/new.txt']);
    expect(conflicts[0]?.why).toBe('was renamed to "shop/newer.txt" after the release');
  });

  test('is what a file is that the release renamed and somebody changed since', async () => {
    const content = 'one\ntwo\nthree\n';
    good = await world.commit({ 'shop/old.txt': content });
    bad = await world.commit({ 'shop/old.txt': null, 'shop/new.txt': content });
    await world.commit({ 'shop/new.txt': `${content}four\n` });
    const { conflicts, clean } = as('conflict', await rollback());
    expect(clean).toEqual(['shop/old.txt']);
    expect(conflicts).toMatchObject([
      { path: 'shop/new.txt', why: 'came with the release, and was changed after it' },
    ]);
  });

  test('is what a file is that GitHub does not hand out', async () => {
    await world.commit({ 'shop/a.txt': 'bad\n2\n3\n4\nlater\n' });
    const body = { message: 'This API returns blobs up to 100 MB in size.' };
    world.github.fault({ match: { operation: 'git/get-blob' }, kind: 'status', status: 403, body });
    const { conflicts } = as('conflict', await rollback());
    expect(conflicts[0]?.why).toContain('GitHub did not hand it out');
  });

  test('keeps to the paths', async () => {
    as('conflict', await rollback({ paths: ['shop/a.txt'] }));
    expect(await git('diff', '--name-only', bad, OWN)).toBe('shop/a.txt');
  });
});

describe('GitHub failing while a pull request is made', () => {
  const operations = ['git/create-tree', 'git/create-commit', 'updateRefs', 'pulls/list', 'pulls/create'];
  const table = [
    ...operations.map((operation) => [operation, 'drop-after'] as const),
    ...(['drop-before', 'status', 'garbage'] as const).map((kind) => ['pulls/create', kind] as const),
  ];

  test.each(table)('at %s by a %s leaves exactly one', async (operation, kind) => {
    await world.commit({ 'cart/c.txt': 'later\n' });
    world.github.fault({ match: { operation }, kind });
    as('pull-request', await rollback({ way: 'pull-request' }));
    expect(world.github.pulls()).toHaveLength(1);
    expect(await git('show', `${OWN}:shop/a.txt`)).toBe('good\n2\n3\n4\n5');
    expect(await git('show', `${OWN}:cart/c.txt`)).toBe('later');
  });

  test.each(operations)('at %s for good, and then run again, leaves exactly one', async (operation) => {
    await world.commit({ 'cart/c.txt': 'later\n' });
    world.github.fault({ match: { operation }, kind: 'status', times: 1_000 });
    const brief = world.connect('job', { unreachableAfterMs: 5_000 });
    as('refused', await rollback({ way: 'pull-request' }, brief));
    world.github.clearFaults();
    as('pull-request', await rollback({ way: 'pull-request' }));
    expect(world.github.pulls()).toHaveLength(1);
    expect(await commitsOf(OWN)).toBe(2);
  });
});

describe('the commands for people', () => {
  test.each([
    ['everything', []],
    ['paths', ['shop/**']],
  ])('make the same tree in a clone: %s', async (_name, paths) => {
    bad = await world.commit({
      ...{ 'shop/b.txt': { content: 'bad\n', mode: '100755' as const }, 'shop/a.txt': null },
      ...{ 'shop/new.bin': Buffer.from([0, 1, 2]).toString(), "shop/it's.txt": 'x\n' },
      ...{ 'cart/c.txt': 'with it\n', '.github/workflows/release.yml': 'on: push\n' },
    });
    await world.commit({ 'cart/d.txt': 'later\n' });
    world.github.protect('**/*');
    const texts = { title: "It's back", body: 'For $HOME and `id`.\n\nTwice.' };
    const { commands } = as('refused', await rollback({ paths, ...texts }));
    world.github.clearRules();
    inClone(commands);
    const byHand = await git('rev-parse', OWN);
    await git('update-ref', '-d', `refs/heads/${OWN}`);
    as('done', await rollback({ paths }));
    expect(await tree(byHand)).toBe(await tree('main'));
    const message = await git('log', '-1', '--format=%B', byHand);
    expect(message).toContain("It's back\n\nFor $HOME and `id`.\n\nTwice.\n\n");
    expect(message).toContain(`\nGated-Release: ${RELEASE}\nRolls-Back: ${bad}..${good}`);
  });

  test('to bring the change back make a commit that does', async () => {
    as('done', await rollback());
    const message = await git('log', '-1', '--format=%B', 'main');
    const command = message.split('\n').find((line) => line.startsWith('    git revert'));
    inClone([command ?? 'false', 'git push --quiet origin HEAD:main']);
    expect(await tree('main')).toBe(await tree(bad));
  });
});

function inClone(commands: readonly string[]): void {
  const clone = mkdtempSync(join(tmpdir(), 'clone-'));
  const person = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b' };
  const env = { ...process.env, ...person, GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };
  execFileSync('git', ['clone', '--quiet', world.github.repositoryPath, clone]);
  execFileSync('bash', ['-e', '-c', commands.join('\n')], { cwd: clone, env, stdio: 'pipe' });
  rmSync(clone, { recursive: true });
}
