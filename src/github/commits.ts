import type { Client } from './client.js';
import type { ReleasedCommit } from './contract.js';
import { nullWhen } from './errors.js';

/** More commits in one release than these are not looked at one by one. */
const MOST_COMMITS = 250;
/** GitHub's own account, which commits what people do by its buttons. */
const GITHUB_ITSELF = 'web-flow';

/** The commits that `head` has and `base` has not, oldest first; null when they are too many or not related. */
export async function commitsOf(
  { octokit, at }: Client,
  { base, head }: { readonly base: string | null; readonly head: string },
) {
  if (base === null) {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/commits/{ref}', {
      ...at,
      ref: head,
      per_page: 1,
    });
    return [releasedCommit(data)];
  }
  return nullWhen(['not-found'], async () => {
    const found = [];
    for (let page = 1; ; page++) {
      const query = { ...at, basehead: `${base}...${head}`, per_page: 100, page };
      const { data } = await octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', query);
      found.push(...data.commits.map(releasedCommit));
      if (data.total_commits > MOST_COMMITS) return null;
      if (found.length >= data.total_commits || data.commits.length === 0) return found;
    }
  });
}

export async function commitsOfPull(
  { octokit, at }: Client,
  pull: number,
): Promise<readonly ReleasedCommit[]> {
  const query = { ...at, pull_number: pull, per_page: 100 };
  const commits = await octokit.paginate('GET /repos/{owner}/{repo}/pulls/{pull_number}/commits', query);
  return commits.map(releasedCommit);
}

interface Account {
  readonly login?: string;
}

function releasedCommit(data: {
  readonly sha: string;
  readonly commit: { readonly message: string };
  readonly author: Account | null;
  readonly committer: Account | null;
}): ReleasedCommit {
  const subject = data.commit.message.split('\n', 1)[0] ?? '';
  return { sha: data.sha, subject, author: loginOf(data.author), committer: loginOf(data.committer) };
}

function loginOf(account: Account | null): string | null {
  const login = account?.login ?? null;
  return login === GITHUB_ITSELF ? null : login;
}
