import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FaultOptions } from '../../sandbox/github/faults.js';
import { makeTemplate, SECRET, startWorld, type Template, type World } from './world.js';

const BRANCH = 'gated-release/shop/production';
let template: Template;
let world: World;

beforeAll(async () => {
  template = await makeTemplate({ 'README.md': 'shop\n' });
});

afterAll(() => template.remove());

beforeEach(async () => {
  world = await startWorld(template);
});

afterEach(() => world.stop());

const files = (current: string) => ({ 'current.json': current, 'r1/events.jsonl': `{"n":"${current}"}\n` });

async function messages(): Promise<string[]> {
  return (await world.github.git('log', '--format=%s', BRANCH)).split('\n');
}

describe('the ledger', () => {
  test('that does not exist has no head, and the first write makes it without a parent', async () => {
    const { ledger } = world.connect().hub;
    expect(ledger.branch).toBe(BRANCH);
    expect(await ledger.read()).toEqual({ head: null, current: null });
    const head = await ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    expect(await world.github.git('rev-list', '--parents', BRANCH)).toBe(head);
    expect(await world.connect().hub.ledger.read()).toEqual({ head, current: '1' });
  });

  test('is written on the head that was read, in one commit that starts no workflow', async () => {
    const { ledger } = world.connect().hub;
    const first = await ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    const second = await ledger.write({
      expectedHead: first,
      message: `${'x'.repeat(300)}`,
      files: files('2'),
    });
    expect(await world.github.git('rev-parse', `${BRANCH}^`)).toBe(first);
    const [headline = ''] = await messages();
    expect(headline).toMatch(/ \[skip ci\]$/);
    expect(headline.length).toBeLessThanOrEqual(200);
    expect(await ledger.read()).toEqual({ head: second, current: '2' });
  });

  test('gives the text of a file at any of its commits, and null for what is not there', async () => {
    const { ledger } = world.connect().hub;
    const first = await ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    const second = await ledger.write({ expectedHead: first, message: 'More', files: files('ü2') });
    expect(await ledger.readFile(first, 'r1/events.jsonl')).toBe('{"n":"1"}\n');
    expect(await ledger.readFile(second, 'r1/events.jsonl')).toBe('{"n":"ü2"}\n');
    expect(await ledger.readFile(second, 'r2/events.jsonl')).toBeNull();
    expect(await ledger.readFile(second, 'r1')).toBeNull();
  });

  test('whose head has not moved is read with one request', async () => {
    const { ledger } = world.connect().hub;
    await ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    const before = world.github.requests.length;
    await ledger.read();
    await ledger.read();
    expect(world.github.requests.length - before).toBe(2);
  });

  test('written without its current file is read anew', async () => {
    const writer = world.connect().hub.ledger;
    const first = await writer.write({ expectedHead: null, message: 'Begin', files: files('1') });
    const { ledger } = world.connect().hub;
    const head = await ledger.write({ expectedHead: first, message: 'More', files: { 'README.md': 'x' } });
    expect(await ledger.read()).toEqual({ head, current: '1' });
  });

  test('gets no secret, neither in a message nor in a page', async () => {
    const { ledger } = world.connect().hub;
    const pages = (text: string) => ({ ...files('{}'), 'README.md': text, 'r1/report.md': text });
    const first = await ledger.write({
      expectedHead: null,
      message: `Begin ${SECRET}`,
      files: pages(SECRET),
    });
    await ledger.write({ expectedHead: first, message: `More ${SECRET}`, files: pages(`a ${SECRET}`) });
    expect(await world.github.git('log', '-p', '--format=%B', BRANCH)).not.toContain(SECRET);
    expect(await ledger.readFile((await ledger.read()).head ?? '', 'README.md')).toBe('a ***');
  });
});

