import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { chmod, lstat, lutimes, mkdir, readdir, readFile, readlink, symlink, utimes } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { TreeItem } from '../../../src/backup/provider.js';
import { itemOf } from '../../../src/backup/sources/files/read.js';
import { restoreTree } from '../../../src/backup/sources/files/restore.js';
import { survey } from '../../../src/backup/sources/files/selection.js';
import { createFilesDriver } from '../../../src/backup/sources/files.js';
import { openDirectoryStore } from '../../../src/backup/stores/directory.js';
import { createClock } from '../../../src/host/clock.js';
import { label, snapshotOf } from '../stores/conformance.js';
import { createWorld, files, memoryInUse, seen, type World } from '../world.js';
import { everySourceIsTrusted } from './conformance.js';

const MIB = 1024 * 1024;

describe('as any source', () => {
  everySourceIsTrusted({
    source: () => files('config/**'),
    prepare: (world) => world.write({ 'config/a': 'a', 'config/b/c': 'c', 'config/same': 'a' }),
    broken: () => files('config/**', 'gone/**'),
    isStoredOnce: true,
    changing: (world) => {
      writeFileSync(join(world.workspace, 'config/log'), Buffer.alloc(20_000_000));
      const timer = setInterval(() => appendFileSync(join(world.workspace, 'config/log'), 'x'), 1);
      return { source: files('config/**'), stop: () => clearInterval(timer) };
    },
  });
});

