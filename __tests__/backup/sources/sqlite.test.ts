import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findNode } from '../../../sandbox/runner/node-binary.js';
import { difference } from '../../../src/backup/content.js';
import { contentOf } from '../../../src/backup/sources/sqlite/content.js';
import { sqliteEngine } from '../../../src/backup/sources/sqlite/engine.js';
import { createSqliteDriver } from '../../../src/backup/sources/sqlite.js';
import { createClock } from '../../../src/host/clock.js';
import { createPrograms } from '../../../src/host/programs.js';
import { createRedactor } from '../../../src/host/redact.js';
import type { SqliteSource } from '../../../src/plan/plan.js';
import { needs } from '../../components.js';
import { createWorld, type World } from '../world.js';
import { everySourceIsTrusted } from './conformance.js';

const orders = (path = 'shop.db', timeoutMs = 30_000): SqliteSource => ({
  kind: 'sqlite',
  name: 'orders',
  usable: null,
  path,
  timeoutMs,
});

/** Every kind of value, and names that need quoting. */
const RICH = `
  pragma journal_mode = wal;
  create table orders (id integer primary key, item text, price real, raw blob);
  insert into orders values (1, 'tea' || char(10) || 'pot', 0.1, x'00ff'), (2, null, 1e300, zeroblob(3)),
    (3, 'nul' || char(0) || 'inside', -9223372036854775808, 'text in a blob column');
  create table "we|ird ""name" ("a'b" primary key, "|") without rowid;
  insert into "we|ird ""name" values ('é', 1), ('z', 2.5);
  create table empty (x);
  create table made (a integer, b generated always as (a * 2) stored);
  insert into made (a) values (21);
  create virtual table notes using fts5(text);
  insert into notes values ('hello');
  create view cheap as select * from orders where price < 1;
  pragma user_version = 7;
`;

const execute = (file: string, sql: string) =>
  execFileSync(findNode(), [
    '--no-warnings',
    '-e',
    'const [, file, sql] = process.argv; new (require("node:sqlite").DatabaseSync)(file).exec(sql)',
    file,
    sql,
  ]);

describe('as any source', () => {
  everySourceIsTrusted({
    source: () => orders(),
    prepare: async (world) => void execute(join(world.workspace, 'shop.db'), RICH),
    broken: () => orders('gone.db'),
    isStoredOnce: true,
    changing: null,
  });
});

