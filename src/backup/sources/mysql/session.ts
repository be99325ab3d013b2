import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Programs } from '../../../host/contract.js';
import { runTool, type Tool, textOf } from '../../flow.js';
import { withScratch } from '../../scratch.js';
import { clientsFor, type Family, installedClients, type MysqlPrograms, noClients } from './clients.js';
import { type MysqlConnection, optionFile } from './connection.js';

/** A database, and the programs that speak to it. Its password is in an option file that only this user reads. */
export interface MysqlSession {
  readonly programs: Programs;
  readonly clients: MysqlPrograms;
  /** The path of the option file. */
  readonly optionFile: string;
  readonly database: string;
  readonly signal: AbortSignal | undefined;
}

export interface MysqlServer {
  readonly family: Family;
  /** `10.11.19` */
  readonly version: string;
  /** Equal for two connections to the same server, whatever the ways there. */
  readonly identity: string;
  readonly charset: string;
  readonly collation: string;
}

/** Lends a session, and finds the clients that fit the server by asking it with any that are there. */
export async function withSession<T>(
  programs: Programs,
  options: {
    readonly connection: MysqlConnection;
    readonly temporary: string;
    readonly signal: AbortSignal | undefined;
  },
  work: (live: { readonly session: MysqlSession; readonly server: MysqlServer }) => Promise<T>,
): Promise<T> {
  const { connection, temporary, signal } = options;
  const installed = await installedClients(programs, signal);
  const [some] = installed;
  if (some === undefined) throw noClients();
  return withScratch(temporary, async (directory) => {
    const file = join(directory, 'client.cnf');
    await writeFile(file, optionFile(connection), { mode: 0o600 });
    const asking = { programs, clients: some, optionFile: file, database: connection.database, signal };
    const server = await describe(asking);
    return work({ session: { ...asking, clients: clientsFor(server, installed) }, server });
  });
}

/** A client with its own option file and no other. */
export function toolFor(session: MysqlSession, program: 'client' | 'dump', args: readonly string[]): Tool {
  const { clients, optionFile: file, signal } = session;
  const command = clients[program];
  return {
    name: command,
    command,
    args: [`--defaults-file=${file}`, ...args],
    ...(signal ? { signal } : {}),
  };
}

/** Executes SQL in one session and gives what it prints: a row a line, columns apart by tabs, `\n` and `\t` escaped. */
export async function sql(session: MysqlSession, text: string): Promise<string> {
  const tool = toolFor(session, 'client', [
    '--batch',
    '--skip-column-names',
    '--default-character-set=utf8mb4',
  ]);
  const input = (async function* () {
    yield Buffer.from(text);
  })();
  return (await textOf((output) => runTool(session.programs, tool, { input, output }))).trim();
}

/** The rows of an answer. As the client prints them, what would end a column or a line is escaped. */
export async function rows(session: MysqlSession, query: string): Promise<readonly (readonly string[])[]> {
  const answer = await sql(session, `${query};`);
  return answer === '' ? [] : answer.split('\n').map((line) => line.split('\t').map(unescaped));
}

export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** Which server it is shows in where it runs, where its data is, and when it was started, to the second. */
async function describe(session: MysqlSession): Promise<MysqlServer> {
  const answer = await sql(
    session,
    `SELECT version(), @@version_comment, concat_ws('|', @@hostname, @@port, @@datadir), default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = ${literal(session.database)};
SELECT @@version;`,
  );
  const [line = ''] = answer.split('\n');
  const fields = line.split('\t');
  const [told = '', comment = '', identity = '', charset = '', collation = ''] = fields;
  return {
    family: /mariadb/i.test(told + comment) ? 'MariaDB' : 'MySQL',
    version: /\d+\.\d+\.\d+/.exec(told)?.[0] ?? '',
    identity,
    charset,
    collation,
  };
}

function unescaped(field: string): string {
  const named: Readonly<Record<string, string>> = { n: '\n', t: '\t', '0': '\0' };
  return field.replace(/\\(.)/g, (_all, character: string) => named[character] ?? character);
}
