import { BackupProblem, listed } from '../../problem.js';
import { literal, type MysqlSession, rows } from './session.js';

/** Rejects with the tables that a dump cannot hold wholly, or not as of one moment. */
export async function refuseTables(session: MysqlSession): Promise<void> {
  const versioned = await tablesWhere(session, "table_type = 'SYSTEM VERSIONED'");
  if (versioned.length > 0) {
    throw new BackupProblem(
      'failed',
      `these tables are system-versioned, and a dump holds their present rows without the history: ${listed(versioned)}; drop it if nobody needs it (ALTER TABLE … DROP SYSTEM VERSIONING), or back them up by a \`run\` source that keeps it`,
    );
  }
  // What is not transactional is read as it is at the moment, and no two tables are of the same one.
  const unsafe = await tablesWhere(
    session,
    "table_type NOT IN ('VIEW', 'SYSTEM VIEW') AND coalesce(engine, '') <> 'InnoDB'",
  );
  if (unsafe.length === 0) return;
  throw new BackupProblem(
    'failed',
    `of these tables no consistent copy can be taken while they are written, since they are not InnoDB: ${listed(unsafe)}; convert them (ALTER TABLE … ENGINE=InnoDB), or back them up by a \`run\` source that stops what writes them`,
  );
}

/** Rejects with the columns whose values no dump tells to the last bit: two that differ have the same text. */
export async function refuseRounded(session: MysqlSession): Promise<void> {
  const found = await rows(
    session,
    `SELECT concat(c.table_name, '.', c.column_name) FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name WHERE c.table_schema = ${literal(session.database)} AND c.data_type = 'float' AND t.table_type NOT IN ('VIEW', 'SYSTEM VIEW') ORDER BY 1`,
  );
  if (found.length === 0) return;
  throw new BackupProblem(
    'not-identical',
    `these columns are FLOAT, which the server writes into a dump with six digits, so that their values are rounded (16777217 becomes 16777200) and no comparison of texts shows it: ${listed(found.map(([one = '']) => one))}; make them DOUBLE or DECIMAL, or, if rounded values will do, give the plan \`prove: restorable\``,
  );
}

async function tablesWhere(session: MysqlSession, condition: string): Promise<readonly string[]> {
  const found = await rows(
    session,
    `SELECT table_name FROM information_schema.tables WHERE table_schema = ${literal(session.database)} AND ${condition} ORDER BY 1`,
  );
  return found.map(([name = '']) => name);
}
