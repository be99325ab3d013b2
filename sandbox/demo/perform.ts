import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job, JobResult, Step, StepResult } from '../runner/contract.js';
import { startJob } from '../runner/job.js';
import type { Counter } from '../shop/contract.js';
import { changesOf, type Release, WORKFLOW } from './releases.js';
import { type KnownActions, workflowSteps } from './workflow.js';
import { commit, TOKEN, type World } from './world.js';

/** A release that ran to its end, and what its users had of it. */
export interface Performed {
  readonly release: Release;
  readonly sha: string;
  readonly job: JobResult;
  /** The step of the action. */
  readonly step: StepResult;
  readonly users: Users;
  readonly tookMs: number;
  /** As the shop itself says at the end of the job. */
  readonly after: { readonly inService: string | null; readonly weight: number };
  readonly headOfMain: string;
}

export interface Users extends Counter {
  /** How many of them met the canary. */
  readonly onCanary: number;
}

export interface Begun {
  readonly sha: string;
  readonly job: Job;
  readonly done: Promise<Performed>;
}

/** Pushes the commit of a release and runs the workflow that stands in it, as GitHub and its runner do. */
export async function begin(world: World, release: Release, number: number): Promise<Begun> {
  const { github } = world;
  const sha = await commit(github, { files: await changesOf(release), message: release.message });
  const steps = workflowSteps(await github.git('show', `${sha}:${WORKFLOW}`), {
    ...actionsOf(world),
  });
  const [before, startedAt] = [countUsers(world), Date.now()];
  const event = { name: 'push', payload: { repository: { default_branch: 'main' } } };
  const job = await startRun(world, { name: release.version, sha, steps, number, event });
  const done = job.result.then(async (result): Promise<Performed> => {
    const tookMs = Date.now() - startedAt;
    return {
      ...{ release, sha, tookMs, job: result, step: lastOf(result) },
      users: since(before, countUsers(world)),
      after: { inService: world.shop.version('stable'), weight: world.shop.weight() },
      headOfMain: await github.git('rev-parse', 'main'),
    };
  });
  return { sha, job, done };
}

/** What the `uses:` of the shop's workflows are here. */
export function actionsOf({ github, action }: World): KnownActions {
  return {
    'actions/checkout': checkout(github.repositoryPath),
    'acme/gated-release': { kind: 'action', directory: action },
  };
}

/** Where the files of a release are, for whoever wants to look. */
export function directoryOf(world: World, { version }: Pick<Release, 'version'>): string {
  return join(world.directory, version);
}

/** Written while the job runs. */
export function logOf(world: World, release: Pick<Release, 'version'>): string {
  return join(directoryOf(world, release), 'log.txt');
}

/** Runs the steps of a workflow as a run of GitHub; `name` is that of its files. */
export async function startRun(
  world: World,
  options: {
    readonly name: string;
    readonly sha: string;
    readonly steps: readonly Step[];
    readonly number: number;
    readonly event: { readonly name: string; readonly payload: object };
  },
): Promise<Job> {
  const { github, shop } = world;
  const { name, sha, steps, number, event } = options;
  const files = { version: name };
  const runner = join(world.directory, 'runner', name);
  const [workspace, temp] = [join(runner, 'workspace'), join(runner, 'temp')];
  await Promise.all([workspace, directoryOf(world, files)].map((path) => mkdir(path, { recursive: true })));
  const log = createWriteStream(logOf(world, files));
  const { SHOP_CONTROL_URL = '', ...vars } = shop.environment();
  const [runId, jobId] = [1000 + number, 2000 + number];
  github.addRun({ id: runId, headSha: sha, status: 'in_progress' });
  github.addJob({ id: jobId, runId, status: 'in_progress' });
  const job = startJob({
    ...{ steps, sha, runId, jobId, workspace, temp, vars, token: TOKEN },
    repository: `${github.owner}/${github.repo}`,
    ref: 'refs/heads/main',
    event,
    actor: 'alice',
    apiUrl: github.apiUrl,
    serverUrl: github.serverUrl,
    secrets: { SHOP_CONTROL_URL },
    onLine: (line) => log.write(`${line}\n`),
  });
  const over = (conclusion: string) => {
    log.end();
    github.addJob({ id: jobId, runId, status: 'completed', conclusion });
    github.addRun({ id: runId, headSha: sha, status: 'completed', conclusion });
  };
  // A job that could not be run at all is told by whoever waits for its result.
  job.result.then(({ status }) => over(status)).catch(() => over('failure'));
  return job;
}

/** What actions/checkout does: one commit, and no more of the history. */
function checkout(repository: string): Step {
  return {
    kind: 'run',
    env: { REPOSITORY: repository, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    script: `git init --quiet -b main
git remote add origin "$REPOSITORY"
git fetch --quiet --depth=1 origin "$GITHUB_SHA"
git checkout --quiet -B main FETCH_HEAD
`,
  };
}

function lastOf(result: JobResult): StepResult {
  const step = result.steps.at(-1);
  if (step === undefined) throw new Error('The job had no steps.');
  return step;
}

function countUsers({ customers, shop }: World): Users {
  return { ...customers.counts(), onCanary: shop.requests().public.canary.total };
}

function since(before: Users, now: Users): Users {
  return {
    total: now.total - before.total,
    failed: now.failed - before.failed,
    onCanary: now.onCanary - before.onCanary,
  };
}
