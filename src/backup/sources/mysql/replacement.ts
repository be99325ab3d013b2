import type { Content } from '../../content.js';
import { leftoversIn } from '../../leftovers.js';
import { BackupProblem, listed } from '../../problem.js';
import type { Claim, Replacement, RestoreContext, SourceContext, StoredSnapshot } from '../../provider.js';
import { refuseWithoutRightsToSwap } from './rights.js';
import { createDatabase } from './scratch.js';
import { identifier, literal, type MysqlServer, type MysqlSession, rows, sql } from './session.js';
import { refuseRounded } from './tables.js';

/** The longest name of a database has 64 characters. */
const LONGEST_NAME = 40;

/** Lies in the database for what was live, and names all tables of a swap. */
const LIST = 'gated_release_swap';

/** How long the swap waits for those who still use a table, in seconds. */
const LOCK_WAIT = 60;

interface Steps {
  readonly withLive: <T>(
    context: SourceContext,
    work: (live: { readonly session: MysqlSession; readonly server: MysqlServer }) => Promise<T>,
  ) => Promise<T>;
  readonly restore: (
    into: MysqlSession,
    options: { readonly stored: StoredSnapshot; readonly context: RestoreContext },
  ) => Promise<() => Promise<Content>>;
  readonly contentOf: (session: MysqlSession) => Promise<Content>;
  /** How a person's client reaches the server. */
  readonly byHand: (context: SourceContext) => { readonly options: string; readonly note: string };
  readonly claimOf: (context: SourceContext) => Claim;
}

/**
 * Puts restored tables in the place of the live ones, all by one `RENAME TABLE`, which the server does wholly or not
 * at all (MariaDB from 10.6, MySQL from 8.0). Only tables can be moved so: what else a database holds must be the
 * same here and there, and stays.
 */
export function mysqlReplacement({ withLive, restore, contentOf, claimOf, byHand }: Steps): Replacement {
  return {
    claim: async (context) => claimOf(context),

    check: (context) =>
      withLive(context, async ({ session }) => {
        await refuseRounded(session);
        await refuseUnfit(session, { name: session.database, what: 'it' });
        const { live, restored, before } = namesOf(session.database, 'none');
        await refuseWithoutRightsToSwap(session, { live, beside: [restored, before] });
      }),

    removeLeftovers: (context) =>
      withLive(context, async ({ session }) => {
        const found = await rows(session, 'SELECT schema_name FROM information_schema.schemata');
        const left = leftoversIn(
          found.map(([name = '']) => name),
          session.database.slice(0, LONGEST_NAME),
        );
        for (const name of left) await sql(session, `DROP DATABASE ${identifier(name)};`);
        return left;
      }),

    restoreBeside: (stored, { context, token }) =>
      withLive(context, async ({ session, server }) => {
        const live = session.database;
        await refuseUnfit(session, { name: live, what: 'it' });
        const { restored } = namesOf(live, token);
        await sql(session, `DROP DATABASE IF EXISTS ${identifier(restored)};`);
        await createDatabase(session, { name: restored, like: server });
        const beside = { ...session, database: restored };
        const original = await restore(beside, { stored, context });
        await refuseUnfit(session, { name: restored, what: 'its backup' });
        await refuseOtherDefinitions(session, { live, restored });
        return { original: await original(), copy: await contentOf(beside) };
      }),

    swap: (context, token) =>
      withLive(context, async ({ session }) => {
        const names = namesOf(session.database, token);
        await sql(session, listing(names));
        const { toFinish } = await tablesOf(session, names);
        // Should the answer be lost, the list still tells which data is in place. So nothing here ever drops it.
        await sql(session, `SET lock_wait_timeout = ${LOCK_WAIT};\n${renames(toFinish)}`);
        await dropEmptied(session, names.restored).catch(() => undefined);
      }),

    look: (context, token) =>
      withLive(context, async ({ session }) => {
        const { toFinish, toUndo } = await tablesOf(session, namesOf(session.database, token));
        if (toUndo.length === 0) return 'live';
        return toFinish.length === 0 ? 'restored' : 'between';
      }),

    commands: (context, token) =>
      withLive(context, async ({ session }) => {
        const names = namesOf(session.database, token);
        const { toFinish, toUndo } = await tablesOf(session, names);
        const { options, note } = byHand(context);
        const inClient = (moves: readonly Move[]) =>
          moves.length === 0
            ? []
            : [`${session.clients.client} ${options}<<'SQL'${note}`, renames(moves), 'SQL'];
        return { finish: inClient(toFinish), undo: inClient(toUndo) };
      }),
  };
}

interface Names {
  readonly live: string;
  readonly restored: string;
  readonly before: string;
}

/** A table, from database to database. */
interface Move {
  readonly table: string;
  readonly from: string;
  readonly to: string;
}

function namesOf(live: string, token: string): Names {
  const start = live.slice(0, LONGEST_NAME);
  return { live, restored: `${start}_restored_${token}`, before: `${start}_before_${token}` };
}

/**
 * Which tables have still to be moved, and which were. Each name of the list is of a table that was live (`old`) or
 * was restored (`new`); where it is now tells how far the swap came. Without a list, all is still to be done.
 */
