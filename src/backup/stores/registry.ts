import type { BackupPlace } from '../../plan/plan.js';
import { expanded } from '../expand.js';
import type { StorePorts } from '../ports.js';
import type { BackupStore } from '../provider.js';
import { openDirectoryStore } from './directory.js';
import { openResticStore } from './restic.js';

type Kind = BackupPlace['kind'];
type PlaceOf<K extends Kind> = Extract<BackupPlace, { kind: K }>;

/** Every kind of store that a plan may name; a kind without its line here does not compile. */
const stores: { readonly [K in Kind]: (place: PlaceOf<K>, ports: StorePorts) => Promise<BackupStore> } = {
  directory: ({ directory }, { env, workspace }) =>
    openDirectoryStore(
      expanded(directory, env, { what: 'the backup store', code: 'store-unusable' }),
      workspace,
    ),
  restic: openResticStore,
};

/** Opens the store that a plan names. Rejects with a `BackupProblem` when it cannot be used. */
export function openStore<K extends Kind>(
  place: PlaceOf<K> & { readonly kind: K },
  ports: StorePorts,
): Promise<BackupStore> {
  return stores[place.kind](place, ports);
}
