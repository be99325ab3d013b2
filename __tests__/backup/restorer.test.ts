import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { KeptBackup } from '../../src/backup/contract.js';
import type { BackupSource } from '../../src/plan/plan.js';
import { createWorld, files, flipBit, run, type World } from './world.js';

const sqlite = (path: string): BackupSource => {
  return { kind: 'sqlite', name: 'cart', usable: null, path, timeoutMs: 1000 };
};

let world: World;
let kept: readonly KeptBackup[];
const sources: readonly BackupSource[] = [files('config/**'), run()];

beforeEach(async () => {
  world = await createWorld();
  await world.write({ 'config/a': 'good', 'data.txt': 'rows' });
  const taken = await world.take(sources);
  kept = taken.sources.map(({ name: source, kind, id, sha256, bytes: size, digest, takenAt }) => {
    return { source, kind, id: id ?? '', sha256, size, digest, takenAt: takenAt ?? '' };
  });
  await world.write({ 'config/a': 'spoiled' });
});
afterEach(async () => {
  expect(await world.leftInScratch()).toEqual([]);
  await world.remove();
});

const inPlace = () => readFileSync(join(world.workspace, 'config/a'), 'utf8');

test('what can be put in place is known before, and is put there step by step', async () => {
  const able = await world.restorer(sources, kept).check();
  expect(able.map(({ source }) => source)).toEqual(['settings']);
  const restorer = world.restorer(sources, able);
  expect(await restorer.unsavable()).toBeNull();
  await restorer.restoreBeside();
  expect(inPlace()).toBe('spoiled');
  expect(await restorer.look()).toEqual([{ source: 'settings', place: 'live' }]);
  await restorer.swap();
  expect(inPlace()).toBe('good');
  // By another run, which knows nothing but the names.
  expect(await world.restorer(sources, able).look()).toEqual([{ source: 'settings', place: 'restored' }]);
  const { undo } = await restorer.commands();
  expect(undo).toEqual([expect.stringMatching(/^bash .*swap\.sh undo$/)]);
});

test('a backup that is not what it was when it was proved is not put in place', async () => {
  const [settings] = kept;
  if (settings === undefined) throw new Error('files were taken');
  const other = { ...settings, digest: 'f'.repeat(64) };
  await expect(world.restorer(sources, [other]).restoreBeside()).rejects.toMatchObject({
    code: 'not-identical',
    message: expect.stringContaining('when it was proved'),
  });
  for (const object of await world.stored('objects')) await flipBit(object);
  await expect(world.restorer(sources, [settings]).restoreBeside()).rejects.toMatchObject({
    code: 'damaged',
  });
  await expect(world.restorer(sources, [settings]).swap()).rejects.toThrow('nothing that is ready');
  expect(inPlace()).toBe('spoiled');
});

test.each([
  ['a database below a directory', 'config/**', sqlite('config/cart.db')],
  ['a database among files', 'config/*', sqlite('config/cart.db')],
  ['files below a directory', 'config/**', files('config/img/*')],
  ['files below one of several directories', 'conf*/**', files('config/img/*')],
  ['files that both cover', 'config/*', files('**/a')],
])(
  '%s that another source exchanges is refused before anything is stopped',
  async (_what, pattern, inner) => {
    const plan = [files(pattern), { ...inner, name: 'inner' }];
    await expect(world.restorer(plan, kept.slice(0, 1)).check()).rejects.toThrow(
      'the sources `settings` and `inner` overlap at',
    );
  },
);

const database = (kind: 'postgres' | 'mysql', name: string): BackupSource => {
  const [url, parts] = [`\${${name}}`, { scratch: null, usable: null, timeoutMs: 1000 }];
  return kind === 'mysql'
    ? { kind, name, url, ...parts }
    : { kind, name, url, ...parts, schemas: [], tables: [] };
};

test.each([
  [
    'one PostgreSQL',
    'postgres',
    'postgres://one:secret@db.example/shop',
    'postgres://DB.example:5432/shop?sslmode=require',
  ],
  ['one MariaDB', 'mysql', 'mysql://one:secret@127.0.0.1/shop', 'mariadb://other@localhost:3306/shop'],
] as const)(
  'two variables that lead to %s database are refused before anything is taken',
  async (_what, kind, A, B) => {
    const plan = [files('config/**'), database(kind, 'A'), database(kind, 'B')];
    const { reason, summary } = await world.take(plan, { variables: { A, B } });
    expect(reason).toBe('backup-failed');
    expect(summary).toMatch(/the sources `A` and `B` overlap at "\w+:\/\/[\w.]+:\d+\/shop"/);
    expect(await world.stored('snapshots')).toHaveLength(2);
  },
);

test('sources that lie side by side do not overlap', async () => {
  const plan = [files('config/*.json'), { ...files('config/a'), name: 'other' }, sqlite('config/cart.db')];
  const able = await world.restorer(plan, kept.slice(0, 1)).check();
  expect(able.map(({ source }) => source)).toEqual(['settings']);
});

test('a backup of a source that the plan no longer names is refused by its name', async () => {
  await expect(world.restorer([run()], kept).check()).rejects.toThrow('which this plan does not name');
});

test('a present state that plainly cannot be saved is told source by source', async () => {
  const [settings] = kept;
  if (settings === undefined) throw new Error('files were taken');
  rmSync(join(world.workspace, 'config'), { recursive: true });
  expect(await world.restorer(sources, [settings]).unsavable()).toMatch(/^settings: .*matches no file/);
});
