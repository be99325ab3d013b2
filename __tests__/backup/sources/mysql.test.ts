import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { difference } from '../../../src/backup/content.js';
import { clientsFor, type MysqlPrograms } from '../../../src/backup/sources/mysql/clients.js';
import { grantIn, isGranted } from '../../../src/backup/sources/mysql/rights.js';
import { createMysqlDriver } from '../../../src/backup/sources/mysql.js';
import { openDirectoryStore } from '../../../src/backup/stores/directory.js';
import { createClock } from '../../../src/host/clock.js';
import type { MysqlSource } from '../../../src/plan/plan.js';
import { needs } from '../../components.js';
import {
  argumentsOf,
  halfWay,
  killScratchServer,
  PASSWORD,
  startMariadb,
  type TestServer,
} from '../servers.js';
import { createWorld, type World } from '../world.js';
import { everySourceIsTrusted } from './conformance.js';

/** Every kind of value and of object that is dumped in a way of its own. */
const RICH = `
  create table orders (id int primary key auto_increment, item text, price double, raw blob, at timestamp default '2026-01-02 03:04:05');
  insert into orders (item, price, raw)
    select concat('it''em (\\n\\t\\\\\\\\ "é"', seq), seq / 7.0, unhex(md5(seq)) from seq_1_to_500;
  update orders set item = null where id % 5 = 0;
  delete from orders where id % 7 = 0;
  create table \`a(b \`\`name\` (x int);
  insert into \`a(b \`\`name\` values (1), (1), (2);
  create table empty (a int);
  create view cheap as select * from orders where price < 1;
  create trigger free before insert on orders for each row set new.price = 0;
  create procedure tricky() select '\nINSERT INTO \`orders\` VALUES\n(1)';
  create sequence numbers;
`;

