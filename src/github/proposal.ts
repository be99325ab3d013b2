import { hasTrailer } from './branch-history.js';
import { compareUrl } from './manual.js';
import { createObjects } from './objects.js';
import { findPullRequest, openPullRequest } from './pull-request.js';
import { moveBranch } from './rollback-commit.js';
import type { Rollback } from './rollback-situation.js';
import { rollbackBranch } from './rollback-text.js';

/**
 * What became of a proposal. `open`: a pull request, or the branch alone with the page that opens one and why there is
 * none. `merged`: by the commit. `refused`: nothing is left to be merged.
 */
export type Proposed =
  | {
      readonly state: 'open';
      readonly branch: string;
      readonly commit: string;
      readonly url: string;
      /** null where no pull request could be opened. */
      readonly number: number | null;
      readonly refusal: string;
      readonly existed: boolean;
    }
  | { readonly state: 'merged'; readonly commit: string }
  | { readonly state: 'refused'; readonly why: string };

export interface Proposal {
  /** The head of the rollback's own branch, null when there is none yet. */
  readonly own: string | null;
  /** Makes the commit; called only where there is no branch yet. */
  readonly commit: () => Promise<string>;
  /** Of the pull request, Markdown. */
  readonly body: string;
}

/**
 * Puts the rollback on a branch of its own and opens a pull request from it. What an earlier attempt has made of this
 * is found and taken up; what a person has closed stays closed.
 */
export async function propose(rollback: Rollback, proposal: Proposal): Promise<Proposed | 'moved'> {
  const { request, made, repositoryUrl } = rollback;
  const branch = rollbackBranch(request);
  const known = await findPullRequest(rollback);
  if (known?.state === 'merged' && known.mergeCommit !== null) {
    return { state: 'merged', commit: known.mergeCommit };
  }
  if (known?.state === 'closed') {
    const why = `The pull request ${known.url} was closed without being merged; it is not opened again`;
    return { state: 'refused', why };
  }
  const commit = proposal.own ?? (await proposal.commit());
  if (proposal.own === null) {
    const moved = await pushOwn(rollback, { branch, commit });
    if (moved !== 'done') return moved;
  } else if (!(await isOurs(rollback, proposal.own))) {
    const why = `The branch "${branch}" holds something else: ${proposal.own} is no rollback of this release`;
    return { state: 'refused', why };
  }
  const opened = known ?? (await openPullRequest(rollback, proposal.body));
  const existed = proposal.own !== null && !made.has(proposal.own);
  if ('refusal' in opened) {
    const url = compareUrl(request, repositoryUrl);
    return { state: 'open', branch, commit, url, number: null, refusal: opened.refusal, existed };
  }
  return { state: 'open', branch, commit, url: opened.url, number: opened.number, refusal: '', existed };
}

async function pushOwn(
  rollback: Rollback,
  { branch, commit }: { readonly branch: string; readonly commit: string },
): Promise<'done' | 'moved' | Proposed> {
  rollback.made.add(commit);
  const repositoryId = await rollback.repositoryId();
  const moved = await moveBranch(rollback, { branch, from: null, to: commit, repositoryId });
  return typeof moved === 'string' ? moved : { state: 'refused', why: moved.refusal };
}

async function isOurs({ client, request, made }: Rollback, own: string): Promise<boolean> {
  if (made.has(own)) return true;
  const { message } = await createObjects(client).commit(own);
  return hasTrailer(message, 'Gated-Release', request.release);
}
