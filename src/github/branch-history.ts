import type { Client } from './client.js';
import { GithubError } from './contract.js';
import { nullWhen } from './errors.js';

const PAGE = 100;
const PAGES = 10;

export interface HistoryCommit {
  readonly sha: string;
  readonly tree: string;
  readonly message: string;
  readonly parents: readonly string[];
}

/** What a commit has that another has not. */
export interface History {
  /** The tree of the older commit. */
  readonly fromTree: string;
  /** Whether the newer commit contains the older one. */
  readonly contains: boolean;
  /** Oldest first, none where it does not contain it; not all where there are more than were asked for. */
  readonly commits: readonly HistoryCommit[];
  readonly isComplete: boolean;
  /** Old → new path of files that were renamed in between, as far as GitHub lists them: it stops at 300 files. */
  readonly renamed: ReadonlyMap<string, string>;
}

/**
 * The commits that `head` has and `from` has not, a hundred a request; null when one of them does not exist, or they
 * have nothing in common.
 */
export async function historySince(
  { octokit, at }: Client,
  { from, head, pages = PAGES }: { readonly from: string; readonly head: string; readonly pages?: number },
): Promise<History | null> {
  const commits: HistoryCommit[] = [];
  const renamed = new Map<string, string>();
  for (let page = 1; ; page++) {
    const query = { ...at, basehead: `${from}...${head}`, per_page: PAGE, page };
    const answer = await nullWhen(['not-found'], () =>
      octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', query),
    );
    if (answer === null) return null;
    const { status, base_commit: base, commits: listed, total_commits: total } = answer.data;
    const fromTree = base.commit.tree.sha;
    if (status !== 'identical' && status !== 'ahead') {
      return { fromTree, contains: false, commits: [], isComplete: true, renamed };
    }
    for (const { status: how, filename, previous_filename: before } of answer.data.files ?? []) {
      if (how === 'renamed' && before !== undefined) renamed.set(before, filename);
    }
    for (const { sha, commit, parents } of listed) {
      const { message, tree } = commit;
      commits.push({ sha, message, tree: tree.sha, parents: parents.map((parent) => parent.sha) });
    }
    const isComplete = commits.length >= total || listed.length === 0;
    if (isComplete || page >= pages) return { fromTree, contains: true, commits, isComplete, renamed };
  }
}

/** As `historySince`, for a branch whose every commit since then has to be known; null where it is not contained. */
export async function wholeHistory(
  client: Client,
  { from, head }: { readonly from: string; readonly head: string },
): Promise<History | null> {
  const history = await historySince(client, { from, head });
  if (history === null || !history.contains) return null;
  if (history.isComplete) return history;
  throw new GithubError('refused', `${head} is more than ${PAGE * PAGES} commits ahead of ${from}`);
}

/** Whether a message has a line `key: value`, as git's trailers are. */
export function hasTrailer(message: string, key: string, value: string): boolean {
  const wanted = `${key}: ${value}`.toLowerCase();
  return message.split('\n').some((line) => line.trim().toLowerCase() === wanted);
}

export function subjectOf(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
