import type { BackupSource } from '../../plan/plan.js';
import type { SourcePorts } from '../ports.js';
import type { BackupSourceDriver } from '../provider.js';
import { createFilesDriver } from './files.js';
import { createMysqlDriver } from './mysql.js';
import { createPostgresDriver } from './postgres.js';
import { createRunDriver } from './run.js';
import { createSnapshotDriver } from './snapshot.js';
import { createSqliteDriver } from './sqlite.js';

type Kind = BackupSource['kind'];
type SourceOf<K extends Kind> = Extract<BackupSource, { kind: K }>;

/** Every kind of source that a plan may name; a kind without its line here does not compile. */
const drivers: { readonly [K in Kind]: (source: SourceOf<K>, ports: SourcePorts) => BackupSourceDriver } = {
  files: createFilesDriver,
  mysql: createMysqlDriver,
  postgres: createPostgresDriver,
  run: createRunDriver,
  snapshot: createSnapshotDriver,
  sqlite: createSqliteDriver,
};

export function driverOf<K extends Kind>(
  source: SourceOf<K> & { readonly kind: K },
  ports: SourcePorts,
): BackupSourceDriver {
  return drivers[source.kind](source, ports);
}
