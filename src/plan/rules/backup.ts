import type { Finding } from '../finding.js';
import type { Plan } from '../plan.js';
import { isOnThisMachine } from '../repositories.js';

/** What makes a backup one that would be lost, or proves less than it seems to. */

export function survivesThisMachine({ backup, environment }: Plan): Finding[] {
  if (environment !== 'production' || backup?.kind !== 'sources') return [];
  const { store } = backup;
  if (store === null || store.sameMachine) return [];
  // A repository that a variable names is looked at when it is opened.
  if (store.kind === 'restic' && !isOnThisMachine(store.repository)) return [];
  return [
    {
      path: ['backup', 'store', store.kind],
      rule: 'In production a backup in a directory would be lost with this machine',
      remedy:
        'If the directory outlasts it (a mounted volume), or the loss is acceptable, add `same-machine: true`.',
    },
  ];
}

export function backsSomethingUp({ backup }: Plan): Finding[] {
  if (backup?.kind !== 'sources' || backup.sources.length > 0) return [];
  return [
    {
      path: ['backup', 'sources'],
      rule: 'A backup has at least one source',
      remedy: 'Add one, for example `settings: {files: ["config/**"]}`, or remove `backup`.',
    },
  ];
}

export function keepsItSomewhere({ backup }: Plan): Finding[] {
  if (backup?.kind !== 'sources' || backup.store !== null) return [];
  if (backup.sources.every(({ kind }) => kind === 'snapshot')) return [];
  return [
    {
      path: ['backup', 'store'],
      rule: 'A backup is kept in a store',
      remedy: 'Add one, for example `store: {directory: "${BACKUP_DIRECTORY}"}`.',
    },
  ];
}

/** The level and the scripts go together: one without the other would prove less than it seems to. */
export function triesItOut({ backup }: Plan): Finding[] {
  if (backup?.kind !== 'sources') return [];
  const scripts = backup.sources.filter(({ usable }) => usable !== null);
  if (backup.prove === 'usable' && scripts.length === 0 && backup.sources.length > 0) {
    return [
      {
        path: ['backup', 'prove'],
        rule: 'That a copy is usable is proved by a script that uses it, and no source has one',
        remedy: 'Give a source `usable: ./migrate.sh`, or write `prove: identical`.',
      },
    ];
  }
  if (backup.prove === 'usable') return [];
  return scripts.map(({ name }) => ({
    path: ['backup', 'sources', name, 'usable'],
    rule: `This script would not run, since the backup is proved ${backup.prove} only`,
    remedy: 'Add `prove: usable` to `backup`, or remove the script.',
  }));
}
