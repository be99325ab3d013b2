import { notFound, ok } from '../answer.js';
import { type Call, reading } from '../call.js';
import { timestamp } from '../clock.js';
import { type Actor, GITHUB_ACTIONS } from '../tokens.js';
import { apiUrl, nodeId, pageUrl, type World } from '../world.js';
import { renderUser } from './accounts.js';
import { renderPerson } from './commit.js';
import { page } from './pages.js';
import { renderRepository } from './repository.js';

export interface RunRecord {
  readonly id: number;
  readonly name: string;
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string;
  readonly path: string;
  readonly actor: Actor;
  readonly createdAt: string;
  attempt: number;
  status: string;
  conclusion: string | null;
}

export interface JobRecord {
  /** Also the id of its check run. */
  readonly id: number;
  readonly runId: number;
  readonly attempt: number;
  readonly name: string;
  readonly createdAt: string;
  status: string;
  conclusion: string | null;
  completedAt: string | null;
}

export interface RunOptions {
  readonly id?: number;
  readonly name?: string;
  readonly event?: string;
  readonly headSha: string;
  readonly headBranch?: string;
  readonly path?: string;
  readonly attempt?: number;
  readonly status?: string;
  readonly conclusion?: string | null;
}

export interface JobOptions {
  readonly id?: number;
  readonly runId: number;
  readonly attempt?: number;
  readonly name?: string;
  readonly status?: string;
  readonly conclusion?: string | null;
}

/** What a reviewer of an environment said before a job of the run was let go. */
export interface RunApproval {
  readonly runId: number;
  readonly environments: readonly string[];
  readonly state: 'approved' | 'rejected';
  readonly by: Actor;
}

export const runRoutes = reading('actions', {
  'actions/get-reviews-for-run': ({ world, path }) => {
    const run = findRun(world, path.run_id);
    const said = world.runApprovals.filter(({ runId }) => runId === run.id);
    return ok(said.map((one) => renderApproval(world, one)));
  },
  'actions/list-workflow-runs-for-repo': listRuns,
  'actions/get-workflow-run': async ({ world, path }) =>
    ok(await renderRun(world, findRun(world, path.run_id))),
  'actions/list-jobs-for-workflow-run': (call) => {
    const run = findRun(call.world, call.path.run_id);
    const all = call.query.filter === 'all';
    return listJobs(call, run, (job) => all || job.attempt === run.attempt);
  },
  'actions/list-jobs-for-workflow-run-attempt': (call) => {
    const attempt = Number(call.path.attempt_number);
    return listJobs(call, findRun(call.world, call.path.run_id), (job) => job.attempt === attempt);
  },
  'actions/get-job-for-workflow-run': ({ world, path }) => {
    const job = world.jobs.find(({ id }) => id === Number(path.job_id));
    if (job === undefined) throw notFound();
    return ok(renderJob(world, findRun(world, String(job.runId)), job));
  },
});

/** Adds a workflow run, or changes the one of that id. */
export function putRun(world: World, options: RunOptions): RunRecord {
  const found = world.runs.find(({ id }) => id === options.id);
  const run: RunRecord = {
    id: options.id ?? world.nextId(),
    name: options.name ?? found?.name ?? 'Release',
    event: options.event ?? found?.event ?? 'push',
    headSha: options.headSha,
    headBranch: options.headBranch ?? found?.headBranch ?? world.defaultBranch,
    path: options.path ?? found?.path ?? '.github/workflows/release.yml',
    actor: { id: 9001, login: world.owner, type: 'User' },
    createdAt: found?.createdAt ?? timestamp(world.now()),
    attempt: options.attempt ?? found?.attempt ?? 1,
    status: options.status ?? found?.status ?? 'in_progress',
    conclusion: options.conclusion ?? found?.conclusion ?? null,
  };
  replace(world.runs, found, run);
  return run;
}

/** Adds a job with its check run, or changes the one of that id. */
export function putJob(world: World, options: JobOptions): JobRecord {
  const found = world.jobs.find(({ id }) => id === options.id);
  const run = world.runs.find(({ id }) => id === options.runId);
  if (run === undefined)
    throw new Error(`There is no workflow run ${options.runId}: add it before its jobs.`);
  const status = options.status ?? found?.status ?? 'in_progress';
  const job: JobRecord = {
    id: options.id ?? world.nextId(),
    runId: options.runId,
    attempt: options.attempt ?? found?.attempt ?? run.attempt,
    name: options.name ?? found?.name ?? 'release',
    createdAt: found?.createdAt ?? timestamp(world.now()),
    status,
    conclusion: options.conclusion ?? found?.conclusion ?? (status === 'completed' ? 'success' : null),
    completedAt: status === 'completed' ? timestamp(world.now()) : null,
  };
  replace(world.jobs, found, job);
  putCheckRun(world, run, job);
  return job;
}

