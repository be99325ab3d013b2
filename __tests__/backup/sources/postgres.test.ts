import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { difference } from '../../../src/backup/content.js';
import type { RestoredCopy } from '../../../src/backup/provider.js';
import { clientsFor, installedPrograms, serverFor } from '../../../src/backup/sources/postgres/clients.js';
import { createPostgresDriver } from '../../../src/backup/sources/postgres.js';
import { openDirectoryStore } from '../../../src/backup/stores/directory.js';
import { createClock } from '../../../src/host/clock.js';
import type { PostgresSource } from '../../../src/plan/plan.js';
import { needs } from '../../components.js';
import {
  argumentsOf,
  halfWay,
  killScratchServer,
  PASSWORD,
  POSTGRES,
  psql,
  startPostgres,
  type TestServer,
} from '../servers.js';
import { createWorld, flipBit, type World } from '../world.js';
import { everySourceIsTrusted } from './conformance.js';

/** Every kind of value and of object that is dumped in a way of its own. */
const RICH = `
  create role app nologin;
  alter schema public owner to app;
  comment on schema public is 'of the shop';
  create type mood as enum ('good', 'bad');
  create table orders (id serial primary key, item text, price float8, raw bytea, about jsonb, mood mood);
  insert into orders (item, price, raw, about, mood)
    select E'item\\t\\\\.\\n' || i, i / 7.0, decode(md5(i::text), 'hex'), json_build_object('n', i), 'good'
    from generate_series(1, 500) i;
  update orders set item = null where id % 5 = 0;
  delete from orders where id % 7 = 0;
  create table "we ird.""name" (a int);
  insert into "we ird.""name" values (1), (1), (2);
  create table empty (a int);
  create table parts (a int) partition by range (a);
  create table parts_one partition of parts for values from (0) to (10);
  insert into parts values (1), (2);
  alter table orders enable row level security;
  create policy only_app on orders to app using (true);
  grant select on orders to app;
  create schema billing authorization app;
  create view billing.cheap as select * from orders where price < 1;
  create materialized view counted as select count(*) from orders;
  select lo_from_bytea(0, '\\x010203');
  create function tricky() returns text language sql as $$ select '
-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: -
' $$;
`;

