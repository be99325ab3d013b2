import type { PullRequest, ReleasedCommit } from '../github/contract.js';

/** A commit with the pull requests that GitHub names for it. */
export interface NamedCommit extends ReleasedCommit {
  readonly pulls: readonly PullRequest[];
}

/**
 * What has to be signed off: the pull requests that brought the commits in, and the commits that none brought in. An
 * open one counts only when its head is what is released; one that was closed brought nothing in.
 */
export function pullsToSign(
  commits: readonly NamedCommit[],
  { sha, recorded }: { readonly sha: string; readonly recorded: readonly string[] },
): { readonly pulls: readonly PullRequest[]; readonly direct: readonly ReleasedCommit[] } {
  const pulls = new Map<number, PullRequest>();
  const direct: ReleasedCommit[] = [];
  for (const commit of commits) {
    // A rollback commit that this ledger records brings back what was signed off before.
    if (recorded.includes(commit.sha)) continue;
    const merged = commit.pulls.filter(({ state }) => state === 'merged');
    const own = commit.pulls.filter(({ state, head }) => state === 'open' && head === sha);
    const counted = merged.length > 0 ? merged : own;
    for (const pull of counted) pulls.set(pull.number, pull);
    if (counted.length === 0) direct.push(commit);
  }
  return { pulls: [...pulls.values()].sort((a, b) => a.number - b.number), direct };
}
