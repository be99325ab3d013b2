import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Replacement, SourceContext } from '../../../src/backup/provider.js';
import { exchangeIn, move } from '../../../src/backup/sources/files/exchange.js';
import { parsePattern } from '../../../src/backup/sources/files/patterns.js';
import { createFilesDriver } from '../../../src/backup/sources/files.js';
import { openDirectoryStore } from '../../../src/backup/stores/directory.js';
import { createClock } from '../../../src/host/clock.js';
import { createPrograms } from '../../../src/host/programs.js';
import { createRedactor } from '../../../src/host/redact.js';
import type { FilesSource } from '../../../src/plan/plan.js';
import { createWorld, files, inDirectory, type World } from '../world.js';

const TOKEN = 'x1y2';
const isRoot = process.getuid?.() === 0;

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.remove());

const at = (path: string) => join(world.workspace, path);

/** All that lies below a directory, without what a restore keeps beside it. */
function treeOf(directory: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    if (path.includes('.gated-release-')) continue;
    const full = join(directory, path);
    const stat = lstatSync(full);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isDirectory()) found[path] = `directory ${mode}`;
    else
      found[path] = stat.isSymbolicLink()
        ? `to ${readlinkSync(full)}`
        : `${mode} ${readFileSync(full, 'utf8')}`;
  }
  return found;
}

interface Restoring {
  readonly replacement: Replacement;
  readonly context: SourceContext;
  readonly before: string;
  readonly beside: string;
  swapByHand(how: 'finish' | 'undo'): Promise<void>;
}

/** Takes a backup, lets `spoil` change the live files, and restores beside them. */
async function restoreBeside(globs: readonly string[], spoil: () => unknown): Promise<Restoring> {
  const source: FilesSource = { kind: 'files', name: 'settings', usable: null, files: [...globs] };
  const taken = await world.take([source], { plan: { prove: 'taken' } });
  const id = taken.sources[0]?.id ?? '';
  expect(taken.summary).toContain('backed up');
  await spoil();
  const { replacement } = createFilesDriver(source, { ...world, clock: createClock() });
  if (replacement === null) throw new Error('files can be put in place');
  const { context } = world;
  await replacement.check(context);
  const live = treeOf(world.workspace);
  const store = await openDirectoryStore(world.store, world.workspace);
  const stored = await store.open(id, { source: 'settings', expected: null });
  const within = { ...context, scratch: world.temporary, prove: 'identical' } as const;
  const { original, copy } = await replacement.restoreBeside(stored, { context: within, token: TOKEN });
  expect(copy.digest).toBe(original.digest);
  expect(treeOf(world.workspace)).toEqual(live);
  expect(await replacement.look(context, TOKEN)).toBe('live');
  const places = readdirSync(world.workspace, { recursive: true, encoding: 'utf8' });
  const beside = at(places.find((path) => path.endsWith(`.gated-release-${TOKEN}-settings`)) ?? 'nowhere');
  return {
    ...{ replacement, context, beside, before: join(beside, 'before') },
    async swapByHand(how) {
      const commands = await replacement.commands(context, TOKEN);
      for (const command of commands[how]) execFileSync('bash', ['--norc', '-c', command], { cwd: '/' });
    },
  };
}

