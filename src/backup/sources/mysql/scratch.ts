import { randomBytes } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MysqlSource } from '../../../plan/plan.js';
import { runTool } from '../../flow.js';
import type { SourcePorts } from '../../ports.js';
import { BackupProblem } from '../../problem.js';
import type { RestoreContext } from '../../provider.js';
import { freePort, type ServerPlace, withServer, withServerPlace } from '../../scratch-server.js';
import { missing, seriesOf } from './clients.js';
import { optionFile, parseMysqlUrl } from './connection.js';
import { identifier, type MysqlServer, type MysqlSession, sql, withSession } from './session.js';

/** An empty database for the copy, on a server of the same series as the source. */
export interface ScratchDatabase {
  readonly session: MysqlSession;
  /** For scripts. */
  readonly url: string;
}

interface Wanted {
  readonly source: MysqlSource;
  readonly ports: SourcePorts;
  readonly context: RestoreContext;
  readonly live: { readonly session: MysqlSession; readonly server: MysqlServer };
}

const ASK_TIMEOUT_MS = 30_000;

/** Nothing of it outlives the proof, so nothing of it waits for the disk. */
const SETTINGS = [
  '--skip-log-bin',
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-doublewrite=0',
  '--innodb-buffer-pool-size=256M',
  '--max-allowed-packet=1G',
  '--event-scheduler=OFF',
];

/** Lends a database that is gone afterwards: of a server made for it, or of the one that the plan names. */
export function withScratchDatabase<T>(
  wanted: Wanted,
  work: (scratch: ScratchDatabase) => Promise<T>,
): Promise<T> {
  return wanted.source.scratch === null ? onOwnServer(wanted, work) : onGivenServer(wanted, work);
}

async function onOwnServer<T>(wanted: Wanted, work: (scratch: ScratchDatabase) => Promise<T>): Promise<T> {
  const { source, ports, context, live } = wanted;
  const { programs, clock } = ports;
  const { signal } = context;
  const server = await serverProgram(wanted);
  const isByPort = context.prove === 'usable' && source.usable !== null;
  return withServerPlace({ temporary: context.temporary, users: ['mysql'] }, async (place) => {
    const { directory, user } = place;
    const data = `--datadir=${join(directory, 'data')}`;
    await runTool(programs, {
      ...(live.server.family === 'MariaDB' ? mariadbInstall(data) : mysqlInstall(server, data)),
      cwd: directory,
      ...(user ? { user } : {}),
      ...(signal ? { signal } : {}),
    });
    const socket = join(directory, 'socket');
    const port = isByPort ? await freePort() : null;
    const network = port === null ? ['--skip-networking'] : ['--bind-address=127.0.0.1', `--port=${port}`];
    const files = [`--socket=${socket}`, `--pid-file=${join(directory, 'pid')}`, `--tmpdir=${directory}`];
    const running = {
      programs,
      clock,
      name: `${live.server.family} ${live.server.version}`,
      place,
      command: [server, '--no-defaults', data, ...files, ...network, ...SETTINGS],
      endBy: 'KILL',
      isReady: () => exists(socket),
      signal,
    } as const;
    return withServer(running, async () => {
      const session = await localSession(live.session, { socket, place, context });
      await createDatabase(session, { name: 'scratch', like: live.server });
      const url =
        port === null
          ? `mysql://root@localhost/scratch?socket=${encodeURIComponent(socket)}`
          : await byPort(session, port);
      return work({ session: { ...session, database: 'scratch' }, url });
    });
  });
}

async function localSession(
  live: MysqlSession,
  {
    socket,
    context,
  }: { readonly socket: string; readonly place: ServerPlace; readonly context: RestoreContext },
): Promise<MysqlSession> {
  const file = join(context.scratch, 'scratch.cnf');
  await writeFile(file, optionFile({ options: { user: 'root', socket }, database: '' }), { mode: 0o600 });
  return { ...live, optionFile: file, database: '' };
}