needs('postgresql')('a postgres source', () => {
  let live: TestServer;
  let spare: TestServer;
  let world: World;
  beforeAll(async () => {
    [live, spare] = (await startPostgres(2)) as [TestServer, TestServer];
    await Promise.all(['create database rich', 'create database shop'].map((sql) => live.sql(sql)));
    await live.sql(RICH, 'rich');
    await live.sql(
      "create table orders (id int primary key, item text); insert into orders select i, 'item ' || i from generate_series(1, 2000) i; create table lines (order_id int)",
      'shop',
    );
  });
  afterAll(() => Promise.all([live.stop(), spare.stop()]));
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(async () => {
    expect(await world.leftInScratch()).toEqual([]);
    expect(await spare.sql("select datname from pg_database where datname like 'gated%'")).toBe('');
    await world.remove();
  });

  /** Without `scratch`, a cluster is made for each copy; with it, the tests are quicker. */
  const source = (parts: Partial<PostgresSource> = {}): PostgresSource => ({
    kind: 'postgres',
    name: 'orders',
    usable: null,
    url: live.url('shop'),
    scratch: spare.url('postgres'),
    schemas: [],
    tables: [],
    timeoutMs: 60_000,
    ...parts,
  });

  describe('as any source', () => {
    everySourceIsTrusted({
      source: () => source({ url: live.url('rich') }),
      prepare: async () => undefined,
      broken: () => source({ url: live.url('gone') }),
      isStoredOnce: false,
      changing: null,
    });
  });

  test('that is written all the time is of one moment, and its copy is identical', async () => {
    const until = new AbortController();
    const writing = write(live, until.signal);
    try {
      const { sources } = await world.take([source()]);
      expect(sources[0]).toMatchObject({ proved: 'identical', problem: null });
      const rows = (name: string) =>
        [...(sources[0]?.parts ?? [])].find((part) => part.name === name)?.rows ?? -1;
      expect(rows('public.orders')).toBe(2000 + rows('public.lines'));
      expect(Number(await live.sql('select count(*) from orders', 'shop'))).toBeGreaterThan(
        rows('public.orders'),
      );
    } finally {
      until.abort();
      await writing;
    }
  });

  test('whose copy differs in one cell is caught, and the table is named; no password is in any argument list', async () => {
    const seen = argumentsOf(PASSWORD, encodeURIComponent(PASSWORD));
    await withCopy(source(), world, async (copy) => {
      await psql(copy.env.RELEASE_SCRATCH_URL ?? '', "update orders set item = 'item 7777' where id = 777");
      const [original, found] = [await copy.original(), await copy.content()];
      expect(difference(original, found, { showsNames: true })).toContain('"public.orders"');
      expect(difference(original, found, { showsNames: false })).not.toContain('orders');
    });
    expect(await seen.stop()).toEqual([]);
  });

  test('whose archive has one bit flipped where it lies is not restored, though pg_restore would', async () => {
    const taken = await world.take([source()], { plan: { prove: 'taken' } });
    const [object = ''] = await world.stored('objects');
    await flipBit(object, Math.floor((taken.sources[0]?.bytes ?? 0) / 2));
    const store = await openDirectoryStore(world.store, world.workspace);
    const stored = await store.open(taken.sources[0]?.id ?? '', { source: 'orders', expected: null });
    const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
    const restored = driver(source(), world).restore(stored, { context, content: null }, async () => 'lent');
    await expect(restored).rejects.toMatchObject({ code: 'damaged' });
  });

  test('whose pg_dump loses its connection half-way leaves nothing in the store', async () => {
    const held = live.sql(
      'begin; lock table orders in access exclusive mode; select pg_sleep(60); rollback',
      'shop',
    );
    const dumps = "from pg_stat_activity where application_name = 'pg_dump' and wait_event_type = 'Lock'";
    const taking = world.take([source()]);
    while ((await live.sql(`select count(*) ${dumps}`)) === '0');
    await live.sql(`select pg_terminate_backend(pid) ${dumps}`);
    await live.sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()",
    );
    await expect(held).rejects.toThrow();
    const result = await taking;
    expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
    expect(result.sources[0]?.problem).toContain('`pg_dump` failed with exit code 1');
    expect(await world.stored('objects')).toEqual([]);
  });

  test('whose scratch server dies in the middle of the restore is not proved, and nothing is left', async () => {
    const taken = await world.take([source()], { plan: { prove: 'taken' } });
    const store = await openDirectoryStore(world.store, world.workspace);
    const stored = await store.open(taken.sources[0]?.id ?? '', { source: 'orders', expected: null });
    const dying = halfWay(stored, () => killScratchServer('postgres'));
    const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
    const own = driver(source({ scratch: null }), world);
    const restored = own.restore(dying, { context, content: null }, async () => 'lent');
    await expect(restored).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('`pg_restore`'),
    });
  });

  test('is put in the place of the live data with its owners, rights and settings, and what was live is kept', async () => {
    for (const sql of [
      'create database ledger owner app',
      "alter database ledger set work_mem = '8MB'",
      "comment on database ledger is 'What is owed'",
      'create database ledger_restored_abcdef0_12ab',
      'create database ledger_restored_1234567_12ab',
      'create database ledger_before_1234567_12ab',
      'grant connect on database ledger to app',
    ])
      await live.sql(sql);
    await live.sql(
      'create table t (x int); insert into t values (1), (2); alter table t owner to app',
      'ledger',
    );
    const ledger = source({ url: live.url('ledger') });
    const taken = await world.take([ledger], { plan: { prove: 'taken' } });
    await live.sql('update t set x = 99', 'ledger');
    const held = live.sql('select pg_sleep(60)', 'ledger').catch(() => 'sent away');

    const store = await openDirectoryStore(world.store, world.workspace);
    const stored = await store.open(taken.sources[0]?.id ?? '', { source: 'orders', expected: null });
    const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
    const replacement = driver(ledger, world).replacement;
    await replacement?.check(context);
    expect(await replacement?.removeLeftovers(context)).toEqual(['ledger_restored_abcdef0_12ab']);
    const beside = await replacement?.restoreBeside(stored, { context, token: 'x1y2' });
    expect(beside?.copy.digest).toBe(beside?.original.digest);
    expect(await live.sql('select sum(x) from t', 'ledger')).toBe('198');
    expect(await replacement?.look(context, 'x1y2')).toBe('live');

    // As a runner leaves it that is lost right before the renames.
    await live.sql('alter database ledger allow_connections false');
    expect((await replacement?.commands(context, 'x1y2'))?.undo).toContain(
      'ALTER DATABASE "ledger" ALLOW_CONNECTIONS true;',
    );
    expect(await replacement?.look(context, 'x1y2')).toBe('live');
    expect(await live.sql('select sum(x) from t', 'ledger')).toBe('198');

    await replacement?.swap(context, 'x1y2');
    expect(await held).toBe('sent away');
    expect(await replacement?.look(context, 'x1y2')).toBe('restored');
    expect(await live.sql('select sum(x) from t', 'ledger')).toBe('3');
    expect(await live.sql('select sum(x) from t', 'ledger_before_x1y2')).toBe('198');
    const owner = "select tableowner || current_setting('work_mem') from pg_tables where tablename = 't'";
    expect(await live.sql(owner, 'ledger')).toBe('app8MB');
    const comment = "select shobj_description(oid, 'pg_database') from pg_database where datname = 'ledger'";
    expect(await live.sql(comment, 'ledger')).toBe('What is owed');
    const { undo = [] } = (await replacement?.commands(context, 'x1y2')) ?? {};
    expect(undo[0]).toMatch(/^psql --host=\S+ --port=\d+ --username=\S+ --single-transaction/);
    expect(undo.join('\n')).toContain('ALTER DATABASE "ledger_before_x1y2" RENAME TO "ledger";');
  });

  test('is not put in place by a role that may not, which is said before anything is stopped', async () => {
    await live.sql("create role reader login password 'reader-pass'; grant pg_read_all_data to reader");
    const url = live.url('shop').replace(/shop:[^@]*@/, 'reader:reader-pass@');
    const { replacement } = driver(source({ url }), world);
    await expect(replacement?.check(world.context)).rejects.toThrow(
      'it needs CREATEDB, and to own the database',
    );

    const as = (role: string) => live.url('shared').replace(/shop:[^@]*@/, `${role}:reader-pass@`);
    for (const sql of [
      "create role owning login createdb password 'reader-pass'",
      'create database shared owner owning',
    ])
      await live.sql(sql);
    const there = (user: string) =>
      live.sql(`select count(*) from pg_stat_activity where datname = 'shared' and usename = '${user}'`);
    const sessions = [psql(as('reader'), 'select pg_sleep(60)'), live.sql('select pg_sleep(60)', 'shared')];
    while ((await there('reader')) !== '1' || (await there('shop')) !== '1');
    const held = driver(source({ url: as('owning') }), world).replacement?.check(world.context);
    await expect(held).rejects.toThrow('GRANT pg_signal_backend TO owning');
    await expect(held).rejects.toThrow('the superuser shop is connected');
    await live.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'shared'");
    await Promise.allSettled(sessions);
    await driver(source({ url: as('owning') }), world).replacement?.check(world.context);
  });

  test('of an ICU locale and a long name of characters of several bytes is restored beside as what it is', async () => {
    const name = 'ü'.repeat(31);
    await live.sql(`create database "${name}" template template0 locale_provider icu icu_locale 'de-AT'`);
    const own = source({ url: live.url(encodeURIComponent(name)) });
    const taken = await world.take([own], { plan: { prove: 'taken' } });
    const store = await openDirectoryStore(world.store, world.workspace);
    const stored = await store.open(taken.sources[0]?.id ?? '', { source: 'orders', expected: null });
    const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
    await driver(own, world).replacement?.restoreBeside(stored, { context, token: 'abcdef0_12ab' });
    expect(
      await live.sql(
        "select datname, datlocprovider, daticulocale from pg_database where datname like '%restored%12ab'",
      ),
    ).toContain(`${'ü'.repeat(20)}_restored_abcdef0_12ab|i|de-AT`);
    expect(await driver(own, world).replacement?.look(context, 'abcdef0_12ab')).toBe('live');
  });

  test('of a part of a database never takes the place of all of it', () => {
    expect(driver(source({ tables: ['orders'] }), world).replacement).toBeNull();
  });

  test('is never restored on its own server, by whatever name', async () => {
    const result = await world.take([
      source({ scratch: live.url('postgres').replace('127.0.0.1', 'localhost') }),
    ]);
    expect(result.sources[0]).toMatchObject({ proved: 'taken' });
    expect(result.sources[0]?.problem).toContain('leads to the very server that is backed up');
  });

  test('that refuses the password is told so, without the password', async () => {
    const wrong = live.url('shop').replace(encodeURIComponent(PASSWORD), 'wrong-password-1');
    const result = await world.take([source({ url: wrong })]);
    expect(result.sources[0]?.problem).toContain('authentication failed');
    expect(JSON.stringify(result)).not.toContain('wrong-password-1');
  });

  test('is tried out by a script, which reaches the copy by a port of this machine', async () => {
    const script = `${POSTGRES}/psql -X -v ON_ERROR_STOP=1 -d "$RELEASE_SCRATCH_URL" -c 'refresh materialized view counted; alter table orders add note text'`;
    const usable = { run: `[[ $RELEASE_SCRATCH_URL == *@127.0.0.1:* ]]; ${script}`, timeoutMs: 20_000 };
    const result = await world.take([source({ url: live.url('rich'), usable, scratch: null })], {
      plan: { prove: 'usable' },
    });
    expect(result.sources[0]).toMatchObject({ proved: 'usable', problem: null });
    expect(
      await live.sql("select count(*) from information_schema.columns where column_name = 'note'", 'rich'),
    ).toBe('0');
  });
});