function putCheckRun(world: World, run: RunRecord, job: JobRecord): void {
  const found = world.checkRuns.find(({ id }) => id === job.id);
  const state = { status: job.status, conclusion: job.conclusion, completedAt: job.completedAt };
  if (found !== undefined) {
    Object.assign(found, state);
    return;
  }
  world.checkRuns.push({
    ...{
      id: job.id,
      headSha: run.headSha,
      app: GITHUB_ACTIONS,
      ofJob: true,
      name: job.name,
      startedAt: job.createdAt,
    },
    ...{ externalId: '', detailsUrl: null, title: null, summary: null, text: null, annotations: [] },
    ...state,
  });
}

function replace<Item>(list: Item[], old: Item | undefined, item: Item): void {
  if (old === undefined) list.push(item);
  else list[list.indexOf(old)] = item;
}

async function listRuns(call: Call) {
  const { world, query } = call;
  const matching = world.runs.filter(
    (run) =>
      run.headBranch === (query.branch ?? run.headBranch) &&
      run.event === (query.event ?? run.event) &&
      run.headSha === (query.head_sha ?? run.headSha) &&
      [undefined, run.status, run.conclusion].includes(query.status),
  );
  const { items, headers } = page(call, matching.reverse());
  const runs = await Promise.all(items.map((run) => renderRun(world, run)));
  return { ...ok({ total_count: matching.length, workflow_runs: runs }), headers };
}

function listJobs(call: Call, run: RunRecord, wanted: (job: JobRecord) => boolean) {
  const matching = call.world.jobs.filter((job) => job.runId === run.id && wanted(job));
  const { items, headers } = page(call, matching);
  const jobs = items.map((job) => renderJob(call.world, run, job));
  return { ...ok({ total_count: matching.length, jobs }), headers };
}

function findRun(world: World, id: string | undefined): RunRecord {
  const run = world.runs.find((candidate) => candidate.id === Number(id));
  if (run === undefined) throw notFound();
  return run;
}

const RUN_LINKS = ['jobs', 'logs', 'artifacts', 'cancel', 'rerun'];

async function renderRun(world: World, run: RunRecord) {
  const url = apiUrl(world, `/actions/runs/${run.id}`);
  const commit = await world.git.commit(run.headSha);
  return {
    ...{
      id: run.id,
      name: run.name,
      node_id: nodeId('WorkflowRun', run.id),
      path: run.path,
      event: run.event,
    },
    ...{
      head_branch: run.headBranch,
      head_sha: run.headSha,
      display_title: commit?.message.split('\n')[0] ?? '',
    },
    ...{ run_number: world.runs.indexOf(run) + 1, run_attempt: run.attempt },
    ...{ status: run.status, conclusion: run.conclusion, workflow_id: 1, check_suite_id: 1 },
    ...{ url, html_url: pageUrl(world, `/actions/runs/${run.id}`), pull_requests: [] },
    ...{ created_at: run.createdAt, updated_at: run.createdAt, run_started_at: run.createdAt },
    actor: renderUser(world, run.actor),
    triggering_actor: renderUser(world, run.actor),
    ...Object.fromEntries(RUN_LINKS.map((key) => [`${key}_url`, `${url}/${key}`])),
    check_suite_url: apiUrl(world, '/check-suites/1'),
    workflow_url: apiUrl(world, '/actions/workflows/1'),
    head_commit:
      commit === null
        ? null
        : {
            id: run.headSha,
            tree_id: commit.tree,
            message: commit.message,
            timestamp: timestamp(commit.committer.seconds * 1000),
            author: withoutDate(renderPerson(commit.author)),
            committer: withoutDate(renderPerson(commit.committer)),
          },
    repository: renderRepository(world),
    head_repository: renderRepository(world),
  };
}

function renderApproval(world: World, { environments, state, by }: RunApproval) {
  const since = timestamp(Date.UTC(2026, 0, 1));
  return {
    environments: environments.map((name, index) => ({
      ...{ id: index + 1, node_id: nodeId('Environment', name), name },
      url: apiUrl(world, `/environments/${name}`),
      html_url: pageUrl(world, `/deployments/activity_log?environments_filter=${name}`),
      ...{ created_at: since, updated_at: since },
    })),
    state,
    user: renderUser(world, by),
    comment: '',
  };
}

function withoutDate({ name, email }: { name: string; email: string }) {
  return { name, email };
}

function renderJob(world: World, run: RunRecord, job: JobRecord) {
  return {
    ...{
      id: job.id,
      node_id: nodeId('CheckRun', job.id),
      name: job.name,
      run_id: run.id,
      run_attempt: job.attempt,
    },
    run_url: apiUrl(world, `/actions/runs/${run.id}`),
    url: apiUrl(world, `/actions/jobs/${job.id}`),
    html_url: pageUrl(world, `/actions/runs/${run.id}/job/${job.id}`),
    check_run_url: apiUrl(world, `/check-runs/${job.id}`),
    ...{ head_sha: run.headSha, head_branch: run.headBranch, workflow_name: run.name },
    ...{ status: job.status, conclusion: job.conclusion, steps: [] },
    ...{ created_at: job.createdAt, started_at: job.createdAt, completed_at: job.completedAt },
    ...{
      labels: ['ubuntu-latest'],
      runner_id: 1,
      runner_name: 'sandbox',
      runner_group_id: 1,
      runner_group_name: 'sandbox',
    },
  };
}
