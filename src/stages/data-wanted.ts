import type { BackupRunner, RestoreOptions } from '../backup/contract.js';
import type { Plan } from '../plan/plan.js';
import type { Started } from '../release/events.js';
import { ReleaseProblem } from '../release/problem.js';
import type { ReleaseState } from '../release/state.js';
import { keptOf } from './backed-up.js';

export type DataWanted = NonNullable<Started['data']>;

/**
 * The backups that a rollback by hand is to restore, after all that can be known of it before was looked at: nothing
 * is stopped or moved for a restore that cannot be. Throws `restore-impossible`.
 */
export async function dataWanted(
  of: ReleaseState | null,
  options: RestoreOptions & {
    readonly plan: Plan;
    readonly backup: BackupRunner;
    readonly from: string;
    /** What opens it all the same. */
    readonly overrides: readonly string[];
  },
): Promise<DataWanted> {
  const { plan, backup: runner, from, overrides, ...within } = options;
  const { backup, rollback } = plan;
  if (backup?.kind !== 'sources')
    throw impossible('the plan has no `backup.sources`, so there is nothing to restore by');
  if (rollback.quiesce === null)
    throw impossible(
      'the plan has no `rollback.quiesce`: what writes the data must be stopped before it is replaced',
    );
  if (rollback.order === 'commit-first')
    throw impossible(
      'with `order: commit-first` the old version may come back only by a merge, and until then the bad one would spoil the restored data; restore it by the commands of the report',
    );
  const backups = (of?.backups ?? []).map(keptOf);
  if (backups.length === 0)
    throw impossible(
      `the release ${from}, after which the data is bad, recorded no backup (its \`backup.when\` may have left it out)`,
    );
  const able = await runner
    .restorer(backup, { ...within, backups })
    .check()
    .catch((error: unknown) => {
      throw impossible(error instanceof Error ? error.message : String(error));
    });
  const left = backups.filter(({ source }) => !able.some((one) => one.source === source));
  const names = left.map(({ source, kind }) => `\`${source}\` (${kind})`).join(', ');
  if (able.length === 0)
    throw impossible(
      `none of its backups can be put in place by this action: ${names}; restore them by the commands of the report`,
    );
  if (left.length > 0)
    within.onProgress(
      `Not restored, since this action cannot put it in place: ${names}. The report has the commands.`,
    );
  const unsavable = overrides.includes('broken-state')
    ? null
    : await runner.restorer(backup, { ...within, backups: able }).unsavable();
  if (unsavable !== null) throw impossible(unsavedText(unsavable));
  return { release: from, backups: [...able] };
}

/** How the restore goes on without a backup of the present state; `why`: without a full stop. */
export function unsavedText(why: string): string {
  return `its present state could not be saved first: ${why}. If it is broken and that cannot be mended, dispatch the same rollback with \`override: broken-state\`: it is then replaced without having been saved, and kept beside the restored data under its name with \`_before_\` all the same`;
}

function impossible(why: string): ReleaseProblem {
  return new ReleaseProblem('restore-impossible', why);
}
