import type { Programs } from '../../../host/contract.js';
import { BackupProblem } from '../../problem.js';
import { clientsFor, installedPrograms, type PostgresPrograms } from './clients.js';
import type { PostgresConnection } from './connection.js';
import { identifier, literal, type PostgresSession, sql } from './session.js';

/** What a restored copy must have in common with the server of the source. */
export interface PostgresServer {
  readonly major: number;
  /** Equal for two connections to the same server, whatever the ways there. */
  readonly identity: readonly string[];
  readonly database: {
    readonly name: string;
    readonly encoding: string;
    readonly collate: string;
    readonly ctype: string;
    readonly tablespace: string;
    /** Of `pg_database`: what its columns are called depends on the version. */
    readonly row: Readonly<Record<string, unknown>>;
  };
  /** Names of all roles: policies and user mappings name them. */
  readonly roles: readonly string[];
}

/** Finds the programs that can speak to a server, by asking it with any that are there. */
export async function connect(
  programs: Programs,
  options: { readonly connection: PostgresConnection; readonly signal: AbortSignal | undefined },
): Promise<{
  readonly session: PostgresSession;
  readonly server: PostgresServer;
  readonly installed: readonly PostgresPrograms[];
}> {
  const installed = await installedPrograms(programs, options);
  // Throws with the line that installs them when there are none; any will do to ask.
  const some = clientsFor(0, [...installed].reverse());
  const server = await describe({ programs, clients: some, ...options });
  return {
    session: { programs, clients: clientsFor(server.major, installed), ...options },
    server,
    installed,
  };
}

/** Also told by pg_control_system(), which not every role may ask; the start of a server is told to all. */
async function describe(session: PostgresSession): Promise<PostgresServer> {
  const answer = await sql(session, DESCRIBE);
  const told: unknown = JSON.parse(answer.split('\n')[0] ?? '');
  const { version, ...server } = told as Omit<PostgresServer, 'major'> & { version: number };
  const major = Math.floor(version / 10_000);
  if (Number.isInteger(major) && major >= 10) return { ...server, major };
  throw new BackupProblem('failed', `the server is a PostgreSQL ${version}; versions from 10 on are known`);
}

const DESCRIBE = `
SELECT json_build_object(
  'version', current_setting('server_version_num')::int,
  'identity', json_build_array(extract(epoch from pg_catalog.pg_postmaster_start_time())::text),
  'database', json_build_object('name', d.datname, 'encoding', pg_catalog.pg_encoding_to_char(d.encoding),
    'collate', d.datcollate, 'ctype', d.datctype, 'row', to_jsonb(d),
    'tablespace', (SELECT spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = d.dattablespace)),
  'roles', (SELECT json_agg(rolname ORDER BY rolname) FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_'))
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database();
`;

/**
 * Makes an empty database like that of the source. A scratch server may not know its locale, on which the data does
 * not depend; what takes the place of the live one has to be `exact`, with its tablespace.
 */
export async function createDatabase(
  session: PostgresSession,
  options: { readonly name: string; readonly like: PostgresServer['database']; readonly exact?: boolean },
): Promise<void> {
  const { name, like, exact = false } = options;
  const create = (locale: string) =>
    sql(
      session,
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING ${literal(like.encoding)} ${locale}${exact ? ` TABLESPACE ${identifier(like.tablespace)}` : ''};`,
    );
  try {
    await create(localeOf(like));
  } catch (error) {
    session.signal?.throwIfAborted();
    if (exact) throw error;
    await create("LC_COLLATE 'C' LC_CTYPE 'C'").catch(() => {
      throw error;
    });
  }
}

/** The provider has columns from version 15 on, its rules from 16, and another name for its locale from 17. */
function localeOf({ collate, ctype, row }: PostgresServer['database']): string {
  const { datlocprovider: provider, daticulocale, datlocale = daticulocale, daticurules: rules } = row;
  const libc = `LC_COLLATE ${literal(collate)} LC_CTYPE ${literal(ctype)}`;
  if (provider === 'b') return `${libc} LOCALE_PROVIDER builtin BUILTIN_LOCALE ${literal(String(datlocale))}`;
  if (provider !== 'i') return libc;
  const withRules = typeof rules === 'string' ? ` ICU_RULES ${literal(rules)}` : '';
  return `${libc} LOCALE_PROVIDER icu ICU_LOCALE ${literal(String(datlocale))}${withRules}`;
}