describe('the programs of a postgres source', () => {
  const set = (major: number, hasServer = true) => ({
    major,
    version: `${major}.3`,
    directory: `/p/${major}`,
    hasServer,
  });

  test('are those of the server, else the nearest newer ones', () => {
    const installed = [set(14), set(16), set(17)];
    expect(clientsFor(16, installed).major).toBe(16);
    expect(clientsFor(15, installed).major).toBe(16);
  });

  test('that are older than the server are refused, with the line that installs others', () => {
    expect(() => clientsFor(18, [set(15), set(16)])).toThrow(
      /newest pg_dump found is 16\.3.*sudo apt-get install --yes postgresql-client-18/,
    );
    expect(() => clientsFor(18, [])).toThrow(/pg_dump was found neither in .*postgresql-client-18/);
  });

  test('of a scratch server have the major version of the source, or are refused with the line that installs them', () => {
    expect(serverFor(15, [set(15, false), set(15)]).hasServer).toBe(true);
    expect(() => serverFor(15, [set(15, false), set(16)])).toThrow(
      /only 16 is installed.*--yes postgresql-15.*`scratch` URL/,
    );
  });

  test('are found side by side by their version, and what tells none is left out', async () => {
    const world = await createWorld();
    for (const [major, version] of [
      ['15', '15.3'],
      ['17', '17.0'],
      ['18', 'unknown'],
    ] as const) {
      mkdirSync(join(world.workspace, major, 'bin'), { recursive: true });
      writeFileSync(
        join(world.workspace, major, 'bin/pg_dump'),
        `#!/bin/sh\necho 'pg_dump (PostgreSQL) ${version}'\n`,
        { mode: 0o755 },
      );
    }
    const installed = await installedPrograms(world.programs, { packaged: world.workspace });
    expect(
      installed
        .filter(({ directory }) => directory !== '')
        .map(({ version }) => version)
        .sort(),
    ).toEqual(['15.3', '17.0']);
    await world.remove();
  });
});

function driver(source: PostgresSource, world: World) {
  return createPostgresDriver(source, { ...world, clock: createClock() });
}

/** Takes a backup and lends its copy as `prove` does. */
async function withCopy(
  source: PostgresSource,
  world: World,
  use: (copy: RestoredCopy) => Promise<void>,
): Promise<void> {
  const taken = await world.take([source], { plan: { prove: 'taken' } });
  const store = await openDirectoryStore(world.store, world.workspace);
  const stored = await store.open(taken.sources[0]?.id ?? '', { source: 'orders', expected: null });
  const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
  await driver(source, world).restore(stored, { context, content: null }, use);
}

/** Writes into two tables in one transaction, again and again. */
async function write(server: TestServer, signal: AbortSignal): Promise<void> {
  const both =
    'insert into orders select max(id) + 1, $$written$$ from orders; insert into lines select max(id) from orders;';
  while (!signal.aborted) await server.sql(`begin; ${both} commit; `.repeat(20), 'shop');
}
