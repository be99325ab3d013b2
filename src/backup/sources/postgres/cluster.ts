import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../host/contract.js';
import { runTool } from '../../flow.js';
import { freePort, withServer, withServerPlace } from '../../scratch-server.js';
import { type PostgresPrograms, pathOf } from './clients.js';
import type { PostgresConnection } from './connection.js';
import type { PostgresSession } from './session.js';

const PORT = '5432';
const USER = 'postgres';

/** Nothing of it outlives the proof, so nothing of it waits for the disk. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '4GB',
  checkpoint_timeout: '1h',
  autovacuum: 'off',
  maintenance_work_mem: '256MB',
  max_connections: '20',
  logging_collector: 'off',
  shared_preload_libraries: '',
} as const;

/**
 * Lends a fresh cluster of one major version, reached by a socket in a private directory. With `byPort` also by a
 * port of 127.0.0.1, since not every library knows sockets, with a random password. It is gone afterwards.
 */
export async function withCluster<T>(
  options: {
    readonly session: PostgresSession;
    readonly server: PostgresPrograms;
    readonly clock: Clock;
    readonly temporary: string;
    readonly byPort: boolean;
  },
  work: (cluster: { readonly session: PostgresSession; readonly url: string }) => Promise<T>,
): Promise<T> {
  const { session, server, clock, temporary, byPort } = options;
  const { programs, signal } = session;
  return withServerPlace({ temporary, users: ['postgres'] }, async (place) => {
    const { directory, user } = place;
    const data = join(directory, 'data');
    const password = randomBytes(16).toString('hex');
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (user) await chown(passwordFile, user.uid, user.gid);
    await mkdir(join(directory, 'socket'), { mode: 0o700 });
    if (user) await chown(join(directory, 'socket'), user.uid, user.gid);
    await runTool(programs, {
      name: 'initdb',
      command: pathOf(server, 'initdb'),
      args: [
        ...['--pgdata', data, '--username', USER, '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
        ...[
          '--auth-local',
          'trust',
          '--auth-host',
          server.major >= 10 ? 'scram-sha-256' : 'md5',
          '--pwfile',
          passwordFile,
        ],
      ],
      cwd: directory,
      ...(user ? { user } : {}),
      ...(signal ? { signal } : {}),
    });
    const port = byPort ? await freePort() : PORT;
    const settings = {
      ...SETTINGS,
      unix_socket_directories: join(directory, 'socket'),
      listen_addresses: byPort ? '127.0.0.1' : '',
      port,
    };
    const connection: PostgresConnection = {
      PGHOST: join(directory, 'socket'),
      PGPORT: port,
      PGUSER: USER,
      PGDATABASE: USER,
      PGCONNECT_TIMEOUT: '30',
    };
    return withServer(
      {
        programs,
        clock,
        name: `PostgreSQL ${server.version}`,
        place,
        command: [
          pathOf(server, 'postgres'),
          '-D',
          data,
          ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
        ],
        endBy: 'QUIT',
        isReady: () => isReady(join(data, 'postmaster.pid')),
        signal,
      },
      () =>
        work({
          session: { programs, clients: server, connection, signal },
          url: byPort
            ? `postgres://${USER}:${password}@127.0.0.1:${port}`
            : `postgres://${USER}@${encodeURIComponent(join(directory, 'socket'))}:${port}`,
        }),
    );
  });
}

/** The last line of its lock file says so, as pg_ctl reads it. */
async function isReady(lockFile: string): Promise<boolean> {
  const text = await readFile(lockFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').at(-1)?.trim() === 'ready';
}