describe('the copy', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(async () => {
    expect(await world.leftInScratch()).toEqual([]);
    expect(await world.stored('staging').catch(() => [])).toEqual([]);
    await world.remove();
  });

  /** Restores by hand, as a person would, so that what is compared did not go through our own restore. */
  async function restoreByHand(...globs: string[]): Promise<string> {
    const result = await world.take([files(...globs)]);
    expect(result.summary).toContain('found identical');
    const command = result.sources[0]?.restore ?? '';
    execFileSync('bash', ['--norc', '-c', command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: world.temporary,
      env: { PATH: process.env.PATH },
    });
    return join(world.temporary, 'restored-settings');
  }

  test('keeps modes and times of files and directories, links as links, and empty files and directories', async () => {
    await world.write({ 'd/run.sh': '#!/bin/sh\n', 'd/empty': '', 'd/ro/x': 'x' });
    const at = (path: string) => join(world.workspace, path);
    await mkdir(at('d/hollow'));
    await symlink('../outside', at('d/link'));
    await chmod(at('d/run.sh'), 0o755);
    await chmod(at('d/empty'), 0o600);
    await utimes(at('d/run.sh'), 1_500_000_000.125, 1_500_000_000.125);
    await utimes(at('d/hollow'), new Date(-86_400_500), new Date(-86_400_500));
    await chmod(at('d/ro'), 0o555);

    const copy = await restoreByHand('d');

    const names = ['d', 'd/run.sh', 'd/empty', 'd/hollow', 'd/ro', 'd/ro/x', 'd/link'];
    for (const name of names) {
      const [original, restored] = await Promise.all([lstat(at(name)), lstat(join(copy, name))]);
      expect({ name, mode: restored.mode }).toEqual({ name, mode: original.mode });
      expect(Math.abs(restored.mtimeMs - original.mtimeMs)).toBeLessThan(1);
    }
    expect(await readlink(join(copy, 'd/link'))).toBe('../outside');
    expect((await readdir(copy, { recursive: true })).sort()).toEqual(names.sort());
    await chmod(at('d/ro'), 0o755);
    await chmod(join(copy, 'd/ro'), 0o755);
  });

  test('has the times of the original in our own restore, to the millisecond', async () => {
    await world.write({ 'd/a': 'a', 'd/e/b': 'b' });
    await symlink('a', join(world.workspace, 'd/link'));
    const time = (path: string) => new Date(path.length * 1_234_567 - 5_000_000);
    const names = ['d/a', 'd/e/b', 'd/link', 'd/e', 'd'];
    for (const name of names) await lutimes(join(world.workspace, name), time(name), time(name));
    const id = (await world.take([files('d')])).sources[0]?.id ?? '';
    const stored = await (await openDirectoryStore(world.store, world.workspace)).open(id, {
      source: 'settings',
      expected: null,
    });
    const scratch = join(world.temporary, 'scratch');
    await mkdir(scratch);

    await restoreTree(stored, { context: { scratch }, onEntry: () => undefined });

    for (const name of names) {
      const restored = (await lstat(join(scratch, name))).mtimeMs;
      expect(Math.abs(restored - time(name).getTime())).toBeLessThan(1);
    }
  });

  test('keeps names with line feeds, blanks, quotes, unicode, percent signs and leading dashes', async () => {
    const names = [
      '-rf',
      'a\nb\n',
      ' two  blanks ',
      '"quoted"',
      "it's",
      'back\\slash',
      '50%41',
      'grün ☃',
      '*',
      '\t',
      '\u2028',
    ];
    await world.write(Object.fromEntries(names.map((name) => [`d/${name}`, name])));
    await symlink('to\nnowhere %0A', join(world.workspace, 'd/link'));

    const copy = await restoreByHand('d/**');

    expect((await readdir(join(copy, 'd'))).sort()).toEqual([...names, 'link'].sort());
    for (const name of names) expect(await readFile(join(copy, 'd', name), 'utf8')).toBe(name);
    expect(await readlink(join(copy, 'd/link'))).toBe('to\nnowhere %0A');
  });

  test('holds hidden files, and only what the patterns cover', async () => {
    await world.write({
      'c/.hidden': '1',
      'c/.d/x': '2',
      'c/y.json': '3',
      'c/n.txt': '4',
      'other/z.json': '5',
    });
    const copy = await restoreByHand('c/.*', 'c/*.json');
    expect((await readdir(copy, { recursive: true })).sort()).toEqual([
      'c',
      'c/.d',
      'c/.d/x',
      'c/.hidden',
      'c/y.json',
    ]);
  });

  test('does not hold what a link leads to', async () => {
    await world.write({ 'real/secret.txt': 'x', 'd/a': 'a' });
    await symlink('../real', join(world.workspace, 'd/link'));
    const copy = await restoreByHand('d/**');
    expect((await readdir(copy, { recursive: true })).sort()).toEqual(['d', 'd/a', 'd/link']);
  });

  test('of very many small files is proved, and each of them counted', async () => {
    mkdirSync(join(world.workspace, 'many'));
    for (let n = 0; n < 1_000; n += 1)
      writeFileSync(join(world.workspace, 'many', `file-${n}`), `content ${n}`);
    const result = await world.take([files('many/**')]);
    expect(result.sources[0]).toMatchObject({ proved: 'identical', items: 1_000 });
  });

  test('of a large file is taken and restored in small pieces', async () => {
    writeFileSync(join(world.workspace, 'big'), '');
    truncateSync(join(world.workspace, 'big'), 32 * MIB);
    const memory = memoryInUse();
    const source = { kind: 'files', name: 'settings', usable: null, files: ['big'] } as const;
    const driver = createFilesDriver(source, { ...world, clock: createClock() });
    const store = await openDirectoryStore(world.store, world.workspace);
    const writer = await store.begin(label, memory.seeBytes);
    const { entries, content } = await driver.take(writer, world.context);
    const id = await writer.commit(snapshotOf({ sha256: '', size: 0 }, { entries }));

    const stored = await store.open(id, { source: label.source, expected: null });
    const tree = async function* () {
      for await (const item of stored.tree())
        yield item.type === 'file' ? { ...item, read: () => seen(item.read(), memory.seeBytes) } : item;
    };
    await mkdir(join(world.temporary, 'scratch'));
    const context = {
      ...world.context,
      scratch: join(world.temporary, 'scratch'),
      prove: 'identical',
    } as const;
    const copy = await driver.restore({ ...stored, tree }, { context, content }, (lent) => lent.content());
    expect(copy).toMatchObject({ digest: content?.digest });
    expect(memory.most()).toBeLessThan(12 * MIB);
  });

  test('digest can be checked with coreutils', async () => {
    await world.write({ 'd/a b': 'one', 'd/c': 'two' });
    const result = await world.take([files('d')]);
    const manifest = await readFile((await world.stored('snapshots'))[0] ?? '', 'utf8');
    const lines = [...manifest.matchAll(/^"([dfl] .*?)",?$/gm)].map(([, line = '']) => line);
    const canonical = lines.map((line) => `${line.split(' ').slice(0, 5).join(' ')}\n`).join('');
    expect(result.sources[0]?.digest).toBe(createHash('sha256').update(canonical).digest('hex'));
  });
});

