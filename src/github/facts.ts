import type { Client } from './client.js';
import { commitChecks } from './commit-checks.js';
import { commitsOf, commitsOfPull } from './commits.js';
import type { Comment, Facts, OpenIssue, PullRequest, Review, RunApproval } from './contract.js';
import { githubError, nullWhen } from './errors.js';
import { headMoves } from './head-moves.js';
import { releasesOf } from './ledger-releases.js';
import { readLedgers } from './ledgers.js';
import { branchHead, createObjects } from './objects.js';
import { trialOf } from './permission-trial.js';
import { changedPaths, pathsOf, textAt } from './repository-files.js';
import { createTrees } from './trees.js';

/** What gates ask of GitHub. */
export function createFacts({ client, url }: { readonly client: Client; readonly url: string }): Facts {
  const { octokit, at } = client;
  const trees = createTrees(client);
  const objects = createObjects(client);
  let readsPulls: Promise<void> | null = null;
  return {
    commits: (range) => asked('List the commits since the last promoted one', () => commitsOf(client, range)),
    pullsOf: (commit) =>
      asked(`List the pull requests of ${commit}`, async () => {
        const query = { ...at, commit_sha: commit, per_page: 100 };
        const pulls = await octokit.paginate('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', query);
        if (pulls.length === 0) {
          readsPulls ??= mustRead(client, 'pullRequests');
          await readsPulls;
        }
        return pulls.map((pull) => pullOf(client, pull));
      }),
    pull: (number) =>
      asked(`Read the pull request #${number}`, () =>
        nullWhen(['not-found'], async () => {
          const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
            ...at,
            pull_number: number,
          });
          return pullOf(client, data);
        }),
      ),
    commitsOfPull: (pull) => asked(`List the commits of #${pull}`, () => commitsOfPull(client, pull)),
    headMoves: (pull) => asked(`List the events of #${pull.number}`, () => headMoves(client, pull)),
    reviews: (pull) => asked(`List the reviews of #${pull}`, () => reviewsOf(client, pull)),
    comments: (pull) => asked(`List the comments of #${pull}`, () => commentsOf(client, pull)),
    team: (team) => asked(`List the members of ${team}`, () => membersOf(client, team)),
    runApprovals: (run) => asked('List the reviewers of this run', () => runApprovalsOf(client, run)),
    checks: (commit) => asked(`List the checks of ${commit}`, () => commitChecks(client, commit)),
    openIssues: (labels) =>
      asked('List the open issues', () =>
        nullWhen(['forbidden', 'not-found'], () => openIssues(client, labels)),
      ),
    changes: (range) =>
      asked('Compare the files of two commits', () => changedPaths({ objects, trees }, range)),
    changed: (range) =>
      asked('List the files that the change touches', () => changedSince(client, { objects, trees }, range)),
    files: (commit) => asked(`List the files of ${commit}`, () => pathsOf({ objects, trees }, commit)),
    text: (file) => asked(`Read ${file.path} at ${file.commit}`, () => textAt(objects, file)),
    ledger: ({ service, environment }) => {
      const branch = `gated-release/${service}/${environment}`;
      return asked(`Read the ledger of ${environment}`, async () => ({
        current: await ledgerText(client, branch),
        url: `${url}/tree/${branch}`,
      }));
    },
    releasesOf: ({ service, environment, sha }) => {
      const branch = `gated-release/${service}/${environment}`;
      return asked(`List the releases of ${sha.slice(0, 7)} in ${environment}`, () =>
        releasesOf({ client, objects }, { branch, sha }),
      );
    },
    ledgers: () => asked('Read all ledgers', () => readLedgers(client, url)),
    defaultBranch: () =>
      asked(
        'Read the name of the default branch',
        async () => (await octokit.request('GET /repos/{owner}/{repo}', at)).data.default_branch,
      ),
    branch: (name) => asked(`Read the branch ${name}`, () => branchHead(client, name)),
    mayWrite: trialOf(client),
  };

  async function ledgerText(from: Client, branch: string): Promise<string | null> {
    const ref = await nullWhen(['not-found'], () =>
      from.octokit.request('GET /repos/{owner}/{repo}/git/ref/{ref}', { ...from.at, ref: `heads/${branch}` }),
    );
    return ref === null ? null : textAt(objects, { commit: ref.data.object.sha, path: 'current.json' });
  }
}

/** GitHub lists at most so many files of a comparison. */
const LISTED_FILES = 300;

