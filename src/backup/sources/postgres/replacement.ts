import type { Content } from '../../content.js';
import { leftoversIn } from '../../leftovers.js';
import { BackupProblem } from '../../problem.js';
import type { Claim, Replacement, SourceContext, StoredSnapshot } from '../../provider.js';
import { dropDatabase } from './scratch.js';
import { createDatabase, type PostgresServer } from './server.js';
import { identifier, literal, type PostgresSession, sql } from './session.js';

/** Bytes: the longest name of a database has 63 of them, and what is added to it 22. */
const LONGEST_NAME = 40;

/** What this role may not do of all that a restore does, a line each. */
const LACKS = `
WITH here AS (
  SELECT d.datname, d.datdba, d.dattablespace, r.rolsuper, r.rolcreatedb FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
  WHERE r.rolname = current_user AND d.datname = current_database()),
others AS (
  SELECT DISTINCT s.usename, r.rolsuper FROM pg_catalog.pg_stat_activity s JOIN pg_catalog.pg_roles r ON r.oid = s.usesysid, here
  WHERE s.datname = here.datname AND s.pid <> pg_catalog.pg_backend_pid() AND NOT here.rolsuper
    AND (r.rolsuper OR NOT (pg_catalog.pg_has_role(r.oid, 'USAGE') OR pg_catalog.pg_has_role('pg_signal_backend', 'USAGE'))))
SELECT 'it needs CREATEDB, and to own the database (or be a superuser)' FROM here
  WHERE NOT (rolsuper OR (rolcreatedb AND pg_catalog.pg_has_role(datdba, 'USAGE')))
UNION ALL SELECT format('the database is in a tablespace where it may not create: GRANT CREATE ON TABLESPACE %I TO %I', t.spcname, current_user)
  FROM here JOIN pg_catalog.pg_tablespace t ON t.oid = here.dattablespace
  JOIN pg_catalog.pg_database d ON d.datname = 'template1' AND d.dattablespace <> t.oid
  WHERE NOT pg_catalog.has_tablespace_privilege(t.oid, 'CREATE')
UNION ALL SELECT CASE WHEN rolsuper THEN format('the superuser %I is connected, and only a superuser may end that session: end it before', usename)
  ELSE format('%I is connected, and it may not end that session: GRANT pg_signal_backend TO %I', usename, current_user) END FROM others;
`;

interface Steps {
  readonly live: (
    context: SourceContext,
  ) => Promise<{ readonly session: PostgresSession; readonly server: PostgresServer }>;
  /** Restores with owners and rights, and gives what the archive holds. */
  readonly restore: (
    into: PostgresSession,
    options: {
      readonly stored: StoredSnapshot;
      readonly context: Parameters<Replacement['restoreBeside']>[1]['context'];
    },
  ) => Promise<() => Promise<Content>>;
  readonly contentOf: (session: PostgresSession) => Promise<Content>;
  /** The same server by a database that a swap renames not: the live one may refuse connections. */
  readonly elsewhere: (context: SourceContext) => Promise<PostgresSession>;
  readonly claimOf: (context: SourceContext) => Claim;
  /** How a person's `psql` reaches the server. */
  readonly byHand: (context: SourceContext) => { readonly options: string; readonly note: string };
  /** The name of the live database, as the plan has it. */
  readonly databaseOf: (context: SourceContext) => string;
}

/**
 * Puts a restored database in the place of the live one: both are renamed in one transaction, so that every moment has
 * either the one or the other.
 */
export function postgresReplacement(steps: Steps): Replacement {
  const { live, restore, contentOf, elsewhere, databaseOf } = steps;
  return {
    claim: async (context) => steps.claimOf(context),

    async check(context) {
      const { session } = await live(context);
      const lacks = await sql(session, LACKS);
      if (lacks === '') return;
      throw new BackupProblem(
        'failed',
        `the role of the URL may not replace the database: ${lacks.split('\n').join('; ')}`,
      );
    },

    async removeLeftovers(context) {
      const { session, server } = await live(context);
      const names = (await sql(session, 'SELECT datname FROM pg_catalog.pg_database;')).split('\n');
      const left = leftoversIn(names, startOf(server.database.name));
      for (const name of left) await dropDatabase(session, name);
      return left;
    },

    async restoreBeside(stored, { context, token }) {
      const { session, server } = await live(context);
      const { restored } = namesOf(server.database.name, token);
      await dropDatabase(session, restored);
      await createDatabase(session, { name: identifier(restored), like: server.database, exact: true });
      const beside = { ...session, connection: { ...session.connection, PGDATABASE: restored } };
      const original = await restore(beside, { stored, context });
      await sql(session, likeTheLiveOne(restored));
      return { original: await original(), copy: await contentOf(beside) };
    },

    async swap(context, token) {
      const { session, server } = await live(context);
      const { name } = server.database;
      const names = namesOf(name, token);
      // Nobody can rename the database that he is connected to.
      const outside = { ...session, connection: { ...session.connection, PGDATABASE: names.restored } };
      const other = await maintenance(outside);
      await sql(other, `ALTER DATABASE ${identifier(name)} ALLOW_CONNECTIONS false;`);
      try {
        await sql(other, renames(name, names));
      } catch (error) {
        const late = { ...other, signal: AbortSignal.timeout(60_000) };
        await sql(late, open(name)).catch(() => undefined);
        throw error;
      }
    },

    async look(context, token) {
      const session = await elsewhere(context);
      const name = databaseOf(context);
      const { restored, before } = namesOf(name, token);
      const found = (
        await sql(
          session,
          `SELECT datname FROM pg_catalog.pg_database WHERE datname IN (${literal(restored)}, ${literal(before)});`,
        )
      ).split('\n');
      if (!found.includes(before)) {
        // Closed for a swap that never came: it is as it was once it may be connected to again.
        if (await isClosed(session, name)) await sql(session, open(name));
        return 'live';
      }
      return found.includes(restored) ? 'between' : 'restored';
    },

    async commands(context, token) {
      const name = databaseOf(context);
      const { restored, before } = namesOf(name, token);
      const rename = (from: string, to: string) =>
        `ALTER DATABASE ${identifier(from)} RENAME TO ${identifier(to)};`;
      const { options, note } = steps.byHand(context);
      const inPsql = (...statements: readonly string[]) => [
        `psql ${options}--single-transaction --dbname=postgres <<'SQL'${note}`,
        ...statements,
        'SQL',
      ];
      // Where the server cannot be asked, the names are what a person needs.
      const closed = await elsewhere(context)
        .then((session) => isClosed(session, name))
        .catch(() => false);
      return {
        finish: inPsql(rename(name, before), rename(restored, name), open(before)),
        undo: inPsql(...(closed ? [open(name)] : [rename(name, restored), rename(before, name)])),
      };
    },
  };
}

