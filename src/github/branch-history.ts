import type { Client } from './client.js';
import { GithubError } from './contract.js';
import { nullWhen } from './errors.js';

const PAGE = 100;
const PAGES = 10;

export interface HistoryCommit {
  readonly sha: string;
  readonly message: string;
  readonly parents: readonly string[];
}

/** The commits that `head` has and `from` has not, oldest first; null when `head` does not contain `from`. */
export async function historySince(
  { octokit, at }: Client,
  { from, head }: { readonly from: string; readonly head: string },
): Promise<readonly HistoryCommit[] | null> {
  const commits: HistoryCommit[] = [];
  for (let page = 1; page <= PAGES; page++) {
    const query = { ...at, basehead: `${from}...${head}`, per_page: PAGE, page };
    const answer = await nullWhen(['not-found'], () => octokit.rest.repos.compareCommitsWithBasehead(query));
    if (answer === null || !['identical', 'ahead'].includes(answer.data.status)) return null;
    for (const { sha, commit, parents } of answer.data.commits) {
      commits.push({ sha, message: commit.message, parents: parents.map((parent) => parent.sha) });
    }
    if (commits.length >= answer.data.total_commits || answer.data.commits.length === 0) return commits;
  }
  throw new GithubError('refused', `${head} is more than ${PAGE * PAGES} commits ahead of ${from}`);
}