async function changedSince(
  { octokit, at }: Client,
  reading: Parameters<typeof changedPaths>[0],
  { base, head }: { readonly base: string; readonly head: string },
): Promise<readonly string[]> {
  const basehead = `${base}...${head}`;
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
    ...at,
    basehead,
    per_page: 1,
  });
  const files = data.files ?? [];
  if (files.length < LISTED_FILES) {
    return files.flatMap(({ filename, previous_filename: before }) => [
      filename,
      ...(before ? [before] : []),
    ]);
  }
  return (await changedPaths(reading, { base: data.merge_base_commit.sha, head })) ?? [];
}

function pullOf(
  { at }: Client,
  data: {
    readonly number: number;
    readonly html_url: string;
    readonly title: string;
    readonly user: { readonly login: string } | null;
    readonly state: string;
    readonly merged_at: string | null;
    readonly head: { readonly sha: string; readonly repo: { readonly full_name: string } | null };
    readonly base: { readonly ref: string; readonly sha: string };
  },
): PullRequest {
  const { number, html_url: url, title, user, head, base } = data;
  const isHere = head.repo?.full_name.toLowerCase() === `${at.owner}/${at.repo}`.toLowerCase();
  return {
    ...{ number, url, title, author: user?.login ?? null, head: head.sha, isFork: !isHere },
    state: data.merged_at !== null ? 'merged' : data.state === 'open' ? 'open' : 'closed',
    base: { ref: base.ref, sha: base.sha },
  };
}

async function reviewsOf({ octokit, at }: Client, pull: number): Promise<readonly Review[]> {
  const query = { ...at, pull_number: pull, per_page: 100 };
  const reviews = await octokit.paginate('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', query);
  return reviews
    .filter(({ state }) => state !== 'PENDING')
    .map((review) => ({
      author: review.user?.login ?? null,
      association: review.author_association,
      state: review.state,
      commit: review.commit_id,
      at: review.submitted_at ?? '',
      url: review.html_url,
    }));
}

async function commentsOf({ octokit, at }: Client, pull: number): Promise<readonly Comment[]> {
  const query = { ...at, issue_number: pull, per_page: 100 };
  const comments = await octokit.paginate('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', query);
  return comments.map((comment) => ({
    author: comment.user?.login ?? null,
    body: comment.body ?? '',
    at: comment.created_at,
    isEdited: comment.created_at !== comment.updated_at,
    url: comment.html_url,
  }));
}

async function membersOf({ octokit }: Client, team: string): Promise<readonly string[] | null> {
  const [org = '', slug = ''] = team.split('/');
  return nullWhen(['forbidden', 'not-found'], async () => {
    const query = { org, team_slug: slug, per_page: 100 };
    const members = await octokit.paginate('GET /orgs/{org}/teams/{team_slug}/members', query);
    return members.map(({ login }) => login);
  });
}

async function runApprovalsOf({ octokit, at }: Client, run: string): Promise<readonly RunApproval[] | null> {
  if (!/^[0-9]{1,15}$/.test(run)) return null;
  return nullWhen(['forbidden', 'not-found'], async () => {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals', {
      ...at,
      run_id: Number(run),
    });
    return data.map(({ user, state, environments }) => ({
      by: user?.login ?? null,
      state,
      environments: environments.flatMap(({ name }) => (name === undefined ? [] : [name])),
    }));
  });
}

async function openIssues({ octokit, at }: Client, labels: readonly string[]): Promise<readonly OpenIssue[]> {
  const found = new Map<number, OpenIssue>();
  // Several labels in one query would ask for issues that carry all of them.
  for (const label of labels) {
    const query = { ...at, labels: label, state: 'open' as const, per_page: 100 };
    for (const issue of await octokit.paginate('GET /repos/{owner}/{repo}/issues', query)) {
      if (issue.pull_request !== undefined || found.has(issue.number)) continue;
      const { number, title, html_url: url, user } = issue;
      found.set(number, { number, title, label, url, author: user?.login ?? 'ghost' });
    }
  }
  if (found.size === 0) await mustRead({ octokit, at }, 'issues');
  return [...found.values()];
}

/**
 * GitHub leaves out of a list what the token may not read, without a refusal: nothing found proves nothing. The
 * GraphQL API refuses such a token.
 */
async function mustRead(
  { octokit, at }: Pick<Client, 'octokit' | 'at'>,
  what: 'issues' | 'pullRequests',
): Promise<void> {
  const query = `query ($owner: String!, $repo: String!) {
    repository(owner: $owner, name: $repo) { ${what}(first: 1) { totalCount } }
  }`;
  await octokit.graphql(query, { ...at });
}

async function asked<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw githubError(error, what);
  }
}