describe('restored files take the place of the live ones', () => {
  test('a directory as a whole: what came since is gone, what was live is kept, and nothing else is touched', async () => {
    await world.write({ 'config/a': 'a', 'config/d/run.sh': 'run', 'other/x': 'x' });
    chmodSync(at('config/d/run.sh'), 0o750);
    chmodSync(at('config'), 0o751);
    const good = treeOf(world.workspace);
    const { replacement, context, before } = await restoreBeside(['config/**'], async () => {
      await world.write({ 'config/a': 'spoiled', 'config/later': 'new', 'other/y': 'y' });
      rmSync(at('config/d'), { recursive: true });
    });

    await replacement.swap(context, TOKEN);

    expect(await replacement.look(context, TOKEN)).toBe('restored');
    expect(treeOf(world.workspace)).toEqual({ ...good, 'other/y': '644 y' });
    expect(treeOf(before)).toEqual({
      config: 'directory 751',
      'config/a': '644 spoiled',
      'config/later': '644 new',
    });
    // What a restore left beside is no part of a later backup.
    const later = await world.take([{ kind: 'files', name: 'all', usable: null, files: ['**'] }]);
    expect(later.sources[0]).toMatchObject({ proved: 'identical', items: 4 });
  });

  test('files and links one by one: changed, lost, new, and turned into something else', async () => {
    await world.write({ 'c/a.json': 'a', 'c/b.json': 'b', 'c/dir.json': 'file', 'c/rest': 'rest' });
    symlinkSync('a.json', at('c/link.json'));
    const good = treeOf(world.workspace);
    const spoil = async () => {
      await world.write({ 'c/a.json': 'spoiled', 'c/new.json': 'new', 'c/rest': 'changed' });
      rmSync(at('c/b.json'));
      rmSync(at('c/dir.json'));
      mkdirSync(at('c/dir.json'));
      writeFileSync(at('c/dir.json/x'), 'x');
      rmSync(at('c/link.json'));
      symlinkSync('elsewhere', at('c/link.json'));
    };
    const { replacement, context, before } = await restoreBeside(['c/*.json'], spoil);
    await replacement.swap(context, TOKEN);
    expect(treeOf(world.workspace)).toEqual({ ...good, 'c/rest': '644 changed' });
    expect(Object.keys(treeOf(before))).toEqual([
      ...['c', 'c/a.json', 'c/dir.json', 'c/dir.json/x', 'c/link.json', 'c/new.json'],
    ]);
  });

  test('although a directory in them cannot be read any more, which no backup could take', async () => {
    await world.write({ 'config/d/a': 'good' });
    const { replacement, context, before } = await restoreBeside(['config/**'], () =>
      world.write({ 'config/d/a': 'bad' }),
    );
    const foreign = Buffer.concat([Buffer.from(at('config/d/')), Buffer.from([0xff])]);
    writeFileSync(foreign, 'not UTF-8');
    expect((await world.take([files('config/**')])).summary).toContain('not UTF-8');
    await replacement.check(context);
    await replacement.swap(context, TOKEN);
    expect(treeOf(at('config'))).toMatchObject({ 'd/a': expect.stringContaining('good') });
    expect(readdirSync(join(before, 'config/d'))).toHaveLength(2);
  });

  test('after what earlier attempts left is gone: never what was live, and never what is of another source', async () => {
    const place = (name: string) => `.gated-release-abcdef0_12ab-${name}`;
    const kept = [
      '.gated-release-1234567_12ab-settings/before/config',
      `${place('other')}/before`,
      `${place('x-settings')}/before`,
    ];
    await world.write({ 'config/a': 'a' });
    for (const path of [...kept, `${place('settings')}/before`]) mkdirSync(at(path), { recursive: true });
    const source: FilesSource = { kind: 'files', name: 'settings', usable: null, files: ['config/**'] };
    const { replacement } = createFilesDriver(source, { ...world, clock: createClock() });
    expect(await replacement?.removeLeftovers(world.context)).toEqual([at(place('settings'))]);
    expect(kept.every((path) => world.has(path))).toBe(true);
    await expect(replacement?.check(world.context, Number.MAX_SAFE_INTEGER)).rejects.toThrow(
      'make room there',
    );
    await replacement?.check(world.context, 1);
  });

  test.each(['config/**', 'config/*'])('although a directory of %s is a file by now', async (pattern) => {
    await world.write({ 'config/a': 'a', 'config/sub/b': 'b' });
    const good = treeOf(world.workspace);
    const { replacement, context, before } = await restoreBeside([pattern], () => {
      const gone = pattern.endsWith('**') ? 'config' : 'config/sub';
      rmSync(at(gone), { recursive: true });
      writeFileSync(at(gone), 'no directory');
    });
    await replacement.swap(context, TOKEN);
    expect(await replacement.look(context, TOKEN)).toBe('restored');
    expect(treeOf(world.workspace)).toEqual(good);
    expect(Object.values(treeOf(before))).toContain('644 no directory');
  });

  test('below a directory that is gone by now', async () => {
    await world.write({ 'data/uploads/a': 'a', 'data/keep': 'k' });
    const { replacement, context } = await restoreBeside(['data/uploads/*'], () =>
      rmSync(at('data'), { recursive: true }),
    );
    await replacement.swap(context, TOKEN);
    expect(await replacement.look(context, TOKEN)).toBe('restored');
    expect(treeOf(world.workspace)).toMatchObject({ 'data/uploads/a': '644 a' });
  });

  (isRoot ? test : test.skip)('belong to whom the live ones belong', async () => {
    await world.write({ 'config/a': 'a', 'config/d/b': 'b' });
    chmodSync(at('config/a'), 0o4755);
    for (const path of ['config', 'config/a']) chownSync(at(path), 1234, 2345);
    chmodSync(at('config/a'), 0o4755);
    const { replacement, context } = await restoreBeside(['config/**'], () =>
      rmSync(at('config/d'), { recursive: true }),
    );
    await replacement.swap(context, TOKEN);
    for (const path of ['config', 'config/a', 'config/d', 'config/d/b'])
      expect(lstatSync(at(path))).toMatchObject({ uid: 1234, gid: 2345 });
    expect(lstatSync(at('config/a')).mode & 0o7777).toBe(0o4755);
  });

  test('whatever was there and whatever is restored, and undone it is as it was', () =>
    fc.assert(
      fc.asyncProperty(trees(), trees(), globs(), async (good, bad, patterns) => {
        await world.remove();
        world = await createWorld();
        grow({ ...good, 'a/always': 'x', 'b/d/always': 'x', 'c.json': 'x' });
        const asBacked = treeOf(world.workspace);
        const restoring = await restoreBeside(patterns, async () => {
          for (const name of readdirSync(world.workspace)) rmSync(at(name), { recursive: true });
          grow(bad);
        });
        const spoiled = treeOf(world.workspace);
        const { replacement, context } = restoring;
        await replacement.swap(context, TOKEN);
        expect(await replacement.look(context, TOKEN)).toBe('restored');
        const now = treeOf(world.workspace);
        const parsed = patterns.map(parsePattern);
        const isCovered = (path: string) => parsed.some((pattern) => pattern.matches(path));
        const part = (tree: typeof now, wanted: boolean) =>
          Object.fromEntries(Object.entries(tree).filter(([path]) => isCovered(path) === wanted));
        expect(part(now, true)).toEqual(part(asBacked, true));
        for (const [path, what] of Object.entries(part(spoiled, false)))
          expect(now).toMatchObject({ [path]: what });
        await restoring.swapByHand('undo');
        expect(treeOf(world.workspace)).toEqual(spoiled);
        await restoring.swapByHand('finish');
        expect(treeOf(world.workspace)).toEqual(now);
      }),
      { seed: 20_261_122, numRuns: 8 },
    ));
});

