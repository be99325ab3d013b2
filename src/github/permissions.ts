import type { Log } from '../host/contract.js';
import type { PermissionNotes } from './contract.js';

/** What is lost without each permission, in the words of the README. */
const EFFECTS = {
  'contents: write': 'the ledger and the rollback commit cannot be written',
  'checks: write': 'stages are shown as plain commit statuses, without a report',
  'statuses: write': 'stages are shown in the job summary only',
  'pull-requests: write':
    'a rollback that needs a pull request ends as a branch that somebody has to open one from',
  'issues: write':
    'no issue tells people of a release that went wrong, or of a verification that does not pass',
  'deployments: write': 'no GitHub deployment shows this release',
  'deployments: read': 'a lost ledger cannot be told from a first release',
  'actions: read': 'a release whose job has ended is taken over only when its lease expires',
} as const;

export type Permission = keyof typeof EFFECTS;

export interface Permissions extends PermissionNotes {
  /** Notes that the token lacks a permission; the first time it is also a warning in the log. */
  note(permission: Permission): void;
}

export function createPermissions(log: Log): Permissions {
  const missing = new Set<Permission>();
  return {
    note: (permission) => {
      if (missing.has(permission)) return;
      missing.add(permission);
      log.warning(
        `The token lacks the permission \`${permission}\`: ${EFFECTS[permission]}. ` +
          `Add \`${permission}\` under \`permissions:\` of the job.`,
      );
    },
    list: () => [...missing].map((permission) => ({ permission, effect: EFFECTS[permission] })),
  };
}
