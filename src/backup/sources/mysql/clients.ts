import type { Programs } from '../../../host/contract.js';
import { BackupProblem } from '../../problem.js';

/** The two of one descent write data differently by now; what one dumps, the other may not read. */
export type Family = 'MariaDB' | 'MySQL';

/** The programs of one family. */
export interface MysqlPrograms {
  readonly family: Family;
  /** `10.11.19` */
  readonly version: string;
  readonly client: string;
  readonly dump: string;
}

const ASK_TIMEOUT_MS = 30_000;

/** Both families install programs with the old names; how they tell their version says whose they are. */
const CANDIDATES = [
  { client: 'mariadb', dump: 'mariadb-dump' },
  { client: 'mysql', dump: 'mysqldump' },
] as const;

/** One set for each family that is there. */
export async function installedClients(
  programs: Programs,
  signal?: AbortSignal,
): Promise<readonly MysqlPrograms[]> {
  const found = await Promise.all(
    CANDIDATES.map(async ({ client, dump }) => {
      const told = await Promise.all([client, dump].map((program) => versionOf(programs, program, signal)));
      const [first, second] = told;
      if (!first || !second || first.family !== second.family) return [];
      return [{ ...second, client, dump }];
    }),
  );
  return found.flat();
}

/** The programs of the family of the server, and not older than it. */
export function clientsFor(
  server: { readonly family: Family; readonly version: string },
  installed: readonly MysqlPrograms[],
): MysqlPrograms {
  const { family, version } = server;
  const own = installed.find((one) => one.family === family);
  if (own !== undefined && majorOf(own.version) >= majorOf(version)) return own;
  const found =
    own === undefined
      ? `the programs of ${family} were not found on the PATH of the step`
      : `the ${own.dump} found is ${own.version}, which does not know all of a newer server`;
  throw missing(`the server is a ${family} ${version}, and ${found}`, family);
}

export function noClients(): BackupProblem {
  return new BackupProblem(
    'tool-missing',
    `a mysql source needs the clients of its server, and neither mariadb and mariadb-dump nor mysql and mysqldump were found on the PATH of the step; install them in a step before this one: ${installLine('MariaDB')}, or ${installLine('MySQL')}`,
  );
}

export function missing(why: string, family: Family, part: 'client' | 'server' = 'client'): BackupProblem {
  return new BackupProblem(
    'tool-missing',
    `${why}; install it in a step before this one: ${installLine(family, part)}${part === 'server' ? '; or give the source a `scratch` URL of such a server' : ''}`,
  );
}

function installLine(family: Family, part: 'client' | 'server' = 'client'): string {
  return `sudo apt-get install --yes ${family === 'MariaDB' ? 'mariadb' : 'mysql'}-${part}`;
}

/** `10.11` of MariaDB and `8.0` of MySQL: what a dump looks like may change with it. */
export function seriesOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

/** `mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB, …`, `mariadb from 11.4.2-MariaDB, …`, `mysqldump  Ver 8.0.41 for Linux …` */
async function versionOf(
  programs: Programs,
  command: string,
  signal?: AbortSignal,
): Promise<Pick<MysqlPrograms, 'family' | 'version'> | null> {
  const asked = { command, args: ['--no-defaults', '--version'], timeoutMs: ASK_TIMEOUT_MS };
  const { outcome, stdout } = await programs.run({ ...asked, ...(signal ? { signal } : {}) });
  signal?.throwIfAborted();
  if (outcome !== 'ok') return null;
  const [, mariadb] = /(\d+\.\d+\.\d+)-MariaDB/.exec(stdout) ?? [];
  if (mariadb !== undefined) return { family: 'MariaDB', version: mariadb };
  const [, mysql] = /Ver (?:[\d.]+ Distrib )?(\d+\.\d+\.\d+)/.exec(stdout) ?? [];
  return mysql === undefined ? null : { family: 'MySQL', version: mysql };
}