/** Paths with what is in them; where a path is below another that is a file, the first one counts. */
function trees() {
  const path = fc.constantFrom(
    'a/x',
    'a/x/in',
    'a/y',
    'a/s/z',
    'b/d',
    'b/d/p',
    'b/q',
    'c.json',
    'e.json',
    'e.json/in',
    'other',
  );
  return fc.dictionary(path, fc.constantFrom('1', '2', '->1'), { minKeys: 1, maxKeys: 6 });
}

function globs() {
  return fc.uniqueArray(fc.constantFrom('a/**', 'a/*', 'b/d/**', 'b', 'c.json', '*.json'), { minLength: 1 });
}

function grow(tree: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(tree)) {
    try {
      mkdirSync(dirname(at(path)), { recursive: true });
      if (content.startsWith('->')) symlinkSync(content.slice(2), at(path));
      else writeFileSync(at(path), content, { flag: 'wx' });
    } catch {
      // Its place is taken.
    }
  }
}

describe('a swap that is cut off', () => {
  const spoilt = async (): Promise<Restoring> => {
    await world.write({ 'config/a': 'a', 'c.json': 'c', 'lost.json': 'l' });
    return restoreBeside(['config/**', '*.json'], async () => {
      await world.write({ 'config/a': 'spoiled', 'c.json': 'spoiled', 'new.json': 'n' });
      rmSync(at('lost.json'));
    });
  };
  const good = { config: 'directory 755', 'config/a': '644 a', 'c.json': '644 c', 'lost.json': '644 l' };

  test.each<[string, (restoring: Restoring) => unknown, 'live' | 'between' | 'restored']>([
    ['before its first step', () => undefined, 'live'],
    [
      'after one file',
      ({ beside, before }) => {
        linkSync(at('c.json'), join(before, 'c.json'));
        renameSync(join(beside, 'restored/c.json'), at('c.json'));
      },
      'between',
    ],
    [
      'between the exchange of a directory and what puts the old one aside',
      async ({ beside, context }) => {
        const exchange = await exchangeIn(beside, world.programs);
        await exchange?.(join(beside, 'restored/config'), join(context.workspace, 'config'));
      },
      'between',
    ],
    [
      'between the two renames of a directory, where there is no exchange',
      ({ before }) => renameSync(at('config'), join(before, 'config')),
      'between',
    ],
    ['after its last step', ({ replacement, context }) => replacement.swap(context, TOKEN), 'restored'],
  ])('%s is told, finished or undone by the command that is given', async (_when, begin, place) => {
    const restoring = await spoilt();
    const { replacement, context } = restoring;
    const spoiled = treeOf(world.workspace);
    await begin(restoring);
    expect(await replacement.look(context, TOKEN)).toBe(place);
    await restoring.swapByHand('finish');
    expect(treeOf(world.workspace)).toEqual(good);
    expect(await replacement.look(context, TOKEN)).toBe('restored');
    await restoring.swapByHand('undo');
    expect(treeOf(world.workspace)).toEqual(spoiled);
  });

  test('by an error puts back what it had moved', async () => {
    const { replacement, context, before } = await spoilt();
    const spoiled = treeOf(world.workspace);
    // The last of the paths has no room to be put aside.
    mkdirSync(join(before, 'new.json/taken'), { recursive: true });
    await expect(replacement.swap(context, TOKEN)).rejects.toThrow(/new\.json/);
    expect(treeOf(world.workspace)).toEqual(spoiled);
    expect(await replacement.look(context, TOKEN)).toBe('live');
  });

  test('without an exchange, by the second of two renames, puts the old directory back', async () => {
    await world.write({ 'live/a': 'old' });
    const gone = move({ from: at('nowhere/x'), live: at('live'), aside: at('aside/live') }, null);
    await gone;
    expect(existsSync(at('aside/live/a'))).toBe(true);
    await move({ from: at('aside/live'), live: at('live'), aside: at('unused') }, null);
    await world.write({ 'next/a': 'new' });
    await move({ from: at('next'), live: at('live'), aside: at('aside/live') }, null);
    expect(treeOf(at('live'))).toEqual({ a: '644 new' });
    expect(treeOf(at('aside'))).toMatchObject({ 'live/a': '644 old' });
  });

  test('by a machine without a program for it is known before: there is no exchange then', async () => {
    const env = { PATH: world.temporary };
    const redactor = createRedactor({ env, tokens: [], names: [] });
    const bare = createPrograms({ env, workspace: world.workspace, oidc: false, redactor });
    expect(await exchangeIn(world.temporary, bare)).toBeNull();
    expect(readdirSync(world.temporary)).toEqual([]);
  });
});

