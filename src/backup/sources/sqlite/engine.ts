import { isBuiltin } from 'node:module';
import type { Writable } from 'node:stream';
import type { Programs } from '../../../host/contract.js';
import { runTool, type Tool } from '../../flow.js';
import { BackupProblem } from '../../problem.js';

export interface Execution {
  /** A database file that is there. */
  readonly file: string;
  /** Statements, none of which holds a line's end. */
  readonly sql: readonly string[];
  /** Takes what is selected: a row a line, `|` between columns, nothing for NULL. */
  readonly rows?: Writable;
  readonly signal: AbortSignal | undefined;
}

/** Executes statements in their order, in a process of its own. Rejects with the first that fails. */
export type SqliteEngine = (execution: Execution) => Promise<void>;

/**
 * The SQLite of this Node where it has one (22.13 and later: the one that actions run on), else the `sqlite3` of the
 * PATH. Either is a process of its own: it can be ended, and a long statement holds nothing up. A database is opened
 * for writing, although it is only read: so the files beside one in WAL mode are left as they were found.
 */
export function sqliteEngine(programs: Programs, isOfNode = isBuiltin('node:sqlite')): SqliteEngine {
  const tool = isOfNode ? ofNode : ofPath;
  return ({ file, sql, rows, signal }) => {
    const input = (async function* () {
      for (const statement of sql) yield Buffer.from(`${statement};\n`);
    })();
    return runTool(programs, { ...tool(file), ...(signal ? { signal } : {}) }, { input, output: rows });
  };
}

function ofPath(file: string): Tool {
  const uri = `file:${encodeURI(file).replaceAll('?', '%3F').replaceAll('#', '%23')}?mode=rw`;
  return {
    name: 'sqlite3',
    command: 'sqlite3',
    args: ['-batch', '-bail', '-init', '/dev/null', '-list', '-noheader', uri],
    missing: new BackupProblem(
      'tool-missing',
      '`sqlite3` was not found on the PATH of the step, and this Node has no SQLite of its own; install it in a step before this one: sudo apt-get install --yes sqlite3',
    ),
  };
}

function ofNode(file: string): Tool {
  return {
    name: 'node:sqlite',
    command: process.execPath,
    args: ['--no-warnings', '--input-type=module', '--eval', PROGRAM],
    env: { SQLITE_FILE: file, NODE_OPTIONS: '' },
  };
}

/** Does what `sqlite3` does with a script on its stdin. */
const PROGRAM = `
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
const print = (lines) => new Promise((resolve) => process.stdout.write(lines, resolve));
try {
  const database = new DatabaseSync(process.env.SQLITE_FILE);
  for await (const line of createInterface({ input: process.stdin })) {
    const statement = database.prepare(line);
    statement.setReadBigInts(true);
    let lines = '';
    for (const row of statement.iterate()) {
      lines += Object.values(row).map((value) => value ?? '').join('|') + '\\n';
      if (lines.length < 65536) continue;
      await print(lines);
      lines = '';
    }
    await print(lines);
  }
  database.close();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
`;