needs('mariadb')('a mysql source', () => {
  let live: TestServer;
  let spare: TestServer;
  let world: World;
  beforeAll(async () => {
    [live, spare] = (await startMariadb(2)) as [TestServer, TestServer];
    await spare.sql('create database given');
    await live.sql('create database rich character set utf8mb4; create database shop; create database old');
    await live.sql(RICH, 'rich');
    await live.sql(
      'create table orders (id int primary key, item text); insert into orders select seq, seq from seq_1_to_2000; create table counted (order_id int)',
      'shop',
    );
    await live.sql('create table log (x int) engine=MyISAM; create table t (x int)', 'old');
  });
  afterAll(() => Promise.all([live.stop(), spare.stop()]));
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(async () => {
    expect(await world.leftInScratch()).toEqual([]);
    expect(await spare.sql("show databases like 'gated%'")).toBe('');
    await world.remove();
  });

  const source = (database: string, parts: Partial<MysqlSource> = {}): MysqlSource => ({
    kind: 'mysql',
    name: 'orders',
    usable: null,
    url: live.url(database),
    scratch: null,
    timeoutMs: 60_000,
    ...parts,
  });

  describe('as any source', () => {
    everySourceIsTrusted({
      source: () => source('rich', { scratch: spare.url('given') }),
      prepare: async () => undefined,
      broken: () => source('gone'),
      isStoredOnce: true,
      changing: null,
    });
  });

  test('that is written all the time is of one moment; a cell that differs in its copy is caught, and its table named', async () => {
    const until = new AbortController();
    const writing = write(live, until.signal);
    const seen = argumentsOf(PASSWORD, encodeURIComponent(PASSWORD));
    // What is there for as long as the scratch server: so it is known that something is seen at all.
    const control = argumentsOf('--skip-networking');
    try {
      const taken = await world.take([source('shop')], { plan: { prove: 'taken' } });
      const store = await openDirectoryStore(world.store, world.workspace);
      const stored = await store.open(taken.sources[0]?.id ?? '', { source: 'orders', expected: null });
      const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
      const driver = createMysqlDriver(source('shop'), { ...world, clock: createClock() });
      await driver.restore(stored, { context, content: null }, async (copy) => {
        const original = await copy.original();
        const rows = (name: string) => [...original.parts].find((part) => part.name === name)?.rows ?? -1;
        expect(rows('orders')).toBe(2000 + rows('counted'));
        expect(difference(original, await copy.content(), { showsNames: true })).toBeNull();
        const socket = decodeURIComponent(copy.env.RELEASE_SCRATCH_URL?.split('socket=')[1] ?? '');
        await live.sql("update orders set item = '778' where id = 777", 'scratch', socket);
        expect(difference(original, await copy.content(), { showsNames: true })).toContain('"orders"');
      });
    } finally {
      until.abort();
      await writing;
    }
    expect(await control.stop()).not.toEqual([]);
    expect((await seen.stop()).filter((line) => !line.includes('CREATE USER'))).toEqual([]);
  });

  test('whose mariadb-dump loses its connection half-way leaves nothing in the store', async () => {
    const waiting =
      "select id from information_schema.processlist where user = 'shop' and db = 'shop' and state like 'Waiting for%'";
    const held = live.sql('lock tables orders write; select sleep(60)', 'shop').catch(() => 'sent away');
    const taking = world.take([source('shop')]);
    let dump = '';
    while (dump === '') dump = await live.sql(waiting);
    await live.sql(`kill ${dump}`);
    await live.sql(
      "select concat('kill ', id) into @kill from information_schema.processlist where info like 'select sleep%'; execute immediate @kill",
    );
    expect(await held).toBe('sent away');
    const result = await taking;
    expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
    expect(result.sources[0]?.problem).toContain('`mariadb-dump` failed with exit code');
    expect(await world.stored('objects')).toEqual([]);
  });

  test('whose scratch server dies in the middle of the restore is not proved, and nothing is left', async () => {
    const taken = await world.take([source('shop')], { plan: { prove: 'taken' } });
    const store = await openDirectoryStore(world.store, world.workspace);
    const stored = await store.open(taken.sources[0]?.id ?? '', { source: 'orders', expected: null });
    const dying = halfWay(stored, () => killScratchServer('mariadbd'));
    const driver = createMysqlDriver(source('shop'), { ...world, clock: createClock() });
    const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
    const restored = driver.restore(dying, { context, content: null }, async () => 'lent');
    await expect(restored).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('`mariadb`'),
    });
  });

  test('with tables of which no one moment can be read is refused, and they are named', async () => {
    const result = await world.take([source('old')]);
    expect(result.sources[0]?.problem).toContain('not InnoDB: "log"');
    expect(await world.stored('objects')).toEqual([]);
  });

  test('with a history of its rows is refused, since a dump leaves it out', async () => {
    await live.sql('create database aged; create table aged.h (x int) with system versioning');
    const result = await world.take([source('aged')]);
    expect(result.sources[0]?.problem).toContain('system-versioned, and a dump holds');
    expect(result.sources[0]?.problem).toContain(': "h"; drop it');
    await live.sql('drop database aged');
  });

  test('with FLOAT columns is not proved identical, since the dump rounds them; it may be restorable', async () => {
    await live.sql(
      'create database rounded; create table rounded.f (f float, d double); insert into rounded.f values (16777217, 16777217)',
    );
    const rounded = source('rounded', { scratch: spare.url('given') });
    const result = await world.take([rounded]);
    expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-not-identical' });
    expect(result.sources[0]).toMatchObject({ proved: 'restorable' });
    expect(result.sources[0]?.problem).toContain('are FLOAT');
    expect(result.sources[0]?.problem).toContain(': "f.f"; make them DOUBLE or DECIMAL');
    const restorable = await world.take([rounded], { plan: { prove: 'restorable' } });
    expect(restorable).toMatchObject({ verdict: 'passed' });
    const { replacement } = createMysqlDriver(rounded, { ...world, clock: createClock() });
    const context = { ...world.context, scratch: world.temporary, prove: 'identical' } as const;
    await expect(replacement?.check(context)).rejects.toThrow('are FLOAT');
  });

  test('whose name looks like an option is a name', async () => {
    await live.sql('create database `--all-databases`; create table `--all-databases`.t (x int)');
    const result = await world.take([source('--all-databases', { scratch: spare.url('given') })]);
    expect(result.sources[0]).toMatchObject({ proved: 'identical', problem: null });
  });

  describe('whose user', () => {
    const takenBy = async (user: string, grants: string) => {
      await live.sql(`create user ${user}@'%' identified by '${PASSWORD}'; ${grants}`);
      const own = source('few_rights', { url: live.url('few_rights').replace('shop:', `${user}:`) });
      return (await world.take([own], { plan: { prove: 'taken' } })).sources[0];
    };
    beforeAll(() =>
      live.sql(`create database few_rights; create table few_rights.a (x int); create table few_rights.hidden (x int);
        create trigger few_rights.tr after insert on few_rights.a for each row insert into few_rights.hidden values (new.x);
        create procedure few_rights.pr() select 1`),
    );

    test('may not see all that is there is refused, with what it lacks and the statement that gives it', async () => {
      const low = await takenBy('low', "grant select, show view, event on few_rights.* to low@'%'");
      expect(low?.problem).toContain(
        "it lacks TRIGGER, SELECT ON mysql.proc (for the text of routines). Grant it: GRANT TRIGGER ON `few_rights`.* TO 'low'@'%'; GRANT SELECT ON mysql.proc TO 'low'@'%';",
      );
      const part = await takenBy(
        'part',
        "grant event, trigger, show view, execute on few_rights.* to part@'%'; grant select on few_rights.a to part@'%'",
      );
      expect(part?.problem).toContain('it lacks SELECT, SELECT ON mysql.proc');
      const all = await takenBy('owner', "grant all on few_rights.* to owner@'%'");
      expect(all?.problem).toContain('it lacks SELECT ON mysql.proc');
      expect(await world.stored('objects')).toEqual([]);
    });

    test('may see all, by itself or by its default role, is not', async () => {
      const role = `create role reader; grant select, show view, trigger, event on \`few\\_rights\`.* to reader; grant select on mysql.proc to reader; grant reader to by_role@'%';`;
      const inactive = await takenBy('by_role', role);
      expect(inactive?.problem).toContain('it lacks SELECT, SHOW VIEW, TRIGGER, EVENT');
      expect(inactive?.problem).toContain('ON `few\\_rights`.* TO');
      await live.sql("set default role reader for by_role@'%'");
      const own = source('few_rights', { url: live.url('few_rights').replace('shop:', 'by_role:') });
      expect((await world.take([own], { plan: { prove: 'taken' } })).sources[0]?.problem ?? null).toBeNull();
    });
  });

  describe('in the place of the live data', () => {
    const context = () => ({ ...world.context, scratch: world.temporary, prove: 'identical' }) as const;
    const replacementOf = (database: string) => {
      const { replacement } = createMysqlDriver(source(database), { ...world, clock: createClock() });
      if (replacement === null) throw new Error('a database can be put in place');
      return replacement;
    };
    const inPlace = async (database: string, tables: string) => {
      await live.sql(`create database ${database}`);
      await live.sql(tables, database);
      const taken = await world.take([source(database)], { plan: { prove: 'taken' } });
      const store = await openDirectoryStore(world.store, world.workspace);
      const id = taken.sources[0]?.id ?? '';
      const stored = await store.open(id, { source: 'orders', expected: null });
      return { replacement: replacementOf(database), stored };
    };
    const sum = (database: string) =>
      live.sql(
        'select sum(x), (select count(*) from parcels), (select total from totals) from orders',
        database,
      );

    test('all tables are swapped by one statement; what was live is kept, and an interrupted swap is told', async () => {
      const { replacement, stored } = await inPlace(
        'ledger',
        `create table orders (id int primary key, x int); insert into orders values (1, 1), (2, 2);
         create table parcels (id int primary key, order_id int, constraint of_order foreign key (order_id) references orders (id));
         insert into parcels values (1, 1); create table lost (x int); create sequence numbers;
         create view totals as select sum(x) as total from orders; create function twice(n int) returns int return 2 * n`,
      );
      await live.sql('update orders set x = 99; drop table lost; create table later (x int)', 'ledger');
      await replacement.check(context());
      const beside = await replacement.restoreBeside(stored, { context: context(), token: 'x1y2' });
      expect(beside.copy.digest).toBe(beside.original.digest);
      expect(await sum('ledger')).toBe('198\t1\t198');
      expect(await replacement.look(context(), 'x1y2')).toBe('live');

      await replacement.swap(context(), 'x1y2');
      expect(await replacement.look(context(), 'x1y2')).toBe('restored');
      expect(await sum('ledger')).toBe('3\t1\t3');
      expect(await live.sql('show tables', 'ledger')).toBe('lost\nnumbers\norders\nparcels\ntotals');
      expect(await live.sql('select sum(x) from orders', 'ledger_before_x1y2')).toBe('198');
      expect(await live.sql("show databases like 'ledger_rest%'")).toBe('');
      const childless = live.sql('delete from orders where id = 1', 'ledger');
      await expect(childless).rejects.toThrow('foreign key constraint fails');

      // As a server without atomic renames would leave it when it is killed.
      await live.sql('create database ledger_restored_x1y2');
      await live.sql('rename table lost to ledger_restored_x1y2.lost', 'ledger');
      expect(await replacement.look(context(), 'x1y2')).toBe('between');
      const { finish, undo } = await replacement.commands(context(), 'x1y2');
      await live.sql(finish.slice(1, -1).join('\n'));
      expect(await replacement.look(context(), 'x1y2')).toBe('restored');
      expect(undo.at(0)).toMatch(/^mariadb --host=127\.0\.0\.1 --port=\d+ --user=\S+ --password <<'SQL'$/);
      await live.sql('rename table lost to ledger_restored_x1y2.lost', 'ledger');
      await live.sql(undo.slice(1, -1).join('\n'));
      expect(await replacement.look(context(), 'x1y2')).toBe('live');
      expect(await sum('ledger')).toBe('198\t1\t198');
      expect(await live.sql('show tables', 'ledger')).toBe('later\nnumbers\norders\nparcels\ntotals');
    });

    test('a user who may not move tables is told the grants before anything is stopped, and what was left is cleared', async () => {
      await live.sql(
        `create database few; create table few.t (x int); create database few_restored_abcdef0_12ab;
         create database few_restored_1234567_12ab; create database few_before_1234567_12ab; create database few_restored_by_hand;
         create user mover@'%' identified by '${PASSWORD}'; grant select, show view, trigger, event, create, drop on few.* to mover@'%'`,
      );
      const own = source('few', { url: live.url('few').replace('shop:', 'mover:') });
      const { replacement } = createMysqlDriver(own, { ...world, clock: createClock() });
      const asked: string[] = [];
      await replacement
        ?.check(context())
        .catch((error: Error) => asked.push(...(error.message.match(/GRANT [^;]*/g) ?? [])));
      expect(asked).toEqual([
        "GRANT ALTER, INSERT ON `few`.* TO 'mover'@'%'",
        expect.stringContaining('INSERT, SELECT, LOCK TABLES ON `few\\_restored\\_%`.* TO'),
        expect.stringContaining('ON `few\\_before\\_%`.* TO'),
      ]);
      for (const grant of asked) await live.sql(grant);
      await replacement?.check(context());
      expect(await replacement?.removeLeftovers(context())).toEqual(['few_restored_abcdef0_12ab']);
    });

    test('tables on which no dump succeeds any more can be replaced all the same', async () => {
      const { replacement, stored } = await inPlace(
        'dropped',
        'create table a (x int); insert into a values (7); create view v as select x from a',
      );
      await live.sql('drop table a', 'dropped');
      expect((await world.take([source('dropped')])).summary).toContain('references invalid table');
      await replacement.check(context());
      await replacement.restoreBeside(stored, { context: context(), token: 'x1y2' });
      await replacement.swap(context(), 'x1y2');
      expect(await live.sql('select x from v', 'dropped')).toBe('7');
    });

    test('a statement that fails half-way leaves all as it was', async () => {
      const { replacement, stored } = await inPlace('held', 'create table a (x int); create table b (x int)');
      await replacement.restoreBeside(stored, { context: context(), token: 'x1y2' });
      await live.sql('create trigger t before insert on b for each row set new.x = 0', 'held');
      await expect(replacement.swap(context(), 'x1y2')).rejects.toThrow('Trigger in wrong schema');
      expect(await replacement.look(context(), 'x1y2')).toBe('live');
      expect(await live.sql('show tables', 'held')).toBe('a\nb');
      expect(await live.sql('show tables', 'held_restored_x1y2')).toBe('a\nb');
    });

    test('what no rename can move is refused before anything is stopped', async () => {
      await expect(replacementOf('rich').check(context())).rejects.toThrow(/triggers, .*: "free"/);
      await live.sql('create database timed; create event timed.e on schedule every 1 day do select 1');
      await expect(replacementOf('timed').check(context())).rejects.toThrow(/events, .*: "e"/);
      await live.sql(
        'create database owner; create table owner.t (id int primary key); create database child; create table child.c (id int, foreign key (id) references owner.t (id))',
      );
      await expect(replacementOf('owner').check(context())).rejects.toThrow(/foreign keys .*: "child\.c"/);
    });

    test('a view that is another by now is refused, since only tables are swapped', async () => {
      const { replacement, stored } = await inPlace(
        'viewed',
        'create table t (x int); create view v as select x from t; create view same as select x + 1 as y from t',
      );
      await live.sql('create or replace view v as select x + 1 as x from t', 'viewed');
      const beside = replacement.restoreBeside(stored, { context: context(), token: 'x1y2' });
      await expect(beside).rejects.toThrow('not those of the backup, and only tables are swapped: "view v"');
    });
  });

  test('is never restored on its own server, by whatever name', async () => {
    const scratch = live.url('old').replace('127.0.0.1', 'localhost').replace('mysql://', 'mariadb://');
    const byTcp = scratch.replace('localhost', '[::ffff:127.0.0.1]');
    const result = await world.take([source('shop', { scratch: byTcp })]);
    expect(result.sources[0]?.problem).toContain('leads to the very server that is backed up');
  });

  test('that refuses the password is told so, without the password', async () => {
    const wrong = live.url('shop').replace(encodeURIComponent(PASSWORD), 'wrong-password-1');
    const result = await world.take([source('shop', { url: wrong })]);
    expect(result.sources[0]?.problem).toContain('Access denied');
    expect(JSON.stringify(result)).not.toContain('wrong-password-1');
  });
});