describe('files that cannot be put in place are refused before anything is stopped', () => {
  const check = (...patterns: string[]) => {
    const source: FilesSource = { kind: 'files', name: 'settings', usable: null, files: patterns };
    const driver = createFilesDriver(source, { ...world, clock: createClock() });
    return driver.replacement?.check(world.context);
  };

  test('since the store of the backups lies among them', async () => {
    await world.write({ 'data/a': 'a' });
    const source: FilesSource = { kind: 'files', name: 'settings', usable: null, files: ['data/**'] };
    const driver = createFilesDriver(source, { ...world, clock: createClock() });
    const context = { ...world.context, excluded: [at('data/store')] };
    expect((await world.take([source], { plan: inDirectory(at('data/store')) })).verdict).toBe('passed');
    await expect(driver.replacement?.check(context)).rejects.toThrow('"data" holds the store of the backups');
  });

  (isRoot ? test : test.skip)('since another file system begins among them', async () => {
    await world.write({ 'data/a': 'a', 'data/volume/keep': 'k' });
    if (spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', at('data/volume')]).status !== 0) return;
    try {
      await world.write({ 'data/volume/x': 'x' });
      await expect(check('data/**')).rejects.toThrow('"data/volume" lies on another file system');
      await check('data/volume/*');
    } finally {
      spawnSync('umount', [at('data/volume')]);
    }
  });

  test('since what was a directory on the way is a link by now', async () => {
    await world.write({ 'c/a.json': 'a' });
    const restored = restoreBeside(['c/*.json'], () => {
      renameSync(at('c'), at('real'));
      symlinkSync('real', at('c'));
    });
    await expect(restored).rejects.toThrow('"c" was a directory when the backup was taken and is none now');
  });
});
