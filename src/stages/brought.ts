import { pullsToSign } from '../gates/released-pulls.js';
import type { PullFacts } from '../gates/sign-off-facts.js';
import type { Facts, PullRequest, ReleasedCommit } from '../github/contract.js';
import type { Current } from '../release/current.js';
import { inBatches, pullFacts } from './pull-facts.js';

/** What brought some commits in, and what people said of it. */
export interface Brought {
  readonly pulls: readonly PullFacts[];
  /** Commits that no pull request brought in. */
  readonly direct: readonly ReleasedCommit[];
}

export type ReadBrought = (
  commits: readonly ReleasedCommit[],
  about: { readonly sha: string; readonly current: Current },
) => Promise<Brought>;

/** Reads who agreed to which commits; for several services of one change each commit and pull request once. */
export function createBrought(facts: Facts): ReadBrought {
  const pullsOf = once((sha: string) => sha, facts.pullsOf);
  const said = once(
    ({ number }: PullRequest) => number,
    (pull) => pullFacts(facts, pull),
  );
  return async (commits, { sha, current }) => {
    const named = await inBatches(commits, async (commit) => ({
      ...commit,
      pulls: await pullsOf(commit.sha),
    }));
    const recorded = current.quarantine.flatMap(({ rollback }) => (rollback === null ? [] : [rollback]));
    const { pulls, direct } = pullsToSign(named, { sha, recorded });
    return { pulls: await inBatches(pulls, said), direct };
  };
}

function once<Item, Result>(
  keyOf: (item: Item) => string | number,
  read: (item: Item) => Promise<Result>,
): (item: Item) => Promise<Result> {
  const known = new Map<string | number, Promise<Result>>();
  return (item) => {
    const result = known.get(keyOf(item)) ?? read(item);
    known.set(keyOf(item), result);
    return result;
  };
}