function namesOf(name: string, token: string) {
  const start = startOf(name);
  return { restored: `${start}_restored_${token}`, before: `${start}_before_${token}` };
}

/** Whole characters, of which one may be several bytes. */
function startOf(name: string): string {
  return Buffer.from(name)
    .subarray(0, LONGEST_NAME)
    .toString()
    .replace(/\ufffd+$/, '');
}

function open(name: string): string {
  return `ALTER DATABASE ${identifier(name)} ALLOW_CONNECTIONS true;`;
}

async function isClosed(session: PostgresSession, name: string): Promise<boolean> {
  const asked = `SELECT datallowconn FROM pg_catalog.pg_database WHERE datname = ${literal(name)};`;
  return (await sql(session, asked)) === 'f';
}

/** A database of the server that is neither of the two. */
async function maintenance(session: PostgresSession): Promise<PostgresSession> {
  const at = (database: string) => ({
    ...session,
    connection: { ...session.connection, PGDATABASE: database },
  });
  const reached = await sql(at('postgres'), 'SELECT 1;').catch(() => '');
  session.signal?.throwIfAborted();
  return at(reached === '1' ? 'postgres' : 'template1');
}

function renames(name: string, { restored, before }: ReturnType<typeof namesOf>): string {
  return `
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE datname IN (${literal(name)}, ${literal(restored)}) AND pid <> pg_catalog.pg_backend_pid() \\g /dev/null
BEGIN;
ALTER DATABASE ${identifier(name)} RENAME TO ${identifier(before)};
ALTER DATABASE ${identifier(restored)} RENAME TO ${identifier(name)};
${open(before)}
COMMIT;
`;
}

/** Settings whose value is a list that is quoted already. */
const LISTS = "('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')";

/** Gives a database the owner, the comment, the rights and the settings of the one that this session is connected to. */
function likeTheLiveOne(restored: string): string {
  const to = literal(restored);
  return `
SELECT format('ALTER DATABASE %I OWNER TO %I', ${to}, pg_catalog.pg_get_userbyid(datdba)) FROM pg_catalog.pg_database WHERE datname = current_database() \\gexec
SELECT format('ALTER DATABASE %I CONNECTION LIMIT %s', ${to}, datconnlimit) FROM pg_catalog.pg_database WHERE datname = current_database() \\gexec
SELECT format('COMMENT ON DATABASE %I IS %L', ${to}, pg_catalog.shobj_description(oid, 'pg_database')) FROM pg_catalog.pg_database WHERE datname = current_database() AND pg_catalog.shobj_description(oid, 'pg_database') IS NOT NULL \\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', ${to}) FROM pg_catalog.pg_database WHERE datname = current_database() AND datacl IS NOT NULL \\gexec
SELECT format('GRANT %s ON DATABASE %I TO %s', a.privilege_type, ${to}, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_database d, LATERAL pg_catalog.aclexplode(d.datacl) a WHERE d.datname = current_database() \\gexec
SELECT format('ALTER %s SET %I TO %s', CASE s.setrole WHEN 0 THEN format('DATABASE %I', ${to}) ELSE format('ROLE %I IN DATABASE %I', pg_get_userbyid(s.setrole), ${to}) END,
  split_part(c, '=', 1), CASE WHEN split_part(c, '=', 1) IN ${LISTS} THEN substr(c, strpos(c, '=') + 1) ELSE quote_literal(substr(c, strpos(c, '=') + 1)) END)
FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase, LATERAL unnest(s.setconfig) c WHERE d.datname = current_database() \\gexec
`;
}
