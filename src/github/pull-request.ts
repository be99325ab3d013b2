import type { Client } from './client.js';
import type { RollbackRequest } from './contract.js';
import { failureOf, nullWhen } from './errors.js';
import type { Permissions } from './permissions.js';
import { rollbackBranch } from './rollback-text.js';
import { oneLine } from './text.js';

const REASON_LENGTH = 300;

export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'merged' | 'closed';
  /** The commit that brought it into the branch, null while it is not merged. */
  readonly mergeCommit: string | null;
}

export interface PullRequestContext {
  /** Speaks with the rollback token. */
  readonly writer: Client;
  readonly request: RollbackRequest;
  readonly permissions: Permissions;
}

/** The pull request of the rollback: a merged one rather than an open one, that rather than a closed one. */
export async function findPullRequest({ writer, request }: PullRequestContext): Promise<PullRequest | null> {
  const { octokit, at } = writer;
  const branch = rollbackBranch(request);
  const query = { ...at, head: `${at.owner}:${branch}`, base: request.branch, state: 'all' as const };
  // A token that may not read pull requests cannot open one either: that comes out when it tries.
  const answer = await nullWhen(['forbidden', 'not-found'], () =>
    octokit.request('GET /repos/{owner}/{repo}/pulls', query),
  );
  const found = (answer?.data ?? [])
    .filter(({ head }) => head.ref === branch)
    .map((pull): PullRequest => {
      const isMerged = pull.merged_at !== null;
      const state = isMerged ? 'merged' : pull.state === 'open' ? 'open' : 'closed';
      const { number, html_url: url } = pull;
      return { number, url, state, mergeCommit: isMerged ? pull.merge_commit_sha : null };
    });
  const first = (state: PullRequest['state']) => found.find((pull) => pull.state === state);
  return first('merged') ?? first('open') ?? first('closed') ?? null;
}

/** Opens it, or gives the one that another run has opened meanwhile; else why the token may not. */
export async function openPullRequest(
  context: PullRequestContext,
  body: string,
): Promise<(PullRequest & { readonly existed: boolean }) | { readonly refusal: string }> {
  const { writer, request, permissions } = context;
  const { octokit, at } = writer;
  const [head, base] = [rollbackBranch(request), request.branch];
  try {
    const { data } = await octokit.request('POST /repos/{owner}/{repo}/pulls', {
      ...at,
      title: request.title,
      body,
      head,
      base,
    });
    return { number: data.number, url: data.html_url, state: 'open', mergeCommit: null, existed: false };
  } catch (error) {
    const { kind, reason } = failureOf(error);
    if (kind === 'unreachable' || kind === 'limited') throw error;
    const other = await findPullRequest(context);
    if (other !== null && other.state !== 'closed') return { ...other, existed: true };
    return { refusal: refusalOf({ kind, reason, permissions }) };
  }
}

function refusalOf(of: { kind: string; reason: string; permissions: Permissions }): string {
  const { kind, permissions } = of;
  const reason = oneLine(of.reason, REASON_LENGTH);
  // A setting of the repository, not a permission of the job.
  if (/not permitted to create/i.test(reason)) {
    return (
      `the repository does not let its workflows open pull requests (${reason}); allow it in its settings under ` +
      'Actions, General, or give a `rollback-token`'
    );
  }
  if (kind === 'forbidden') permissions.note('pull-requests: write');
  return `GitHub did not open a pull request: ${reason}`;
}
