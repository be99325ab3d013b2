import { chown, lstat, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock, Program, Programs } from '../host/contract.js';
import { BackupProblem, messageOf } from './problem.js';
import { saidAtTheEnd } from './said.js';

/** Whom a server runs as, where this process is root and the server refuses to be. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** A directory that a scratch server may own, below which no path is too long for a socket. */
export interface ServerPlace {
  readonly directory: string;
  readonly user: ServerUser | undefined;
}

/** The name of a socket holds 107 bytes; this much of it is left for what a server adds. */
const LONGEST_DIRECTORY = 70;

const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;

/**
 * Runs a server and ends it when its own stdin ends: which it does when this process says so, and also when this
 * process is killed. Arguments: the signal that ends the server, then its command.
 */
const SUPERVISE = `
exec 3<&0
how=$1; shift
"$@" </dev/null &
server=$!
trap 'kill "-$how" "$server" 2>/dev/null' TERM INT HUP
{ cat <&3; kill "-$how" "$server"; } >/dev/null 2>&1 &
until wait "$server"; code=$?; ! kill -0 "$server" 2>/dev/null; do :; done
kill "$!" 2>/dev/null
exit "$code"
`;

/** Lends an empty directory, mode 0700, to a server that may have to run as somebody else. It is gone afterwards. */
export async function withServerPlace<T>(
  options: { readonly temporary: string; readonly users: readonly string[] },
  work: (place: ServerPlace) => Promise<T>,
): Promise<T> {
  const user = await serverUser(options.users);
  const directory = await mkdtemp(join(await reachable(options.temporary, user), 'gr-server-'));
  try {
    if (user) await chown(directory, user.uid, user.gid);
    return await work({ directory, user });
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Lends a running server, and ends it for certain. `isReady` is asked until it says yes. */
export async function withServer<T>(
  options: {
    readonly programs: Programs;
    readonly clock: Clock;
    readonly name: string;
    readonly place: ServerPlace;
    readonly command: readonly string[];
    /** What makes it end at once; nothing of it is kept. */
    readonly endBy: 'QUIT' | 'KILL';
    readonly isReady: () => Promise<boolean>;
    readonly signal: AbortSignal | undefined;
  },
  work: () => Promise<T>,
): Promise<T> {
  const { programs, place, command, endBy, signal } = options;
  const server = programs.start({
    command: 'bash',
    args: ['--noprofile', '--norc', '-c', SUPERVISE, 'scratch-server', endBy, ...command],
    cwd: place.directory,
    ...(place.user ? { user: place.user } : {}),
    ...(signal ? { signal } : {}),
  });
  server.stdout.resume();
  try {
    await becomeReady(server, options);
    return await work();
  } finally {
    server.stdin.end();
    await server.ended;
  }
}

/** A port of 127.0.0.1 that nobody uses at the moment. */
export async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(typeof address === 'object' && address !== null ? address.port : 0);
}

async function becomeReady(server: Program, options: Parameters<typeof withServer>[0]): Promise<void> {
  const { clock, name, isReady, signal } = options;
  let hasEnded = false;
  void server.ended.then(() => {
    hasEnded = true;
  });
  const until = clock.now() + READY_WITHIN_MS;
  while (!(await isReady())) {
    signal?.throwIfAborted();
    if (hasEnded || clock.now() > until) {
      server.stdin.end();
      const { tail } = await server.ended;
      const how = hasEnded ? 'ended at its start' : `was not ready within ${READY_WITHIN_MS / 1000} s`;
      throw new BackupProblem('failed', `the scratch server (${name}) ${how}; ${saidAtTheEnd(tail)}`);
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** Nobody else than root has to be dropped. */
async function serverUser(names: readonly string[]): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = new Map(
    (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => {
      const [name = '', , uid, gid] = line.split(':');
      return [name, { uid: Number(uid), gid: Number(gid) }] as const;
    }),
  );
  for (const name of [...names, 'nobody']) {
    const user = users.get(name);
    if (user !== undefined) return user;
  }
  throw new BackupProblem(
    'failed',
    `a scratch server refuses to run as root, and none of the users ${[...names, 'nobody'].join(', ')} exists here; run the job as another user, or give the source a \`scratch\` URL`,
  );
}

/** The first place that a server can get to, and whose sockets can be named. */
async function reachable(temporary: string, user: ServerUser | undefined): Promise<string> {
  const places = [temporary, tmpdir(), '/tmp', '/var/tmp'];
  for (const place of places) {
    if (place.length <= LONGEST_DIRECTORY && (user === undefined || (await isOpenTo(place)))) return place;
  }
  throw new BackupProblem(
    'failed',
    `none of the directories ${[...new Set(places)].join(', ')} is short enough and open to the user that the scratch server runs as; set TMPDIR to one that is`,
  );
}

async function isOpenTo(place: string): Promise<boolean> {
  for (let at = place; ; at = dirname(at)) {
    const { mode } = await lstat(at).catch((error: unknown) => {
      throw new BackupProblem('failed', `${at} cannot be looked at (${messageOf(error)})`, error);
    });
    if ((mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