/** Not every library knows sockets; what listens on a port has a password. */
async function byPort(session: MysqlSession, port: string): Promise<string> {
  const password = randomBytes(16).toString('hex');
  await sql(
    session,
    `CREATE USER 'release'@'127.0.0.1' IDENTIFIED BY '${password}'; GRANT ALL ON *.* TO 'release'@'127.0.0.1';`,
  );
  return `mysql://release:${password}@127.0.0.1:${port}/scratch`;
}

function mariadbInstall(data: string) {
  const args = [
    '--no-defaults',
    data,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
  ];
  return { name: 'mariadb-install-db', command: 'mariadb-install-db', args };
}

function mysqlInstall(server: string, data: string) {
  return {
    name: 'mysqld --initialize-insecure',
    command: server,
    args: ['--no-defaults', '--initialize-insecure', data],
  };
}

/** Its series must be that of the source: two of them show the same table in different words. */
async function serverProgram({ ports, live, context }: Wanted): Promise<string> {
  const { family, version } = live.server;
  const name = family === 'MariaDB' ? 'mariadbd' : 'mysqld';
  let found = 'none';
  for (const command of [name, `/usr/sbin/${name}`]) {
    const asked = { command, args: ['--no-defaults', '--version'], timeoutMs: ASK_TIMEOUT_MS };
    const { outcome, stdout } = await ports.programs.run({
      ...asked,
      ...(context.signal ? { signal: context.signal } : {}),
    });
    const told = /Ver (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    if (outcome !== 'ok' || told === undefined || /mariadb/i.test(stdout) !== (family === 'MariaDB'))
      continue;
    if (seriesOf(told) === seriesOf(version)) return command;
    found = told;
  }
  throw missing(
    `the copy must be restored into a ${family} ${seriesOf(version)}, as the source is one, and ${found === 'none' ? `no ${name} was found` : `the ${name} found is ${found}`}`,
    family,
    'server',
  );
}

async function onGivenServer<T>(
  { source, ports, context, live }: Wanted,
  work: (scratch: ScratchDatabase) => Promise<T>,
): Promise<T> {
  const what = `backup.sources.${source.name}.scratch`;
  const url = context.expand(source.scratch ?? '', what);
  const connection = parseMysqlUrl(url, what);
  const { temporary, signal } = context;
  return withSession(ports.programs, { connection, temporary, signal }, async ({ session, server }) => {
    refuseUnfit({ scratch: server, live: live.server, what });
    const name = `gated_release_${randomBytes(6).toString('hex')}`;
    try {
      await createDatabase(session, { name, like: live.server });
      return await work({
        session: { ...session, database: name },
        url: url.replace(/^(\w+:\/\/[^/]*\/)[^?]*/, `$1${name}`),
      });
    } finally {
      // Not with the signal of the release: what was made on somebody's server is removed although it is aborted.
      const late = { ...session, signal: AbortSignal.timeout(60_000) };
      await sql(late, `DROP DATABASE IF EXISTS ${identifier(name)};`);
    }
  });
}

function refuseUnfit(found: {
  readonly scratch: MysqlServer;
  readonly live: MysqlServer;
  readonly what: string;
}): void {
  const { scratch, live, what } = found;
  if (scratch.identity === live.identity) {
    throw new BackupProblem(
      'failed',
      `\`${what}\` leads to the very server that is backed up, whatever its name says; a copy is never restored there: give the URL of another one, or leave \`scratch\` out`,
    );
  }
  if (scratch.family !== live.family || seriesOf(scratch.version) !== seriesOf(live.version)) {
    throw new BackupProblem(
      'failed',
      `\`${what}\` is a ${scratch.family} ${scratch.version}, and the source is a ${live.family} ${live.version}; two series show the same table in different words, so nothing could be compared: give the URL of a server of the same series`,
    );
  }
}

export async function createDatabase(
  session: MysqlSession,
  { name, like }: { readonly name: string; readonly like: MysqlServer },
): Promise<void> {
  await sql(
    session,
    `CREATE DATABASE ${identifier(name)} CHARACTER SET ${like.charset} COLLATE ${like.collation};`,
  );
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
