import type { BackupSource } from '../../plan/plan.js';
import type { SourcePorts } from '../ports.js';
import type { BackupSourceDriver } from '../provider.js';
import { createFilesDriver } from './files.js';
import { createRunDriver } from './run.js';

type Kind = BackupSource['kind'];
type SourceOf<K extends Kind> = Extract<BackupSource, { kind: K }>;

/** Every kind of source that a plan may name; a kind without its line here does not compile. */
const drivers: { readonly [K in Kind]: (source: SourceOf<K>, ports: SourcePorts) => BackupSourceDriver } = {
  files: createFilesDriver,
  run: createRunDriver,
};

export function driverOf<K extends Kind>(
  source: SourceOf<K> & { readonly kind: K },
  ports: SourcePorts,
): BackupSourceDriver {
  return drivers[source.kind](source, ports);
}
