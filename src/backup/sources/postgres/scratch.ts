import { randomBytes } from 'node:crypto';
import type { PostgresSource } from '../../../plan/plan.js';
import type { SourcePorts } from '../../ports.js';
import { BackupProblem } from '../../problem.js';
import type { RestoreContext } from '../../provider.js';
import { type PostgresPrograms, serverFor } from './clients.js';
import { withCluster } from './cluster.js';
import { parsePostgresUrl } from './connection.js';
import { connect, createDatabase, type PostgresServer } from './server.js';
import { identifier, literal, type PostgresSession, sql } from './session.js';

/** An empty database for the copy, of the same major version as the source. */
export interface ScratchDatabase {
  readonly session: PostgresSession;
  /** For scripts. */
  readonly url: string;
}

interface Wanted {
  readonly source: PostgresSource;
  readonly ports: SourcePorts;
  readonly context: RestoreContext;
  readonly live: { readonly session: PostgresSession; readonly server: PostgresServer };
  readonly installed: readonly PostgresPrograms[];
}

/** Lends a database that is gone afterwards: of a cluster made for it, or of the server that the plan names. */
export function withScratchDatabase<T>(
  wanted: Wanted,
  work: (scratch: ScratchDatabase) => Promise<T>,
): Promise<T> {
  return wanted.source.scratch === null ? onOwnCluster(wanted, work) : onGivenServer(wanted, work);
}

function onOwnCluster<T>(
  { source, ports, context, live, installed }: Wanted,
  work: (scratch: ScratchDatabase) => Promise<T>,
): Promise<T> {
  const { clock } = ports;
  const server = serverFor(live.server.major, installed);
  const byPort = context.prove === 'usable' && source.usable !== null;
  const options = { session: live.session, server, clock, temporary: context.temporary, byPort };
  return withCluster(options, async ({ session, url }) => {
    await createRoles(session, live.server.roles);
    return work(await databaseOn({ session, url }, { name: 'scratch', like: live.server }));
  });
}

async function onGivenServer<T>(
  { source, ports, context, live }: Wanted,
  work: (scratch: ScratchDatabase) => Promise<T>,
): Promise<T> {
  const what = `backup.sources.${source.name}.scratch`;
  const url = context.expand(source.scratch ?? '', what);
  const connection = parsePostgresUrl(url, what);
  const { session, server } = await connect(ports.programs, { connection, signal: context.signal });
  refuseUnfit({ scratch: server, live: live.server, what });
  const name = `gated_release_${randomBytes(6).toString('hex')}`;
  const created = await createRoles(session, live.server.roles);
  try {
    const database = await databaseOn({ session, url }, { name, like: live.server });
    return await work(database);
  } finally {
    // Not with the signal of the release: what was made on a server of somebody's is removed although it is aborted.
    const late = { ...session, signal: AbortSignal.timeout(60_000) };
    await dropDatabase(late, name);
    for (const role of created)
      await sql(late, `DROP ROLE IF EXISTS ${identifier(role)};`).catch(() => undefined);
  }
}

function refuseUnfit(found: {
  readonly scratch: PostgresServer;
  readonly live: PostgresServer;
  readonly what: string;
}): void {
  const { scratch, live, what } = found;
  if (scratch.identity.some((sign) => live.identity.includes(sign))) {
    throw new BackupProblem(
      'failed',
      `\`${what}\` leads to the very server that is backed up, whatever its name says; a copy is never restored there: give the URL of another one, or leave \`scratch\` out`,
    );
  }
  if (scratch.major !== live.major) {
    throw new BackupProblem(
      'failed',
      `\`${what}\` is a PostgreSQL ${scratch.major}, and the source is a ${live.major}; two versions write the same data differently, so nothing could be compared: give the URL of a server of version ${live.major}`,
    );
  }
}

async function databaseOn(
  { session, url }: ScratchDatabase,
  { name, like }: { readonly name: string; readonly like: PostgresServer },
): Promise<ScratchDatabase> {
  await createDatabase(session, { name, like: like.database });
  return {
    session: { ...session, connection: { ...session.connection, PGDATABASE: name } },
    url: urlOf(url, name),
  };
}

/** The same server, another database. */
function urlOf(url: string, database: string): string {
  const [, start = '', query = ''] = /^(\w+:\/\/[^/?]*)[^?]*(\?.*)?$/.exec(url) ?? [];
  return `${start}/${database}${query.replaceAll(/([?&])dbname=[^&]*&?/g, '$1').replace(/[?&]$/, '')}`;
}

/** Those that are missing, without the right to do anything: only their names are needed. Returns them. */
async function createRoles(session: PostgresSession, roles: readonly string[]): Promise<readonly string[]> {
  const known = new Set((await sql(session, 'SELECT rolname FROM pg_catalog.pg_roles;')).split('\n'));
  const missing = roles.filter((role) => !known.has(role));
  if (missing.length > 0)
    await sql(session, missing.map((role) => `CREATE ROLE ${identifier(role)};`).join('\n'));
  return missing;
}

export async function dropDatabase(session: PostgresSession, name: string): Promise<void> {
  await sql(
    session,
    `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = ${literal(name)} \\g /dev/null
DROP DATABASE IF EXISTS ${identifier(name)};`,
  );
}
