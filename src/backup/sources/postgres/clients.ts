import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Programs } from '../../../host/contract.js';
import { BackupProblem, systemCode } from '../../problem.js';

/** One set of PostgreSQL programs. */
export interface PostgresPrograms {
  /** `15` */
  readonly major: number;
  /** `15.18` */
  readonly version: string;
  /** Where they are; empty: on the PATH. */
  readonly directory: string;
  /** Whether those of a server are there, too. */
  readonly hasServer: boolean;
}

/** Where Debian, Ubuntu and the packages of PostgreSQL itself keep the major versions side by side. */
const PACKAGED = '/usr/lib/postgresql';

const ASK_TIMEOUT_MS = 30_000;

export function pathOf({ directory }: PostgresPrograms, program: string): string {
  return directory === '' ? program : join(directory, program);
}

/** All that are installed. Those of a package come before those of the PATH, which may be a wrapper around them. */
export async function installedPrograms(
  programs: Programs,
  options: { readonly packaged?: string; readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly PostgresPrograms[]> {
  const { packaged = PACKAGED, signal } = options;
  const directories = [...(await majorsIn(packaged)).map((major) => join(packaged, major, 'bin')), ''];
  const found = await Promise.all(
    directories.map(async (directory) => {
      const version = await versionOf(programs, join(directory, 'pg_dump'), signal);
      if (version === null) return [];
      const hasServer = await isServer(programs, directory, signal);
      return [{ major: Number.parseInt(version, 10), version, directory, hasServer }];
    }),
  );
  return found.flat();
}

/** For reading a server: its own major version, else the nearest newer one. An older pg_dump refuses. */
export function clientsFor(server: number, installed: readonly PostgresPrograms[]): PostgresPrograms {
  const newEnough = installed.filter(({ major }) => major >= server).sort((a, b) => a.major - b.major);
  const [best] = newEnough;
  if (best !== undefined) return best;
  const newest = installed
    .map(({ version }) => version)
    .sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))[0];
  const found =
    newest === undefined
      ? `pg_dump was found neither in ${PACKAGED} nor on the PATH of the step`
      : `the newest pg_dump found is ${newest}, which refuses a newer server`;
  throw new BackupProblem(
    'tool-missing',
    `the server has PostgreSQL ${server}, and ${found}; install it in a step before this one: ${installLine(`postgresql-client-${server}`)}`,
  );
}

/** For a scratch server, which must have the major version of the source: dumps of two versions differ. */
export function serverFor(server: number, installed: readonly PostgresPrograms[]): PostgresPrograms {
  const best = installed.find(({ major, hasServer }) => major === server && hasServer);
  if (best !== undefined) return best;
  const others = [
    ...new Set(installed.filter(({ hasServer }) => hasServer).map(({ major }) => major)),
  ].sort();
  throw new BackupProblem(
    'tool-missing',
    `the copy must be restored into a PostgreSQL ${server}, as the source is one, and ${others.length === 0 ? 'no server is' : `only ${others.join(' and ')} ${others.length === 1 ? 'is' : 'are'}`} installed; install it in a step before this one: ${installLine(`postgresql-${server}`)}; or give the source a \`scratch\` URL of such a server`,
  );
}

/** What the distribution does not have, the script of its postgresql-common adds. */
function installLine(packageName: string): string {
  return `sudo apt-get install --yes ${packageName} (not known? first: sudo apt-get install --yes postgresql-common && sudo /usr/share/postgresql-common/pgdg/apt*.sh -y)`;
}

async function isServer(programs: Programs, directory: string, signal?: AbortSignal): Promise<boolean> {
  if (directory === '') return (await versionOf(programs, 'initdb', signal)) !== null;
  const both = ['initdb', 'postgres'].map((program) => access(join(directory, program)));
  return Promise.all(both).then(
    () => true,
    () => false,
  );
}

/** Null when it is not there or tells none. */
async function versionOf(programs: Programs, command: string, signal?: AbortSignal): Promise<string | null> {
  const asked = { command, args: ['--version'], timeoutMs: ASK_TIMEOUT_MS, ...(signal ? { signal } : {}) };
  const { outcome, stdout } = await programs.run(asked);
  signal?.throwIfAborted();
  return outcome === 'ok' ? (/\(PostgreSQL\) (\d+[\w.]*)/.exec(stdout)?.[1] ?? null) : null;
}

async function majorsIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter((name) => /^\d+$/.test(name));
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}