describe('a right', () => {
  const has = (right: string, ...lines: readonly string[]) =>
    isGranted(right, { grants: lines.flatMap((line) => grantIn(line)), name: 'a_b' });

  test('is had on all databases, on this one, or by a pattern; never on another or on a table', () => {
    expect(has('TRIGGER', 'GRANT ALL PRIVILEGES ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD x')).toBe(true);
    expect(has('TRIGGER', 'GRANT SELECT, TRIGGER ON `a\\_b`.* TO `u`@`%` WITH GRANT OPTION')).toBe(true);
    expect(has('TRIGGER', 'GRANT TRIGGER ON `a%`.* TO `u`@`%`')).toBe(true);
    expect(has('TRIGGER', 'GRANT TRIGGER ON `axb`.* TO `u`@`%`')).toBe(false);
    expect(has('TRIGGER', 'GRANT TRIGGER ON `a_b`.`t` TO `u`@`%`')).toBe(false);
    expect(has('TRIGGER', 'GRANT `TRIGGER` TO `u`@`%`')).toBe(false);
  });

  test('that another entry for the same name may take away is not had', () => {
    const all = 'GRANT TRIGGER ON `a%`.* TO `u`@`%`';
    expect(has('TRIGGER', all, 'GRANT SELECT ON `a\\_b`.* TO `u`@`%`')).toBe(false);
    expect(has('TRIGGER', all, 'GRANT SELECT ON `a_b`.* TO `u`@`%`')).toBe(false);
    expect(has('TRIGGER', all, 'GRANT SELECT ON `a_b`.* TO `role`')).toBe(true);
    const everywhere = 'GRANT SELECT, TRIGGER ON *.* TO `u`@`%`';
    expect(has('TRIGGER', everywhere, 'REVOKE TRIGGER ON `a_b`.* FROM `u`@`%`')).toBe(false);
  });
});

