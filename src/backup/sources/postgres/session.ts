import type { Programs } from '../../../host/contract.js';
import { runTool, type Tool, textOf } from '../../flow.js';
import { type PostgresPrograms, pathOf } from './clients.js';
import type { PostgresConnection } from './connection.js';

/** What libpq reads from the environment. Of a step it may mean the source; a scratch server must never hear of it. */
const LIBPQ_VARIABLES = [
  ...['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE', 'PGUSER', 'PGPASSWORD', 'PGPASSFILE', 'PGSERVICE'],
  ...[
    'PGSERVICEFILE',
    'PGOPTIONS',
    'PGAPPNAME',
    'PGSSLMODE',
    'PGREQUIRESSL',
    'PGSSLNEGOTIATION',
    'PGSSLCOMPRESSION',
  ],
  ...[
    'PGSSLCERT',
    'PGSSLKEY',
    'PGSSLCERTMODE',
    'PGSSLROOTCERT',
    'PGSSLCRL',
    'PGSSLCRLDIR',
    'PGSSLSNI',
    'PGREQUIREPEER',
  ],
  ...[
    'PGREQUIREAUTH',
    'PGCHANNELBINDING',
    'PGKRBSRVNAME',
    'PGGSSLIB',
    'PGGSSENCMODE',
    'PGGSSDELEGATION',
    'PGTZ',
  ],
  ...[
    'PGCONNECT_TIMEOUT',
    'PGCLIENTENCODING',
    'PGTARGETSESSIONATTRS',
    'PGLOADBALANCEHOSTS',
    'PGDATESTYLE',
    'PGGEQO',
  ],
];

/** A database, and the programs that speak to it. Its password is in the environment of these programs alone. */
export interface PostgresSession {
  readonly programs: Programs;
  readonly clients: PostgresPrograms;
  readonly connection: PostgresConnection;
  readonly signal: AbortSignal | undefined;
}

/** `program` with this database as the one that it connects to. */
export function toolFor(session: PostgresSession, program: string, args: readonly string[]): Tool {
  const { clients, connection, signal } = session;
  // Of the step's own variables only a password file may add to what the URL says.
  const unset = LIBPQ_VARIABLES.filter((name) => !(name in connection) && !KEPT.has(name));
  return {
    name: program,
    command: 'env',
    args: [...unset.flatMap((name) => ['-u', name]), pathOf(clients, program), ...args],
    env: connection,
    ...(signal ? { signal } : {}),
  };
}

/** They name files with secrets or certificates, and no server. */
const KEPT = new Set(['PGPASSFILE', 'PGSERVICEFILE', 'PGSSLROOTCERT', 'PGSSLCERT', 'PGSSLKEY']);

/** Executes SQL in one session and gives what it prints, without headings. The first error ends it. */
export async function sql(session: PostgresSession, text: string): Promise<string> {
  const args = ['-X', '-A', '-t', '-q', '-w', '-v', 'ON_ERROR_STOP=1', '-f', '-'];
  const tool = toolFor(session, 'psql', args);
  const input = (async function* () {
    yield Buffer.from(text);
  })();
  return (await textOf((output) => runTool(session.programs, tool, { input, output }))).trim();
}

/** The argument that makes pg_restore connect to the database of its environment, rather than print. */
export function databaseOf({ connection }: PostgresSession): string {
  const name = (connection.PGDATABASE ?? '').replace(/[\\']/g, '\\$&');
  return `--dbname=dbname='${name}'`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
