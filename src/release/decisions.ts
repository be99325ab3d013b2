/** How a release ends, with the exit code of the step. */
export const DECISIONS = {
  promoted: { exit: 0, when: 'all stages passed' },
  passed: { exit: 0, when: 'dry run: nothing that the change itself must mend; `command: status`' },
  'nothing-to-do': {
    exit: 0,
    when: 'the version is in service already, nothing under `paths` changed since the last promoted commit, the commit is our own rollback, a newer commit that contains it was promoted while it waited, or there is nothing to resume',
  },
  waiting: {
    exit: 1,
    when: 'only time or people are missing: a window, a freeze, a sign-off. Nothing has begun, and nothing is held. Exit code 0 with `allow-waiting`',
  },
  paused: {
    exit: 1,
    when: 'parked on purpose (`canary.park`): the canary keeps its weight, and `command: resume` goes on. Exit code 0 with `allow-waiting`',
  },
  blocked: {
    exit: 1,
    when: 'plan or input error, missing permission, a gate shut before any effect, cancelled before any effect, busy',
  },
  'rolled-back': {
    exit: 1,
    when: 'after a failed effect, verdict or watch, or a cancel before the watch passed: weight and version in service are as before',
  },
  'rollback-pending': {
    exit: 1,
    when: 'the old version is not back until someone merges the rollback pull request (`rollback.order: commit-first`)',
  },
  halted: {
    exit: 1,
    when: 'irreversible: before promotion the weight is 0, after it nothing was moved; people are told',
  },
  'rollback-failed': {
    exit: 1,
    when: 'traffic or the rollback script failed, or the old version was not read back: then `last-resort` was run; or data that was to be restored was not, or writing may still be stopped',
  },
} as const satisfies Record<string, { exit: 0 | 1; when: string }>;

export type Decision = keyof typeof DECISIONS;

/** `allowWaiting`: the workflow takes a release that waits for no failure. */
export function exitCode(decision: Decision, { allowWaiting }: { readonly allowWaiting: boolean }): 0 | 1 {
  const waits = decision === 'waiting' || decision === 'paused';
  return waits && allowWaiting ? 0 : DECISIONS[decision].exit;
}
