import { type CheckRunsOptions, createCheckRuns } from './check-runs.js';
import type { CheckReport, Checks } from './contract.js';
import { failureOf } from './errors.js';
import { insist } from './insist.js';
import { createOutbox } from './outbox.js';
import type { Permissions } from './permissions.js';
import { oneLine } from './text.js';

const DESCRIPTION_LENGTH = 140;
/** No check can have this name: it stands for those that an earlier step left in progress. */
const LEFT = 'checks left in progress';

export interface ChecksOptions extends CheckRunsOptions {
  readonly permissions: Permissions;
}

/**
 * Status checks: check runs where the token may write them, else commit statuses of the same name, else nothing. A
 * name is one or the other: where both exist, GitHub requires both.
 */
export function createChecks(options: ChecksOptions): Checks {
  const { permissions, patience } = options;
  const runs = createCheckRuns(options);
  let way: 'runs' | 'statuses' | 'none' = 'runs';

  const sendBest = async (report: CheckReport): Promise<void> => {
    if (way === 'runs' || runs.has(report.name)) {
      if (await permitted(() => runs.send(report))) return;
      permissions.note('checks: write');
      if (way === 'runs') way = 'statuses';
    }
    if (way !== 'statuses' || runs.has(report.name)) return;
    if (await permitted(() => postStatus(options, report))) return;
    permissions.note('statuses: write');
    way = 'none';
  };

  const closeEach = async (report: CheckReport): Promise<void> => {
    for (const name of await runs.adoptLeft()) await sendBest({ ...report, name });
  };

  const outbox = createOutbox<CheckReport>(async (name, report) => {
    try {
      await (name === LEFT ? closeEach(report) : sendBest(report));
    } catch (error) {
      // A check shows the release and is not the release: it may be lost, but not silently.
      patience.log.warning(`The check "${name}" was not posted: ${failureOf(error).reason}`);
    }
  });

  return {
    report: (report) => outbox.put(report.name, report),
    closeLeft: (report) => outbox.put(LEFT, { ...report, name: LEFT, status: 'completed' }),
    ids: runs.ids,
    settle: outbox.settle,
  };
}

async function permitted(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (failureOf(error).kind === 'forbidden') return false;
    throw error;
  }
}

async function postStatus(options: ChecksOptions, report: CheckReport): Promise<void> {
  const { client, sha, runUrl, redact, patience } = options;
  const { octokit, at } = client;
  const status = {
    ...at,
    sha: sha(),
    context: report.name,
    state: stateOf(report),
    // Redacted before it is cut: half a secret would not be recognised any more.
    description: oneLine(redact(report.title), DESCRIPTION_LENGTH),
    target_url: runUrl,
  };
  await insist(
    {
      what: `post the status "${report.name}"`,
      attempt: () => octokit.request('POST /repos/{owner}/{repo}/statuses/{sha}', status),
    },
    patience,
  );
}

const STATES = {
  success: 'success',
  neutral: 'success',
  skipped: 'success',
  failure: 'failure',
  action_required: 'failure',
  cancelled: 'error',
} as const satisfies Record<NonNullable<CheckReport['conclusion']>, string>;

function stateOf({ status, conclusion }: CheckReport): (typeof STATES)[keyof typeof STATES] | 'pending' {
  return status === 'in_progress' ? 'pending' : STATES[conclusion ?? 'failure'];
}
