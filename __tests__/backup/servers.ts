import { type ChildProcess, execFile, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { StoredSnapshot } from '../../src/backup/provider.js';

/** A real database server for one test file, on a free port of 127.0.0.1. */
export interface TestServer {
  /** Of a database, with a password in it. */
  url(database: string): string;
  /** Executes SQL and gives what it prints, columns apart by `|` or tabs. */
  sql(text: string, database?: string, socket?: string): Promise<string>;
  stop(): Promise<void>;
}

export const PASSWORD = 'p@ss:w/rd-5';

const execute = promisify(execFile);

const major = (): string =>
  existsSync('/usr/lib/postgresql') ? (readdirSync('/usr/lib/postgresql').sort().at(-1) ?? '') : '';
export const POSTGRES = `/usr/lib/postgresql/${major()}/bin`;

/** Several servers of their own, made from one empty cluster: to make one takes longer than to copy it. */
export async function startPostgres(count: number): Promise<readonly TestServer[]> {
  const { directory, user } = place('postgres');
  const password = join(directory, 'password');
  writeFileSync(password, PASSWORD);
  if (user) chownSync(password, user.uid, user.gid);
  const options = { cwd: directory, stdio: 'ignore', ...user } as const;
  const init = ['-U', 'shop', '-A', 'scram-sha-256', '--pwfile', password, '--no-sync', '-E', 'UTF8'];
  execFileSync(`${POSTGRES}/initdb`, ['-D', `${directory}/data`, ...init, '--locale', 'C.UTF-8'], options);
  const directories = [directory, ...Array.from({ length: count - 1 }, () => place('postgres').directory)];
  for (const other of directories.slice(1))
    execFileSync('cp', ['-r', `${directory}/data`, `${other}/data`], options);
  return Promise.all(directories.map((each) => runPostgres(each, options)));
}

async function runPostgres(directory: string, options: SpawnOptions): Promise<TestServer> {
  const port = await freePort();
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(`${POSTGRES}/postgres`, ['-D', `${directory}/data`, ...args], {
    ...options,
    cwd: directory,
  });
  const url = (database: string) =>
    `postgres://shop:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`;
  await until(() => readFileSync(`${directory}/data/postmaster.pid`, 'utf8').trimEnd().endsWith('ready'));
  return {
    url,
    sql: (text, database = 'postgres') => psql(url(database), text),
    stop: () => stop(server, { signal: 'SIGQUIT', directory }),
  };
}

/** Executes SQL where a URL leads; its password goes by the environment, as a test looks for it in argument lists. */
export async function psql(url: string, text: string): Promise<string> {
  const { password } = new URL(url);
  const query = [
    '-X',
    '-A',
    '-t',
    '-q',
    '-v',
    'ON_ERROR_STOP=1',
    '-d',
    url.replace(`:${password}@`, '@'),
    '-c',
    text,
  ];
  const env = { ...process.env, PGPASSWORD: decodeURIComponent(password) };
  return (await execute(`${POSTGRES}/psql`, query, { env })).stdout.trim();
}

/** As `startPostgres`. */
export async function startMariadb(count: number): Promise<readonly TestServer[]> {
  const { directory, user } = place('mysql');
  const options = { cwd: directory, stdio: 'ignore', ...user } as const;
  const install = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'];
  execFileSync('mariadb-install-db', ['--no-defaults', `--datadir=${directory}/data`, ...install], options);
  const directories = [directory, ...Array.from({ length: count - 1 }, () => place('mysql').directory)];
  for (const other of directories.slice(1))
    execFileSync('cp', ['-r', `${directory}/data`, `${other}/data`], options);
  return Promise.all(directories.map((each) => runMariadb(each, { ...options, cwd: each })));
}

async function runMariadb(directory: string, options: SpawnOptions): Promise<TestServer> {
  const port = await freePort();
  const socket = join(directory, 'socket');
  const server = spawn(
    existsSync('/usr/sbin/mariadbd') ? '/usr/sbin/mariadbd' : 'mariadbd',
    [
      ...[
        '--no-defaults',
        `--datadir=${directory}/data`,
        `--socket=${socket}`,
        `--pid-file=${directory}/pid`,
        `--port=${port}`,
      ],
      ...['--bind-address=127.0.0.1', '--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=64M'],
      // Nothing here has to outlive a crash.
      ...['--loose-innodb-flush-method=nosync', '--loose-sync-frm=0', '--innodb-fast-shutdown=2'],
    ],
    options,
  );
  await until(() => existsSync(socket));
  const asRoot = async (text: string, database = '', at = socket) => {
    const args = ['--no-defaults', `--socket=${at}`, '--user=root', '--batch', '--skip-column-names'];
    return (await execute('mariadb', [...args, '-e', text, ...(database ? [database] : [])])).stdout.trim();
  };
  await asRoot(`CREATE USER 'shop'@'%' IDENTIFIED BY '${PASSWORD}'; GRANT ALL ON *.* TO 'shop'@'%';`);
  return {
    url: (database) => `mysql://shop:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`,
    sql: asRoot,
    stop: () => stop(server, { signal: 'SIGKILL', directory }),
  };
}

/** Servers refuse to run as root. */
function place(name: string): { directory: string; user: { uid: number; gid: number } | null } {
  const directory = mkdtempSync('/tmp/gr-test-');
  if (process.getuid?.() !== 0) return { directory, user: null };
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  const user = { uid: id('-u'), gid: id('-g') };
  chownSync(directory, user.uid, user.gid);
  return { directory, user };
}

async function stop(
  server: ChildProcess,
  { signal, directory }: { readonly signal: NodeJS.Signals; readonly directory: string },
): Promise<void> {
  const exited = new Promise((resolve) => server.once('exit', resolve));
  if (server.kill(signal)) await exited;
  rmSync(directory, { recursive: true, force: true });
}

async function until(isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(20)) {
    try {
      if (isTrue()) return;
    } catch {
      // Not there yet.
    }
  }
  throw new Error('the server did not become ready');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Kills the scratch server that this process has running for a copy, as a machine without memory would. */
export function killScratchServer(name: 'postgres' | 'mariadbd'): void {
  const isIt = (pid: string) => commandOf(pid).split(' ')[0]?.endsWith(name) ?? false;
  const found = processes().filter((pid) => isIt(pid) && parentOf(parentOf(pid)) === String(process.pid));
  if (found.length !== 1) throw new Error(`${found.length} scratch servers run`);
  process.kill(Number(found[0]), 'SIGKILL');
}

/** The same backup, of which half comes, then something happens, and then the rest. */
export function halfWay(stored: StoredSnapshot, happens: () => unknown): StoredSnapshot {
  return {
    ...stored,
    stream: async function* () {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stored.stream()) chunks.push(chunk);
      const all = Buffer.concat(chunks);
      const half = Math.floor(all.length / 2);
      yield all.subarray(0, half);
      await happens();
      yield all.subarray(half);
    },
  };
}

/** Looks at the argument lists of all that this process runs until it is stopped; gives those that hold a text. */
export function argumentsOf(...texts: readonly string[]): { stop(): Promise<readonly string[]> } {
  const found = new Set<string>();
  const look = () => {
    for (const pid of processes()) {
      const line = commandOf(pid);
      if (texts.some((text) => line.includes(text)) && isOurs(pid)) found.add(line);
    }
  };
  const timer = setInterval(look, 40);
  return {
    async stop() {
      clearInterval(timer);
      return [...found];
    },
  };
}

function processes(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

/** Empty when it has ended meanwhile. */
function commandOf(pid: string): string {
  return procFile(pid, 'cmdline').replaceAll('\0', ' ');
}

function parentOf(pid: string): string {
  return / \S (\d+) /.exec(procFile(pid, 'stat').replace(/\(.*\)/s, ''))?.[1] ?? '0';
}

function isOurs(pid: string): boolean {
  return pid === String(process.pid) || (pid !== '0' && pid !== '1' && isOurs(parentOf(pid)));
}

function procFile(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
