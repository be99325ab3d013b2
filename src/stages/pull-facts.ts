import type { PullFacts } from '../gates/sign-off-facts.js';
import { isNamedInShort } from '../gates/signatures.js';
import { type Facts, GithubError, type PullRequest, type ReleasedCommit } from '../github/contract.js';
import type { CheckTarget } from '../release/check-target.js';

const AT_ONCE = 8;

/** A pull request with what people said of it. */
export async function pullFacts(facts: Facts, pull: PullRequest): Promise<PullFacts> {
  const [reviews, comments, commits] = await Promise.all([
    facts.reviews(pull.number),
    facts.comments(pull.number),
    commitsWithHead(facts, pull),
  ]);
  const headMoves = isNamedInShort({ pull, comments }) ? await facts.headMoves(pull) : null;
  return { pull, commits, reviews, comments, headMoves };
}

/** GitHub lists the first 250 commits only: the head of a longer one is read by itself. */
async function commitsWithHead(
  facts: Facts,
  { number, head }: PullRequest,
): Promise<readonly ReleasedCommit[]> {
  const commits = await facts.commitsOfPull(number);
  if (commits.some(({ sha }) => sha === head)) return commits;
  const last = await facts.commits({ base: null, head }).catch(goneAsNone);
  return [...commits, ...(last ?? [])];
}

/** The head of a fork that was deleted may be gone. */
function goneAsNone(error: unknown): null {
  if (error instanceof GithubError && error.kind === 'not-found') return null;
  throw error;
}

/**
 * The pull requests of a merge group. Its branch is named after the last one; the others are those that GitHub names
 * for its commits, and those that a commit's subject names as GitHub writes it (`(#7)`, `Merge pull request #7`). A
 * subject that names another one by mistake asks for more sign-off, never for less.
 */
export async function pullsOfGroup(
  facts: Facts,
  group: Extract<CheckTarget, { kind: 'group' }>,
): Promise<readonly PullFacts[]> {
  const { head, base, branch, last } = group;
  const commits = await facts.commits({ base, head });
  // Of more than can be looked at some would be missing.
  if (commits === null) return [];
  const named = await inBatches(commits, (commit) => facts.pullsOf(commit.sha));
  const numbers = new Set([
    ...named.flat().map(({ number }) => number),
    ...commits.flatMap(({ subject }) => numberIn(subject)),
    ...(last === null ? [] : [last]),
  ]);
  const found = await inBatches([...numbers].sort(ascending), (number) => facts.pull(number));
  const members = found.flatMap((pull) =>
    // An earlier one that a subject speaks of is merged already.
    pull && (pull.state === 'open' || pull.number === last) && (branch ?? pull.base.ref) === pull.base.ref
      ? [pull]
      : [],
  );
  return inBatches(members, (pull) => pullFacts(facts, pull));
}

export async function inBatches<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  }
  return results;
}

function numberIn(subject: string): readonly number[] {
  const number = /^Merge pull request #(\d{1,9}) from |\(#(\d{1,9})\)$/.exec(subject);
  return number === null ? [] : [Number(number[1] ?? number[2])];
}

function ascending(a: number, b: number): number {
  return a - b;
}