describe('a sqlite source', () => {
  let world: World;
  let file: string;
  const children: ChildProcess[] = [];
  const background = async (code: string) => {
    const child = spawn(findNode(), ['--no-warnings', '-e', code, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await once(child.stdout, 'data');
    return child;
  };
  beforeEach(async () => {
    world = await createWorld();
    file = join(world.workspace, 'shop.db');
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(await world.leftInScratch()).toEqual([]);
    await world.remove();
  });

  test('that is written all the time is of one moment, and its copy is identical', async () => {
    execute(file, 'pragma journal_mode = wal; create table a (x); create table b (x)');
    await background(`
      const db = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
      db.exec('pragma busy_timeout = 5000; pragma synchronous = off');
      const both = () => db.exec('begin; insert into a values (1); insert into b values (1); commit');
      setInterval(() => { for (let i = 0; i < 20; i++) both(); }, 1);
      both(); console.log('ready');
    `);
    const result = await world.take([orders()]);
    expect(result.sources[0]).toMatchObject({ proved: 'identical', problem: null });
    const rows = (name: string) =>
      [...(result.sources[0]?.parts ?? [])].find((part) => part.name === name)?.rows ?? -1;
    expect(rows('a')).toBe(rows('b'));
    const later = await world.take([orders()], { release: '20260203-040506-1234567-z9z9' });
    expect(later.sources[0]?.digest).not.toBe(result.sources[0]?.digest);
  });

  test('whose copy has one bit flipped in a page is caught by its content, though SQLite calls it sound', async () => {
    execute(
      file,
      `create table orders (id integer primary key, item text); insert into orders values (1, 'page of orders')`,
    );
    const driver = createSqliteDriver(orders(), { ...world, clock: createClock() });
    const engine = sqliteEngine(world.programs);
    const bytes = readFileSync(file);
    const stored = {
      stream: async function* () {
        yield bytes;
      },
      tree: async function* () {},
    };
    const content = await contentOf(engine, { file, signal: undefined });
    const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
    await driver.restore(stored, { context, content }, async (copy) => {
      const restored = copy.env.RELEASE_SCRATCH_DATABASE ?? '';
      const damaged = readFileSync(restored);
      const at = damaged.indexOf('page of orders');
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      writeFileSync(restored, damaged);
      const found = await copy.content();
      expect(difference(await copy.original(), found, { showsNames: true })).toContain('"orders"');
    });
  });

  test('is put in the place of the live database by one rename, and what was live is kept', async () => {
    execute(file, "create table t (x); insert into t values ('before')");
    const driver = createSqliteDriver(orders(), { ...world, clock: createClock() });
    const bytes = readFileSync(file);
    const stored = {
      stream: async function* () {
        yield bytes;
      },
      tree: async function* () {},
    };
    execute(file, "pragma journal_mode = wal; update t set x = 'spoiled'");
    const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
    const { replacement } = driver;
    await replacement?.restoreBeside(stored, { context, token: 'x1y2' });
    expect(await replacement?.look(context, 'x1y2')).toBe('live');

    const reader = await background(`
      const db = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
      db.prepare('select * from t').all(); console.log('open'); setInterval(() => {}, 1000);
    `);
    await expect(replacement?.swap(context, 'x1y2')).rejects.toThrow('must make everybody close it');
    expect(await replacement?.look(context, 'x1y2')).toBe('live');
    reader.kill('SIGKILL');
    await once(reader, 'exit');
    children.splice(0);

    await replacement?.swap(context, 'x1y2');
    expect(await replacement?.look(context, 'x1y2')).toBe('restored');
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(readFileSync(`${file}_before_x1y2`).includes('spoiled')).toBe(true);
  });

  test('behind a link is replaced where it lies, with its mode, and the link stays', async () => {
    const real = join(world.temporary, 'volume.db');
    execute(real, "pragma journal_mode = wal; create table t (x); insert into t values ('before')");
    chmodSync(real, 0o640);
    symlinkSync(real, file);
    expect((await world.take([orders()])).sources[0]).toMatchObject({ proved: 'identical' });
    const { replacement } = createSqliteDriver(orders(), { ...world, clock: createClock() });
    const bytes = readFileSync(real);
    const stored = {
      stream: async function* () {
        yield bytes;
      },
      tree: async function* () {},
    };
    const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
    await replacement?.restoreBeside(stored, { context, token: 'x1y2' });
    execute(real, "update t set x = 'spoiled'");
    await replacement?.swap(context, 'x1y2');
    expect(await replacement?.look(context, 'x1y2')).toBe('restored');
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(real).equals(bytes)).toBe(true);
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect((await replacement?.commands(context, 'x1y2'))?.undo).toEqual([`mv ${real}_before_x1y2 ${real}`]);
  });

  test.each<[string, () => void, string | null]>([
    ['is no database any more', () => writeFileSync(file, 'overwritten'), null],
    ['is gone', () => rmSync(file), null],
    ['is broken with its log', () => writeFileSync(`${file}-wal`, 'x'), 'mv .*-wal .*_before_x1y2-wal'],
  ])('that %s is put aside as it is, or with what is said', async (_what, spoil, refused) => {
    execute(file, 'create table t (x)');
    const bytes = readFileSync(file);
    const { replacement } = createSqliteDriver(orders(), { ...world, clock: createClock() });
    const stored = {
      stream: async function* () {
        yield bytes;
      },
      tree: async function* () {},
    };
    if (refused !== null) writeFileSync(file, 'overwritten');
    spoil();
    await replacement?.check(world.context);
    const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
    await replacement?.restoreBeside(stored, { context, token: 'x1y2' });
    const swapping = replacement?.swap(context, 'x1y2');
    if (refused !== null) {
      await expect(swapping).rejects.toThrow(new RegExp(refused));
      return expect(await replacement?.look(context, 'x1y2')).toBe('live');
    }
    await swapping;
    expect(await replacement?.look(context, 'x1y2')).toBe('restored');
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test('that cannot be saved or replaced is refused before anything is stopped, with a command that can be typed', async () => {
    const source = orders('${HOME_OF_DATA}/data/shop.db');
    const { replacement } = createSqliteDriver(source, { ...world, clock: createClock() });
    const expand = (text: string) => text.replace('${HOME_OF_DATA}', world.workspace);
    const context = { ...world.context, expand };
    const check = () => replacement?.check(context);
    const path = '"${HOME_OF_DATA}"/data/shop.db';
    await expect(check()).rejects.toThrow(`mkdir -p "$(dirname ${path})"`);
    mkdirSync(join(world.workspace, 'data/shop.db'), { recursive: true });
    await expect(check()).rejects.toThrow(`mv ${path} ${path}_aside`);
    rmSync(join(world.workspace, 'data/shop.db'), { recursive: true });
    await check();
    await expect(replacement?.checkSavable?.(context)).rejects.toThrow('cannot be read (ENOENT');
    writeFileSync(join(world.workspace, 'data/shop.db-wal'), 'x');
    await expect(replacement?.swap(context, 'x1y2')).rejects.toThrow(
      `mv ${path}-wal ${path}_before_x1y2-wal`,
    );
    expect((await replacement?.commands(context, 'x1y2'))?.undo).toEqual([`mv ${path}_before_x1y2 ${path}`]);
  });

  test('whose restored file was carried away before its rename is not said to be restored', async () => {
    execute(file, 'create table t (x)');
    const { replacement } = createSqliteDriver(orders(), { ...world, clock: createClock() });
    for (const name of [
      'restored_abcdef0_12ab',
      'restored_1234567_12ab',
      'before_1234567_12ab',
      'restored_x',
    ])
      writeFileSync(`${file}_${name}`, '');
    expect(await replacement?.removeLeftovers(world.context)).toEqual([`${file}_restored_abcdef0_12ab`]);
    await expect(replacement?.check(world.context, Number.MAX_SAFE_INTEGER)).rejects.toThrow(
      'make room there',
    );
    await expect(replacement?.swap(world.context, 'x1y2')).rejects.toThrow('ENOENT');
    expect(await replacement?.look(world.context, 'x1y2')).toBe('live');
    rmSync(file);
    expect(await replacement?.look(world.context, 'x1y2')).toBe('between');
  });

  test.each([
    ['is not there', () => undefined, 'cannot be read'],
    ['is empty, as on a disk that failed to mount', () => writeFileSync(file, ''), 'is empty'],
    [
      'is no database',
      () => writeFileSync(file, 'a text of more than sixteen bytes'),
      'is no SQLite database',
    ],
    [
      'has a damaged structure',
      () => {
        execute(file, 'create table t (x); insert into t values (zeroblob(20000))');
        const bytes = readFileSync(file);
        bytes.fill(0xff, 4096, 8192);
        writeFileSync(file, bytes);
      },
      'malformed',
    ],
  ])('that %s is refused', async (_what, make, problem) => {
    make();
    const result = await world.take([orders()]);
    expect(result.sources[0]?.problem).toContain(problem);
    expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
    expect(await world.stored('objects')).toEqual([]);
  });

  test('that somebody holds against reading fails at its timeout, and nothing is left running', async () => {
    execute(file, 'create table t (x)');
    await background(`
      const db = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
      db.exec('begin exclusive'); console.log('held'); setInterval(() => {}, 1000);
    `);
    const result = await world.take([orders('shop.db', 1_000)]);
    expect(result.sources[0]?.problem).toContain('was not done within its timeout of 1 s');
  });

  test('without any SQLite is refused with the line that installs one', async () => {
    const env = { PATH: world.temporary };
    const redactor = createRedactor({ env, tokens: [], names: [] });
    const bare = createPrograms({ env, workspace: world.workspace, oidc: false, redactor });
    const asked = contentOf(sqliteEngine(bare, false), { file, signal: undefined });
    await expect(asked).rejects.toMatchObject({
      code: 'tool-missing',
      message: expect.stringContaining('sudo apt-get install --yes sqlite3'),
    });
  });

  needs('sqlite3')('read by the sqlite3 of the PATH', () => {
    test('has the same content as read by that of Node', async () => {
      execute(file, RICH);
      const [own, other] = await Promise.all(
        [true, false].map((isOfNode) =>
          contentOf(sqliteEngine(world.programs, isOfNode), { file, signal: undefined }),
        ),
      );
      const numbers = (content: typeof own) =>
        [...(content?.parts ?? [])].filter(({ name }) => name !== 'orders');
      expect(numbers(other)).toEqual(numbers(own));
      expect([...(other?.parts ?? [])].find(({ name }) => name === 'orders')?.rows).toBe(3);
    });
  });
});