describe('of two writers', () => {
  test('the one with the old head gets a conflict and changes nothing', async () => {
    const [one, two] = [world.connect().hub.ledger, world.connect().hub.ledger];
    const first = await one.write({ expectedHead: null, message: 'Begin', files: files('1') });
    const second = await two.write({ expectedHead: first, message: 'Two', files: files('2') });
    const late = one.write({ expectedHead: first, message: 'One', files: files('3') });
    await expect(late).rejects.toMatchObject({ name: 'LedgerError', kind: 'conflict' });
    expect(await one.read()).toEqual({ head: second, current: '2' });
  });

  test('who both make the branch, one gets a conflict', async () => {
    const writes = ['One', 'Two', 'Three'].map((message) =>
      world.connect().hub.ledger.write({ expectedHead: null, message, files: files(message) }),
    );
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'conflict' });
    }
    expect(await messages()).toHaveLength(1);
  });

  test('with the same words on the same head, only one is told that it wrote', async () => {
    const [one, two] = [world.connect(), world.connect()];
    const first = await one.hub.ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    const change = { expectedHead: first, message: 'Lease', files: files('2') };
    world.github.fault({ match: { operation: 'createCommitOnBranch' }, kind: 'drop-before' });
    one.clock.meanwhile = () => two.hub.ledger.write(change);
    await expect(one.hub.ledger.write(change)).rejects.toMatchObject({ kind: 'conflict' });
    expect(await messages()).toHaveLength(2);
  });

  test('each adds once and none is lost, however often the line breaks', async () => {
    const begin = world.connect().hub.ledger;
    await begin.write({ expectedHead: null, message: 'Begin', files: { 'current.json': '0' } });
    for (const [seed, kind] of [
      [1, 'drop-after'],
      [2, 'drop-before'],
      [3, 'status'],
    ] as const) {
      const match = { operation: 'createCommitOnBranch' };
      world.github.fault({ match, kind, when: 'after', probability: 0.2, seed, times: 1000 });
    }
    const add = async (name: string) => {
      const { ledger } = world.connect().hub;
      for (let done = 0; done < 4; ) {
        const { head, current } = await ledger.read();
        const next = { 'current.json': String(Number(current) + 1) };
        const write = ledger.write({ expectedHead: head, message: `${name} ${done}`, files: next });
        done += await write.then(
          () => 1,
          (error) => {
            expect(error).toMatchObject({ kind: 'conflict' });
            return 0;
          },
        );
      }
    };
    await Promise.all(['One', 'Two', 'Three'].map(add));
    expect((await begin.read()).current).toBe('12');
    expect(await messages()).toHaveLength(13);
  });
});

