import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BackupStore } from '../../../src/backup/provider.js';
import { openDirectoryStore } from '../../../src/backup/stores/directory.js';
import { createWorld, files, flipBit, inDirectory, run, type World } from '../world.js';
import { everyStoreIsTrusted, get, put } from './conformance.js';

describe('as any store', () => {
  everyStoreIsTrusted({
    async open() {
      const root = await mkdtemp(join(tmpdir(), 'store-test-'));
      const store = await openDirectoryStore(join(root, 'store'), '/nowhere');
      return {
        store,
        contents: async () => (await readdir(root, { recursive: true })).sort(),
        remove: () => rm(root, { recursive: true, force: true }),
      };
    },
  });
});

describe('a directory store', () => {
  let root: string;
  let store: BackupStore;
  beforeEach(async () => {
    root = join(await mkdtemp(join(tmpdir(), 'store-test-')), 'store');
    store = await openDirectoryStore(root, '/nowhere');
  });
  afterEach(() => rm(join(root, '..'), { recursive: true, force: true }));

  const objectPath = (sha256: string) => join(root, 'objects', sha256.slice(0, 2), sha256.slice(2));

  test('is private: files 0600, directories 0700', async () => {
    await put(store, Buffer.from('data'));
    const found = await readdir(root, { recursive: true, withFileTypes: true });
    for (const entry of found) {
      const { mode } = await stat(join(entry.parentPath ?? entry.path, entry.name));
      expect({ name: entry.name, mode: mode & 0o777 }).toEqual({
        name: entry.name,
        mode: entry.isDirectory() ? 0o700 : 0o600,
      });
    }
    expect((await stat(root)).mode & 0o777).toBe(0o700);
  });

  test('detects a truncation of an object at any byte', async () => {
    const content = Buffer.from('a small object of some forty-odd bytes....');
    const { id, object } = await put(store, content);
    for (let length = 0; length < content.length; length += 1) {
      await writeFile(objectPath(object.sha256), content.subarray(0, length));
      await expect(get(store, id)).rejects.toThrow(`has ${length} bytes instead of ${content.length}`);
    }
  });

  test('detects a flipped bit at any place of an object or of a snapshot', async () => {
    const { id, object } = await put(store, Buffer.from('{"format": 1, "ünïcode": "\ufffd"}'));
    const targets = [objectPath(object.sha256), join(root, 'snapshots', `${id}.json`)];
    const property = fc.asyncProperty(
      fc.constantFrom(...targets),
      fc.nat(),
      fc.nat(7),
      async (path, place, bit) => {
        const sound = readFileSync(path);
        const bad = Buffer.from(sound);
        const at = place % bad.length;
        bad[at] = (bad[at] ?? 0) ^ (1 << bit);
        await writeFile(path, bad);
        const error = await get(store, id).then(
          () => null,
          (problem: Error) => problem,
        );
        await writeFile(path, sound);
        expect(error?.message).toContain(path);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  test('detects a truncation of a snapshot at any byte', async () => {
    const { id } = await put(store, Buffer.from('data'));
    const path = join(root, 'snapshots', `${id}.json`);
    const sound = await readFile(path);
    for (let length = 0; length < sound.length; length += 1) {
      await writeFile(path, sound.subarray(0, length));
      await expect(get(store, id)).rejects.toThrow('is not as it was written');
    }
  });

  test('detects bytes appended to an object or a snapshot', async () => {
    const { id, object } = await put(store, Buffer.from('data'));
    await writeFile(objectPath(object.sha256), 'more', { flag: 'a' });
    await expect(get(store, id)).rejects.toThrow('more than 4 bytes');
    await writeFile(join(root, 'snapshots', `${id}.json`), '\n', { flag: 'a' });
    await expect(get(store, id)).rejects.toThrow('is not as it was written');
  });

  test('uses a sound object again, and replaces a damaged one', async () => {
    const { id, object } = await put(store, Buffer.from('data'));
    const path = objectPath(object.sha256);
    const { ino } = await stat(path);
    await put(store, Buffer.from('data'), { release: 'r2' });
    expect((await stat(path)).ino).toBe(ino);

    await flipBit(path);
    await put(store, Buffer.from('data'), { release: 'r3' });
    expect((await get(store, id)).toString()).toBe('data');
  });

  test('removes what a lost runner left in staging once it is a week old, and not before', async () => {
    const [old, recent] = [join(root, 'staging/old'), join(root, 'staging/recent')];
    await Promise.all([mkdir(old), mkdir(recent)]);
    const longAgo = Date.now() / 1000 - 8 * 24 * 3600;
    await utimes(old, longAgo, longAgo);
    await openDirectoryStore(root, '/nowhere');
    expect([existsSync(old), existsSync(recent)]).toEqual([false, true]);
  });

  test('cannot be led out of its directory by the name of a source', async () => {
    const { id } = await put(store, Buffer.from('data'), { source: '../../../evil name' });
    expect(id).toBe('r1-.._.._.._evil_name');
    expect((await get(store, id)).toString()).toBe('data');
  });
});

describe('a store that cannot be used', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
    await world.write({ 'd/a': 'a', 'data.txt': 'rows' });
  });
  afterEach(async () => {
    expect(await world.leftInScratch()).toEqual([]);
    await world.remove();
  });

  const unusable = async (directory: string, ...parts: readonly string[]) => {
    const result = await world.take([files('d/**'), run()], { plan: inDirectory(directory) });
    expect(result).toMatchObject({ verdict: 'errored', reason: 'backup-store-unusable' });
    for (const part of parts) expect(result.summary).toContain(part);
  };

  test('because a file has its name', () =>
    unusable('data.txt', `${world.workspace}/data.txt`, 'name another one'));
  test('because a file is on the way to it', () => unusable('data.txt/store', 'not a directory'));
  test('because nothing can be made there', () => unusable('/proc/store', '/proc/store'));
  test('because it is the workspace', async () => {
    await unusable('.', 'holds the workspace itself');
    expect(existsSync(join(world.workspace, 'objects'))).toBe(false);
  });
  test('because a link leads to where the workspace is', async () => {
    await symlink('..', join(world.workspace, 'up'));
    await unusable('up', 'holds the workspace itself');
  });
  test('because a variable of its path is not set', () => unusable('${NOWHERE}/store', 'NOWHERE', 'not set'));

  test('because the disk is full', async () => {
    // The kernel's own full disk: every write into it fails with ENOSPC.
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', world.temporary]);
    if (mounted.status !== 0) return;
    try {
      const result = await world.take([run({ produce: 'head -c 5000000 /dev/zero; sleep 30' })], {
        plan: inDirectory(join(world.temporary, 'store')),
      });
      expect(result).toMatchObject({ verdict: 'errored', reason: 'backup-store-unusable' });
      expect(result.summary).toContain('the disk is full');
    } finally {
      execFileSync('umount', [world.temporary]);
    }
  });
});

describe('where the store is', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
    await world.write({ 'd/a': 'a' });
  });
  afterEach(() => world.remove());

  test('it is not part of what is backed up, even inside of the patterns', async () => {
    const backups = join(world.workspace, 'd/backups');
    await world.take([files('d/**')], { plan: inDirectory('d/backups') });
    const second = await world.take([files('d/**')], { plan: inDirectory('d/backups') });
    expect(second.sources[0]).toMatchObject({ proved: 'identical', items: 1 });
    const [snapshot = ''] = await readdir(join(backups, 'snapshots'));
    expect(await readFile(join(backups, 'snapshots', snapshot), 'utf8')).not.toMatch(/^"d .* d\/backups/m);
  });

  test('a variable of the step may say it', async () => {
    expect((await world.take([files('d/**')], { plan: inDirectory('${BACKUPS}') })).verdict).toBe('passed');
    expect(await world.stored('snapshots')).toHaveLength(1);
  });
});

