import type { Client } from './client.js';
import type { Comparison, Repository } from './contract.js';
import { markOf } from './deployments.js';
import { failureOf, githubError, nullWhen } from './errors.js';
import { createObjects } from './objects.js';
import type { Permissions } from './permissions.js';
import { quarantineStandings } from './quarantine.js';

/** GitHub lists at most so many files of a comparison. */
const LISTED_FILES = 300;

export interface RepositoryOptions {
  readonly client: Client;
  /** `https://github.com/owner/name` */
  readonly url: string;
  readonly permissions: Permissions;
}

export function createRepository({ client, url, permissions }: RepositoryOptions): Repository {
  const objects = createObjects(client);
  return {
    fullName: `${client.at.owner}/${client.at.repo}`,
    url,
    commit: (sha) =>
      asked(`Read the commit ${sha}`, () => nullWhen(['not-found'], () => objects.commit(sha))),
    compare: (base, head) =>
      asked(`Compare ${base} with ${head}`, () =>
        nullWhen(['not-found'], () => compare(client, { base, head })),
      ),
    hasDeployment: (service, environment) =>
      asked(`List the deployments of ${environment}`, () =>
        readable({ permission: 'deployments: read', permissions }, () =>
          hasDeployment(client, { service, environment }),
        ),
      ),
    jobCompleted: async (jobId) => {
      if (!/^[0-9]{1,15}$/.test(jobId)) return null;
      return asked(`Read the job ${jobId}`, () =>
        readable({ permission: 'actions: read', permissions }, () => jobCompleted(client, Number(jobId))),
      );
    },
    quarantine: (commit, bad) =>
      asked(`Compare ${commit} with what is in quarantine`, () =>
        quarantineStandings(client, { commit, bad }),
      ),
    ledgerBranches: () => asked('List the ledger branches', () => ledgerBranches(client)),
    serverTime: client.serverTime,
  };
}

async function compare({ octokit, at }: Client, range: { base: string; head: string }): Promise<Comparison> {
  const basehead = `${range.base}...${range.head}`;
  // One commit a page: what is wanted are the files, and those come with the first page whatever its size.
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
    ...at,
    basehead,
    per_page: 1,
  });
  const files = data.files ?? [];
  const paths = files.flatMap(({ filename, previous_filename: before }) => [
    filename,
    ...(before ? [before] : []),
  ]);
  return { status: data.status, files: files.length >= LISTED_FILES ? null : paths };
}

async function hasDeployment(
  { octokit, at }: Client,
  { service, environment }: { service: string; environment: string },
): Promise<boolean> {
  const query = { ...at, environment, task: 'deploy', per_page: 100 };
  for await (const { data } of octokit.paginate.iterator('GET /repos/{owner}/{repo}/deployments', query)) {
    if (data.some(({ payload }) => markOf(payload)?.service === service)) return true;
  }
  return false;
}

async function jobCompleted({ octokit, at }: Client, jobId: number): Promise<boolean> {
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/actions/jobs/{job_id}', {
    ...at,
    job_id: jobId,
  });
  return data.status === 'completed';
}

async function ledgerBranches({ octokit, at }: Client): Promise<readonly string[]> {
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/matching-refs/{ref}', {
    ...at,
    ref: 'heads/gated-release/',
  });
  return data.map(({ ref }) => ref.replace(/^refs\/heads\//, ''));
}

async function asked<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw githubError(error, what);
  }
}

/** null where the token may not read: for reads that a release can do without. */
function readable<T>(
  {
    permission,
    permissions,
  }: { permission: 'deployments: read' | 'actions: read'; permissions: Permissions },
  work: () => Promise<T>,
): Promise<T | null> {
  return nullWhen(['forbidden', 'not-found'], async () => {
    try {
      return await work();
    } catch (error) {
      if (failureOf(error).kind === 'forbidden') permissions.note(permission);
      throw error;
    }
  });
}