describe('a write whose answer is lost', () => {
  const faults: readonly Omit<FaultOptions, 'match'>[] = [
    { kind: 'drop-before' },
    { kind: 'drop-after' },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 502, when: 'after' },
    { kind: 'status', status: 500, times: 5 },
    { kind: 'garbage' },
    { kind: 'hang' },
    { kind: 'graphql-error', body: { message: 'Something went wrong while executing your query.' } },
  ];

  test.each(faults)('is on the branch exactly once: %j', async (fault) => {
    const { hub } = world.connect('job', { requestTimeoutMs: 300 });
    const first = await hub.ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    world.github.fault({ match: { operation: 'createCommitOnBranch' }, ...fault });
    const head = await hub.ledger.write({ expectedHead: first, message: 'More', files: files('2') });
    expect(await world.github.git('rev-parse', BRANCH)).toBe(head);
    expect(await messages()).toEqual(['More [skip ci]', 'Begin [skip ci]']);
  });

  const rest = faults.filter(({ kind }) => kind !== 'graphql-error');
  const first = [
    ...rest.map((fault) => ({ operation: 'git/create-ref', ...fault })),
    ...['git/create-tree', 'git/create-commit'].flatMap((operation) => [
      { operation, kind: 'drop-after' as const },
      { operation, kind: 'status' as const, times: 3 },
    ]),
  ];
  test.each(first)('makes the branch exactly once: %j', async ({ operation, ...fault }) => {
    const { hub } = world.connect('job', { requestTimeoutMs: 300 });
    world.github.fault({ match: { operation }, ...fault });
    const head = await hub.ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    expect(await world.github.git('rev-parse', BRANCH)).toBe(head);
    expect(await messages()).toEqual(['Begin [skip ci]']);
  });

  test('is found although another run has written on top of it', async () => {
    const [one, two] = [world.connect(), world.connect()];
    const head = await one.hub.ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    world.github.fault({ match: { operation: 'createCommitOnBranch' }, kind: 'drop-after' });
    one.clock.meanwhile = async () => {
      const { head: found } = await two.hub.ledger.read();
      await two.hub.ledger.write({ expectedHead: found, message: 'Other', files: files('3') });
    };
    const written = await one.hub.ledger.write({ expectedHead: head, message: 'Mine', files: files('2') });
    expect(await world.github.git('rev-parse', `${BRANCH}^`)).toBe(written);
    expect(await messages()).toEqual(['Other [skip ci]', 'Mine [skip ci]', 'Begin [skip ci]']);
  });

  test('is given up as unreachable after the time it may take, with each wait in the log', async () => {
    const { hub, log, clock } = world.connect('job', { unreachableAfterMs: 60_000 });
    const first = await hub.ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    world.github.fault({ match: { operation: 'createCommitOnBranch' }, kind: 'status', times: 1000 });
    const write = hub.ledger.write({ expectedHead: first, message: 'More', files: files('2') });
    await expect(write).rejects.toMatchObject({ kind: 'unreachable' });
    expect(clock.slept.reduce((sum, ms) => sum + ms)).toBeLessThanOrEqual(60_000);
    expect(log.lines).toHaveLength(clock.slept.length);
  });

  test('is given up at once when the step is ending', async () => {
    const controller = new AbortController();
    const { hub } = world.connect('job', { signal: controller.signal });
    const first = await hub.ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    world.github.fault({ match: { operation: 'createCommitOnBranch' }, kind: 'hang' });
    setTimeout(() => controller.abort(), 50);
    const write = hub.ledger.write({ expectedHead: first, message: 'More', files: files('2') });
    await expect(write).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(write).rejects.toThrow('this step is ending');
  });
});

