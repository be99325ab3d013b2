import { type History, hasTrailer, historySince, subjectOf } from './branch-history.js';
import type { Client } from './client.js';
import { type BadRelease, GithubError, type QuarantineStanding } from './contract.js';
import { nullWhen } from './errors.js';
import { createObjects } from './objects.js';
import { sideBySide } from './side-by-side.js';

const AT_ONCE = 8;

/** How a commit stands to each of the bad releases. Rejects as Octokit does, and where the commit does not exist. */
export function quarantineStandings(
  client: Client,
  { commit, bad }: { readonly commit: string; readonly bad: readonly BadRelease[] },
): Promise<readonly QuarantineStanding[]> {
  return sideBySide(bad, { limit: AT_ONCE, work: (release) => standing(client, { commit, bad: release }) });
}

async function standing(
  client: Client,
  { commit, bad }: { readonly commit: string; readonly bad: BadRelease },
): Promise<QuarantineStanding> {
  const history = await historySince(client, { from: bad.sha, head: commit });
  // Not found may be the bad commit, which then nothing contains, or the asked one, of which nothing is known.
  if (
    history === null &&
    (await nullWhen(['not-found'], () => createObjects(client).commit(commit))) === null
  ) {
    throw new GithubError('not-found', `There is no commit ${commit}, so it is not known what it contains`);
  }
  const { release } = bad;
  if (history === null || !history.contains) {
    return { release, contains: false, rolledBack: false, fixedBy: null, since: [], isComplete: true };
  }
  const fix = history.commits.find(({ message }) => hasTrailer(message, 'Fixes-Release', release));
  return {
    release,
    contains: true,
    rolledBack: await isRolledBack(client, { commit, bad, history }),
    fixedBy: fix?.sha ?? null,
    since: history.commits.map(({ sha, message }) => ({ sha, subject: subjectOf(message) })),
    isComplete: history.isComplete,
  };
}

async function isRolledBack(
  client: Client,
  of: { readonly commit: string; readonly bad: BadRelease; readonly history: History },
): Promise<boolean> {
  const { release, rollbackCommit } = of.bad;
  const { commits, isComplete } = of.history;
  // A squashed pull request has another id, and keeps the trailer.
  if (
    commits.some(
      ({ sha, message }) => sha === rollbackCommit || hasTrailer(message, 'Gated-Release', release),
    )
  ) {
    return true;
  }
  if (isComplete || rollbackCommit === null) return false;
  const since = await historySince(client, { from: rollbackCommit, head: of.commit, pages: 1 });
  return since?.contains === true;
}