describe('the programs of a mysql source', () => {
  const set = (family: 'MariaDB' | 'MySQL', version: string): MysqlPrograms => ({
    family,
    version,
    client: 'c',
    dump: 'd',
  });

  test('are of the family of the server', () => {
    const both = [set('MariaDB', '11.4.2'), set('MySQL', '8.4.10')];
    expect(clientsFor({ family: 'MySQL', version: '8.0.41' }, both).version).toBe('8.4.10');
    expect(clientsFor({ family: 'MariaDB', version: '10.11.1' }, both).version).toBe('11.4.2');
  });

  test('that are of the other family, or older, are refused with the line that installs them', () => {
    const mariadb = [set('MariaDB', '10.11.1')];
    expect(() => clientsFor({ family: 'MySQL', version: '8.0.41' }, mariadb)).toThrow(
      /MySQL 8\.0\.41.*--yes mysql-client/,
    );
    expect(() => clientsFor({ family: 'MariaDB', version: '11.4.1' }, mariadb)).toThrow(
      /10\.11\.1.*--yes mariadb-client/,
    );
  });
});

/** Writes into two tables in one transaction, again and again. */
async function write(server: TestServer, signal: AbortSignal): Promise<void> {
  const both =
    'insert into orders select max(id) + 1, 1 from orders; insert into counted select max(id) from orders;';
  while (!signal.aborted) await server.sql(`begin; ${both} commit; `.repeat(20), 'shop');
}