async function tablesOf(
  session: MysqlSession,
  { live, restored, before }: Names,
): Promise<{ readonly toFinish: readonly Move[]; readonly toUndo: readonly Move[] }> {
  const there = await rows(
    session,
    `SELECT table_schema, table_name FROM information_schema.tables WHERE table_type <> 'VIEW' AND table_schema IN (${[live, restored, before].map(literal).join(', ')})`,
  );
  const has = (database: string, table: string) =>
    there.some(([schema, name]) => schema === database && name === table);
  const named = (database: string) =>
    there.filter(([schema, name]) => schema === database && name !== LIST).map(([, name = '']) => name);
  const isListed = has(before, LIST);
  const list = isListed
    ? await rows(session, `SELECT side, name FROM ${identifier(before)}.${LIST} ORDER BY side DESC, name`)
    : [...named(live).map((name) => ['old', name]), ...named(restored).map((name) => ['new', name])];
  const on = (side: string) => list.filter(([of]) => of === side).map(([, name = '']) => name);
  const [old, next] = [on('old'), on('new')];
  const away = (table: string): Move => ({ table, from: live, to: before });
  const into = (table: string): Move => ({ table, from: restored, to: live });
  const back = ({ table, from, to }: Move): Move => ({ table, from: to, to: from });
  return {
    // All away before any comes in: names of constraints are unique in a database.
    toFinish: [
      ...old.filter((table) => !has(before, table)).map(away),
      ...next.filter((table) => has(restored, table)).map(into),
    ],
    toUndo: isListed
      ? [
          ...next.filter((table) => !has(restored, table)).map((table) => back(into(table))),
          ...old.filter((table) => has(before, table)).map((table) => back(away(table))),
        ]
      : [],
  };
}

function renames(moves: readonly Move[]): string {
  const each = moves.map(
    ({ table, from, to }) =>
      `${identifier(from)}.${identifier(table)} TO ${identifier(to)}.${identifier(table)}`,
  );
  return `RENAME TABLE ${each.join(',\n  ')};`;
}

function listing({ live, restored, before }: Names): string {
  const names = (side: string, database: string) =>
    `SELECT '${side}', table_name FROM information_schema.tables WHERE table_type <> 'VIEW' AND table_schema = ${literal(database)}`;
  const list = `${identifier(before)}.${LIST}`;
  return `CREATE DATABASE ${identifier(before)};
CREATE TABLE ${list} (side VARCHAR(3) NOT NULL, name VARCHAR(64) NOT NULL) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO ${list} ${names('old', live)} UNION ALL ${names('new', restored)};`;
}

/** What is left are views of tables that are elsewhere: they would break every later dump of the server. */
async function dropEmptied(session: MysqlSession, database: string): Promise<void> {
  const left = await rows(
    session,
    `SELECT 1 FROM information_schema.tables WHERE table_type <> 'VIEW' AND table_schema = ${literal(database)}`,
  );
  if (left.length === 0) await sql(session, `DROP DATABASE ${identifier(database)};`);
}

/** Rejects with what could not be moved, or would do something while it waits. */
async function refuseUnfit(
  session: MysqlSession,
  { name, what }: { readonly name: string; readonly what: string },
): Promise<void> {
  const schema = literal(name);
  const names = (column: string, from: string) => rows(session, `SELECT DISTINCT ${column} FROM ${from}`);
  const [triggers, events, foreign] = [
    await names('trigger_name', `information_schema.triggers WHERE trigger_schema = ${schema}`),
    await names('event_name', `information_schema.events WHERE event_schema = ${schema}`),
    await names(
      "concat(table_schema, '.', table_name)",
      `information_schema.key_column_usage WHERE referenced_table_schema = ${schema} AND table_schema <> ${schema}`,
    ),
  ];
  const told = (found: readonly (readonly string[])[], why: string) =>
    found.length === 0 ? [] : [`${what} has ${why}: ${listed(found.map(([one = '']) => one))}`];
  const problems = [
    ...told(triggers, 'triggers, and a table with a trigger cannot be moved to another database'),
    ...told(events, 'events, which would run in the restored copy as well'),
    ...told(foreign, 'foreign keys of other databases that lead to it, which would follow its old tables'),
  ];
  if (problems.length === 0) return;
  throw new BackupProblem(
    'failed',
    `the tables of the database cannot be swapped by renames: ${problems.join('; ')}; restore it by the command of the report`,
  );
}

/** Views and routines find tables by name, so that those of the live database serve the restored tables as well. */
async function refuseOtherDefinitions(
  session: MysqlSession,
  { live, restored }: Pick<Names, 'live' | 'restored'>,
): Promise<void> {
  const definitions = async (database: string) =>
    new Map(
      (await rows(session, definitionsIn(literal(database)))).map(([name = '', digest = '']) => [
        name,
        digest,
      ]),
    );
  const [here, there] = [await definitions(live), await definitions(restored)];
  const differing = [...new Set([...here.keys(), ...there.keys()])].filter(
    (name) => here.get(name) !== there.get(name),
  );
  if (differing.length === 0) return;
  throw new BackupProblem(
    'failed',
    `these views or routines of the live database are not those of the backup, and only tables are swapped: ${listed(differing)}; bring them back first, or restore by the command of the report`,
  );
}

function definitionsIn(schema: string): string {
  return `
SELECT concat('view ', table_name), md5(concat_ws('|', replace(view_definition, concat('\`', replace(table_schema, '\`', '\`\`'), '\`.'), ''), check_option, definer, security_type))
FROM information_schema.views WHERE table_schema = ${schema}
UNION ALL
SELECT concat(lower(r.routine_type), ' ', r.routine_name), md5(concat_ws('|', r.dtd_identifier, r.routine_definition, r.is_deterministic, r.sql_data_access, r.security_type, r.sql_mode, r.definer,
  (SELECT group_concat(concat_ws(' ', p.parameter_mode, p.parameter_name, p.dtd_identifier) ORDER BY p.ordinal_position) FROM information_schema.parameters p
   WHERE p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name AND p.routine_type = r.routine_type)))
FROM information_schema.routines r WHERE r.routine_schema = ${schema}`;
}