describe('what is refused, by name', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(async () => {
    expect(await world.leftInScratch()).toEqual([]);
    expect(await world.stored('snapshots')).toEqual([]);
    await world.remove();
  });

  const refused = async (globs: readonly string[], ...parts: readonly string[]) => {
    const result = await world.take([files(...globs)]);
    expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
    for (const part of parts) expect(result.sources[0]?.problem).toContain(part);
  };

  test('a pattern that matches nothing, and every one of them', async () => {
    await world.write({ 'd/a': 'a' });
    await refused(
      ['d/**', 'missing/**', '*.nope'],
      '"missing/**" matches no file',
      '"*.nope" matches no file',
    );
  });

  test('a pattern that matches only empty directories, as a disk that is not mounted', async () => {
    await mkdir(join(world.workspace, 'mount'));
    await refused(['mount/**'], '"mount/**" matches no file');
  });

  test('a pattern whose way leads through a link', async () => {
    await world.write({ 'real/a': 'a' });
    await symlink('real', join(world.workspace, 'link'));
    await refused(['link/*'], '"link/*" matches no file', '"link" is a symbolic link, which is not followed');
  });

  test.each(['/etc/passwd', '../x', 'a/../../x', ''])(
    'the pattern %j, which leaves the workspace',
    async (glob) => {
      await refused([glob], 'must be relative to the workspace');
    },
  );

  test('a named pipe and a socket', async () => {
    await world.write({ 'd/a': 'a' });
    execFileSync('mkfifo', [join(world.workspace, 'd/pipe')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(world.workspace, 'd/sock'), resolve));
    await refused(['d/**'], 'd/pipe (named pipe)', 'd/sock (socket)');
    await new Promise((resolve) => server.close(resolve));
  });

  test.each([
    '.env',
    '.env.production',
    'prod.env',
    'tls.pem',
    'SERVER.KEY',
    'store.p12',
    'id_rsa',
    'id_ed25519',
    '.npmrc',
    '.ssh/config',
    '.git/config',
  ])('%s swept in by a wildcard', async (name) => {
    await world.write({ 'd/a': 'a', [`d/${name}`]: 'x' });
    await refused(['d/**'], `"d/${name}" looks like a secret`, 'list it by its full path');
  });

  test('a name that is not UTF-8', async () => {
    await world.write({ 'd/a': 'a' });
    writeFileSync(Buffer.concat([Buffer.from(`${world.workspace}/d/`), Buffer.from([0xff, 0x41])]), 'x');
    await refused(['d/**'], 'is not UTF-8');
  });

  test.each<[string, (path: string) => void]>([
    ['is gone', (path) => rmSync(path)],
    [
      'is a directory',
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
    [
      'is a named pipe',
      (path) => {
        rmSync(path);
        execFileSync('mkfifo', [path]);
      },
    ],
    [
      'is a link',
      (path) => {
        renameSync(path, `${path}-real`);
        symlinkSync(`${path}-real`, path);
      },
    ],
    ['has other content', (path) => writeFileSync(path, 'y')],
    [
      'is another file',
      (path) => {
        rmSync(path);
        writeFileSync(path, 'z');
      },
    ],
  ])('a file that %s when it comes to be read', async (_how, change) => {
    await world.write({ 'd/z': 'z' });
    const { context } = world;
    await openDirectoryStore(world.store, world.workspace);
    const items: TreeItem[] = [];
    for await (const found of survey(['d/**'], context)) items.push(itemOf(found, context));
    const item = items.find(({ path }) => path === 'd/z');
    change(join(world.workspace, 'd/z'));
    const reading = async () => {
      if (item?.type === 'file') for await (const _chunk of item.read());
    };
    await expect(reading()).rejects.toThrow(/"d\/z" (changed|vanished|could not be read)/);
  });
});

describe('a change after a file was read, but before the last one was', () => {
  test.each<[string, (workspace: string) => void, string]>([
    ['of the content of that file', (workspace) => writeFileSync(join(workspace, 'd/a'), 'A'), '"d/a"'],
    ['by a new file', (workspace) => writeFileSync(join(workspace, 'd/new'), 'x'), '"d/new"'],
    ['by the loss of a file', (workspace) => rmSync(join(workspace, 'd/a')), 'before "d/b"'],
    ['by the loss of the last file', (workspace) => rmSync(join(workspace, 'd/b')), 'after "d/a"'],
    ['of a mode', (workspace) => chmodSync(join(workspace, 'd'), 0o700), '"d"'],
  ])('%s is noticed', async (_how, change, path) => {
    const world = await createWorld();
    await world.write({ 'd/a': 'a', 'd/b': 'b' });
    const store = await openDirectoryStore(world.store, world.workspace);
    const writer = await store.begin(label, () => undefined);
    const tree: typeof writer.tree = async (items) => {
      const entries = await writer.tree(items);
      change(world.workspace);
      return entries;
    };
    const ports = { ...world, clock: createClock() };
    const source = { kind: 'files', name: 'settings', usable: null, files: ['d/**'] } as const;
    const driver = createFilesDriver(source, ports);
    await expect(driver.take({ ...writer, tree }, world.context)).rejects.toThrow(`${path} changed`);
    await world.remove();
  });
});

describe('what is allowed', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.remove());

  test('a secret that is listed by its full path', async () => {
    await world.write({ 'd/a': 'a', 'd/.env': 'x' });
    expect((await world.take([files('d/**', 'd/.env')])).verdict).toBe('passed');
  });

  test('an example of an environment file', async () => {
    await world.write({ 'd/.env.example': 'x' });
    expect((await world.take([files('d/**')])).verdict).toBe('passed');
  });

  test('files of other directories that come and go meanwhile', async () => {
    await world.write({ 'd/a': Buffer.alloc(20_000_000) });
    let n = 0;
    const timer = setInterval(() => {
      n += 1;
      writeFileSync(join(world.workspace, `other-${n}`), 'x');
    }, 1);
    const result = await world.take([files('d/**')]);
    clearInterval(timer);
    expect(result.verdict).toBe('passed');
  });
});
