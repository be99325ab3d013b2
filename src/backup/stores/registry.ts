import type { Backup } from '../../plan/plan.js';
import { type Environment, expand } from '../../plan/variables.js';
import { BackupProblem } from '../problem.js';
import type { BackupStore } from '../provider.js';
import { openDirectoryStore } from './directory.js';

type StoreConfig = Extract<Backup, { kind: 'sources' }>['store'];

/** Every key that a plan's `backup.store` may have, with what opens it. */
const stores = { directory: openDirectoryStore };

/**
 * Opens the store that a plan names, `${NAME}` in it read from `env`. Rejects with a `BackupProblem` when the store
 * cannot be used.
 */
export async function openStore(
  config: StoreConfig,
  { workspace, env }: { readonly workspace: string; readonly env: Environment },
): Promise<BackupStore> {
  const place = expand(config.directory, env);
  if ('text' in place) return stores.directory(place.text, workspace);
  throw new BackupProblem(
    'store-unusable',
    `the backup store ${JSON.stringify(config.directory)} names ${place.missing.join(', ')}, which is not set or empty; give the step this variable by \`env\``,
  );
}