describe('restoring by hand', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
    await world.write({ 'd/a': 'aaaa', 'd/b': 'bbbb' });
  });
  afterEach(() => world.remove());

  const byHand = async () => {
    const { sources } = await world.take([files('d/**')]);
    return () =>
      spawnSync('bash', ['-c', sources[0]?.restore ?? ''], { cwd: world.temporary, encoding: 'utf8' });
  };

  test('refuses a directory that is not empty', async () => {
    const restore = await byHand();
    expect(restore().status).toBe(0);
    expect(restore()).toMatchObject({ status: 1, stderr: expect.stringContaining('is not empty') });
  });

  test('names a damaged object and restores nothing', async () => {
    const restore = await byHand();
    const [object = ''] = await world.stored('objects');
    await flipBit(object);
    const { status, stderr } = restore();
    expect(status).toBe(1);
    expect(stderr).toContain(object.split('/').slice(-2).join('/'));
    expect(existsSync(join(world.temporary, 'restored-settings'))).toBe(false);
  });

  test('refuses a damaged snapshot', async () => {
    const restore = await byHand();
    const [snapshot = ''] = await world.stored('snapshots');
    await truncate(snapshot, 400);
    expect(restore()).toMatchObject({ status: 1, stderr: expect.stringContaining('is damaged') });
  });

  test('names a snapshot that is not there', async () => {
    await world.take([files('d/**')]);
    const { status, stderr } = spawnSync('bash', [join(world.store, 'restore.sh'), 'none'], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('there is no snapshot none'),
    });
  });
});