describe('a write that GitHub', () => {
  test.each(['createCommitOnBranch', 'git/create-ref'])(
    'slows down at %s waits as long as told, and says so',
    async (operation) => {
      const { hub, clock, log } = world.connect();
      world.github.fault({ match: { operation }, kind: 'rate-limit', retryAfter: 30, times: 2 });
      const first = await hub.ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
      await hub.ledger.write({ expectedHead: first, message: 'More', files: files('2') });
      expect(clock.slept).toEqual([30_000, 30_000]);
      expect(log.lines).toEqual(Array(2).fill('GitHub asks to wait 30 s (rate limit)'));
      expect(await messages()).toHaveLength(2);
    },
  );

  test('does not allow is forbidden, and names the permission once', async () => {
    const { hub, log } = world.connect('reader');
    for (const message of ['One', 'Two']) {
      const write = hub.ledger.write({ expectedHead: null, message, files: files('1') });
      await expect(write).rejects.toMatchObject({ kind: 'forbidden' });
      await expect(write).rejects.toThrow('contents: write');
    }
    expect(hub.permissions.list().map(({ permission }) => permission)).toEqual(['contents: write']);
    expect(log.warnings).toHaveLength(1);
  });

  test('does not allow on an existing branch is forbidden', async () => {
    const head = await world
      .connect()
      .hub.ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    const write = world
      .connect('reader')
      .hub.ledger.write({ expectedHead: head, message: 'x', files: files('2') });
    await expect(write).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test.each(['branch-protection', 'ruleset'] as const)(
    'refuses by a %s names the pattern to exclude',
    async (kind) => {
      const { ledger } = world.connect().hub;
      world.github.protect('**/*', { kind });
      const make = ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
      await expect(make).rejects.toMatchObject({ kind: 'refused' });
      await expect(make).rejects.toThrow('gated-release/**/*');
      world.github.clearRules();
      const head = await ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
      world.github.protect('gated-release/**/*', { kind });
      const write = ledger.write({ expectedHead: head, message: 'More', files: files('2') });
      await expect(write).rejects.toMatchObject({ kind: 'refused' });
      await expect(write).rejects.toThrow('gated-release/**/*');
    },
  );

  test('answers with something that is no id is not believed', async () => {
    const { hub } = world.connect();
    const first = await hub.ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    const body = { data: { createCommitOnBranch: { commit: { oid: 'abc' } } } };
    world.github.fault({ match: { operation: 'createCommitOnBranch' }, kind: 'status', status: 200, body });
    const head = await hub.ledger.write({ expectedHead: first, message: 'More', files: files('2') });
    expect(await world.github.git('rev-parse', BRANCH)).toBe(head);
  });
});

describe('a ledger that was', () => {
  test('rewritten is not believed', async () => {
    const { hub } = world.connect();
    const head = await hub.ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    const tree = await world.github.git('rev-parse', 'main^{tree}');
    const other = await world.github.git('commit-tree', tree, '-m', 'Forged');
    await world.github.git('update-ref', `refs/heads/${BRANCH}`, other);
    await expect(hub.ledger.read()).rejects.toMatchObject({ kind: 'invalid' });
    await expect(hub.ledger.read()).rejects.toThrow(head);
  });

  test('moved back is not believed', async () => {
    const { ledger } = world.connect().hub;
    const first = await ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    await ledger.write({ expectedHead: first, message: 'More', files: files('2') });
    await world.github.git('update-ref', `refs/heads/${BRANCH}`, first);
    await expect(ledger.read()).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('removed is not taken for one that never was', async () => {
    const { ledger } = world.connect().hub;
    const head = await ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    await world.github.git('update-ref', '-d', `refs/heads/${BRANCH}`);
    await expect(ledger.read()).rejects.toMatchObject({ kind: 'invalid' });
    const write = ledger.write({ expectedHead: head, message: 'More', files: files('2') });
    await expect(write).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('read from a replica that is behind is asked for again', async () => {
    const { hub, clock } = world.connect();
    const first = await hub.ledger.write({ expectedHead: null, message: 'Begin', files: files('1') });
    const head = await hub.ledger.write({ expectedHead: first, message: 'More', files: files('2') });
    await world.github.git('update-ref', `refs/heads/${BRANCH}`, first);
    clock.meanwhile = () => world.github.git('update-ref', `refs/heads/${BRANCH}`, head);
    expect(await hub.ledger.read()).toEqual({ head, current: '2' });
  });

  test('written many times by another run is followed', async () => {
    const [one, two] = [world.connect().hub.ledger, world.connect().hub.ledger];
    let head = await one.write({ expectedHead: null, message: 'Begin', files: files('0') });
    for (const n of ['1', '2', '3'])
      head = await two.write({ expectedHead: head, message: n, files: files(n) });
    expect(await one.read()).toEqual({ head, current: '3' });
  });

  test('not readable is unreachable, after reads were tried again', async () => {
    const { ledger } = world.connect().hub;
    world.github.fault({ match: { operation: 'git/get-ref' }, kind: 'status', times: 3 });
    expect((await ledger.read()).head).toBeNull();
    world.github.fault({ match: { operation: 'git/get-ref' }, kind: 'drop-before', times: 100 });
    await expect(ledger.read()).rejects.toMatchObject({ kind: 'unreachable' });
  });
});

test('ten writes in a row are not slowed down below GitHub’s limits', async () => {
  const { ledger } = world.connect().hub;
  const began = performance.now();
  let head: string | null = null;
  for (let n = 0; n < 10; n++) {
    head = await ledger.write({ expectedHead: head, message: `Write ${n}`, files: files(String(n)) });
  }
  expect(performance.now() - began).toBeLessThan(5_000);
});
