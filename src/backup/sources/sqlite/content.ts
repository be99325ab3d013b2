import type { Content } from '../../content.js';
import { textOf } from '../../flow.js';
import { BackupProblem } from '../../problem.js';
import { ContentScanner, type Grammar } from '../../scanner.js';
import type { SqliteEngine } from './engine.js';

interface Asked {
  readonly file: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * What a database file holds: all definitions, and the rows of each table in their stored order, every value with its
 * type. `PRAGMA integrity_check` comes first, since it names what is broken; a changed value it never sees.
 */
export async function contentOf(engine: SqliteEngine, asked: Asked): Promise<Content> {
  const text = await textOf((rows) => engine({ ...asked, sql: [INTEGRITY, COLUMNS], rows }));
  const lines = text.split('\n').filter((line) => line !== '');
  const verdicts = lines.filter((line) => line.startsWith('integrity|'));
  const problem = verdicts.length === 0 ? 'no answer' : verdicts.find((line) => line !== 'integrity|ok');
  if (problem !== undefined) {
    const told = problem.replace('integrity|', '');
    throw new BackupProblem('not-identical', `the copy of the database is damaged: ${told}`);
  }
  const scanner = new ContentScanner(rowsOfTables());
  await engine({ ...asked, sql: statements(lines.slice(verdicts.length)), rows: scanner });
  return scanner.content();
}

const INTEGRITY = "SELECT 'integrity', replace(integrity_check, char(10), ' ') FROM pragma_integrity_check";

/** Names as hex: so no character in one can be taken for a separator. A virtual table keeps its rows in real ones. */
const COLUMNS =
  "SELECT hex(t.name), hex(c.name) FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table' AND t.sql NOT LIKE 'CREATE VIRTUAL TABLE%' ORDER BY t.name, c.cid";

const DEFINITIONS = [
  "SELECT 'definition', type, hex(name), hex(tbl_name), hex(ifnull(sql, '')) FROM sqlite_master ORDER BY type, name",
  "SELECT 'user_version', user_version FROM pragma_user_version",
  "SELECT 'application_id', application_id FROM pragma_application_id",
  "SELECT 'encoding', encoding FROM pragma_encoding",
];

function statements(columns: readonly string[]): readonly string[] {
  const tables = new Map<string, string[]>();
  for (const line of columns) {
    const [table = '', column = ''] = line.split('|');
    tables.set(table, [...(tables.get(table) ?? []), column]);
  }
  return [
    ...DEFINITIONS,
    ...[...tables].flatMap(([table, names]) => [
      `SELECT 'table', '${table}'`,
      `SELECT ${names.map((name) => exactly(identifier(name))).join(', ')} FROM ${identifier(table)} NOT INDEXED`,
    ]),
  ];
}

/** A value with its type, in characters that need no quoting. `quote` gives a number with all digits that it has. */
function exactly(name: string): string {
  return `CASE typeof(${name}) WHEN 'text' THEN 't' || hex(${name}) WHEN 'blob' THEN 'b' || hex(${name}) WHEN 'null' THEN 'n' ELSE quote(${name}) END`;
}

function identifier(hex: string): string {
  return `"${Buffer.from(hex, 'hex').toString().replaceAll('"', '""')}"`;
}

const TABLE = 'table|';

/** `table|<name as hex>` begins the rows of a table, of which none can look like that. */
function rowsOfTables(): Grammar {
  let table: string | null = null;
  return {
    place(data, from, to) {
      if (data.toString('latin1', from, Math.min(to, from + TABLE.length)) === TABLE) {
        table = Buffer.from(data.toString('latin1', from + TABLE.length, to), 'hex').toString();
        return { part: table, kind: 'table', rows: 0 };
      }
      if (table === null) return { part: '(definitions)', kind: 'schema', rows: null };
      return { part: table, kind: 'table', rows: 1 };
    },
  };
}
