import { created, invalid, noContent, notFound, ok, Refusal } from '../answer.js';
import { type Call, reading, writing } from '../call.js';
import { timestamp } from '../clock.js';
import type { Actor } from '../tokens.js';
import { apiUrl, nodeId, type World } from '../world.js';
import { renderUser } from './accounts.js';
import { latest } from './checks.js';
import { GITHUB, identityOf, personNow } from './commit.js';
import { listed } from './pages.js';
import { latestStatuses } from './statuses.js';

export interface DeploymentRecord {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly payload: unknown;
  readonly description: string | null;
  readonly transient: boolean;
  readonly production: boolean;
  readonly creator: Actor;
  readonly createdAt: string;
  /** Oldest first. */
  readonly statuses: DeploymentStatusRecord[];
}

export interface DeploymentStatusRecord {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly environment: string;
  readonly logUrl: string;
  readonly environmentUrl: string;
  readonly creator: Actor;
  readonly createdAt: string;
}

interface DeploymentBody {
  readonly ref: string;
  readonly task?: string;
  readonly auto_merge?: boolean;
  readonly required_contexts?: readonly string[];
  readonly payload?: unknown;
  readonly environment?: string;
  readonly description?: string | null;
  readonly transient_environment?: boolean;
  readonly production_environment?: boolean;
}

export const deploymentRoutes = [
  ...reading('deployments', {
    'repos/list-deployments': list,
    'repos/get-deployment': ({ world, path }) => ok(renderDeployment(world, find(world, path.deployment_id))),
    'repos/list-deployment-statuses': (call) => {
      const deployment = find(call.world, call.path.deployment_id);
      return listed(call, [...deployment.statuses].reverse(), (status) =>
        renderStatus(call.world, deployment, status),
      );
    },
    'repos/get-deployment-status': ({ world, path }) => {
      const deployment = find(world, path.deployment_id);
      const status = deployment.statuses.find(({ id }) => id === Number(path.status_id));
      if (status === undefined) throw notFound();
      return ok(renderStatus(world, deployment, status));
    },
  }),
  ...writing('deployments', {
    'repos/create-deployment': (call) => call.world.git.exclusive(() => create(call)),
    'repos/delete-deployment': remove,
    'repos/create-deployment-status': createStatus,
  }),
];

async function create(call: Call) {
  const { world, caller } = call;
  const body = call.body as DeploymentBody;
  const sha = await world.git.commitId(body.ref);
  if (sha === null) throw new Refusal(422, `No ref found for: ${body.ref}`);
  const { auto_merge: autoMerge = true, environment = 'production' } = body;
  if (autoMerge && (await mergeDefaultBranch(call, body.ref, sha))) {
    return {
      status: 202,
      body: { message: `Auto-merged ${world.defaultBranch} into ${body.ref} on deployment.` },
    };
  }
  requireContexts(world, body, sha);
  const deployment: DeploymentRecord = {
    id: world.nextId(),
    sha,
    ref: body.ref,
    task: body.task ?? 'deploy',
    environment,
    payload: body.payload ?? {},
    description: body.description ?? null,
    transient: body.transient_environment ?? false,
    production: body.production_environment ?? environment === 'production',
    creator: caller.actor,
    createdAt: timestamp(world.now()),
    statuses: [],
  };
  world.deployments.push(deployment);
  return created(renderDeployment(world, deployment));
}

/** Whether the branch was behind the default branch: then it gets a merge commit, and no deployment is made. */
async function mergeDefaultBranch({ world, caller }: Call, ref: string, sha: string): Promise<boolean> {
  const name = `refs/heads/${ref}`;
  const branch = await world.git.reference(name);
  const main = await world.git.reference(`refs/heads/${world.defaultBranch}`);
  if (branch === null || main === null || (await world.git.isAncestor(main.oid, sha))) return false;
  const tree = await world.git.merge(sha, main.oid);
  if (tree === null) throw new Refusal(409, `Conflict merging ${world.defaultBranch} into ${ref}.`);
  const commit = world.git.writeCommit({
    tree,
    parents: [sha, main.oid],
    author: personNow(world, identityOf(caller.actor)),
    committer: personNow(world, GITHUB),
    message: `Merge branch '${world.defaultBranch}' into ${ref}`,
  });
  await world.git.change([{ name, to: commit, from: sha }]);
  return true;
}

/** By default every context of the commit has to be green, those of the caller's own checks included. */
function requireContexts(world: World, body: DeploymentBody, sha: string): void {
  const states = new Map<string, string>([
    ...latestStatuses(world, sha).map(({ context, state }): [string, string] => [context, state]),
    ...latest(world.checkRuns.filter(({ headSha }) => headSha === sha)).map(
      ({ name, status, conclusion }): [string, string] => [
        name,
        conclusion === 'neutral' || conclusion === 'skipped' ? 'success' : (conclusion ?? status),
      ],
    ),
  ]);
  const required = body.required_contexts ?? [...states.keys()];
  const open = required.filter((context) => states.get(context) !== 'success');
  if (open.length === 0) return;
  throw new Refusal(409, `Conflict: Commit status checks failed for ${body.ref}.`, {
    errors: open.map((context) => ({
      resource: 'Deployment',
      field: 'required_contexts',
      code: 'invalid',
      message: `${context}: ${states.get(context) ?? 'missing'}`,
    })),
  });
}

function remove({ world, path }: Call) {
  const deployment = find(world, path.deployment_id);
  const state = deployment.statuses.at(-1)?.state;
  if (world.deployments.length > 1 && state !== 'inactive') {
    throw new Refusal(
      422,
      'We cannot delete an active deployment unless it is the only deployment in a given environment.',
    );
  }
  world.deployments.splice(world.deployments.indexOf(deployment), 1);
  return noContent();
}

const MAX_DESCRIPTION = 140;

function createStatus({ world, caller, path, body }: Call) {
  const deployment = find(world, path.deployment_id);
  const given = body as Readonly<Record<string, string | boolean | undefined>>;
  const text = (key: string) => String(given[key] ?? '');
  if ([...text('description')].length > MAX_DESCRIPTION) {
    const message = `description is too long (maximum is ${MAX_DESCRIPTION} characters)`;
    throw invalid({ resource: 'DeploymentStatus', code: 'custom', field: 'description', message });
  }
  const status = {
    id: world.nextId(),
    state: text('state'),
    description: text('description'),
    environment: text('environment') || deployment.environment,
    logUrl: text('log_url') || text('target_url'),
    environmentUrl: text('environment_url'),
    creator: caller.actor,
    createdAt: timestamp(world.now()),
  };
  deployment.statuses.push(status);
  if (status.state === 'success' && given.auto_inactive !== false) supersede(world, deployment, status);
  return created(renderStatus(world, deployment, status));
}

/** What `auto_inactive` does: earlier successes of the environment, but neither transient nor production ones. */
function supersede(world: World, by: DeploymentRecord, status: DeploymentStatusRecord): void {
  for (const other of world.deployments) {
    if (other === by || other.environment !== by.environment || other.transient || other.production) continue;
    if (other.statuses.at(-1)?.state !== 'success') continue;
    other.statuses.push({ ...status, id: world.nextId(), state: 'inactive', description: '' });
  }
}

function list(call: Call) {
  const { world, query } = call;
  const matching = world.deployments.filter((deployment) =>
    (['sha', 'ref', 'task', 'environment'] as const).every((key) =>
      [undefined, 'none', deployment[key]].includes(query[key]),
    ),
  );
  return listed(call, matching.reverse(), (deployment) => renderDeployment(world, deployment));
}

function find(world: World, id: string | undefined): DeploymentRecord {
  const deployment = world.deployments.find((candidate) => candidate.id === Number(id));
  if (deployment === undefined) throw notFound();
  return deployment;
}

function renderDeployment(world: World, deployment: DeploymentRecord) {
  const url = apiUrl(world, `/deployments/${deployment.id}`);
  return {
    url,
    id: deployment.id,
    node_id: nodeId('Deployment', deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.statuses.at(-1)?.environment ?? deployment.environment,
    description: deployment.description,
    creator: renderUser(world, deployment.creator),
    created_at: deployment.createdAt,
    updated_at: deployment.statuses.at(-1)?.createdAt ?? deployment.createdAt,
    statuses_url: `${url}/statuses`,
    repository_url: apiUrl(world, ''),
    transient_environment: deployment.transient,
    production_environment: deployment.production,
  };
}

function renderStatus(world: World, deployment: DeploymentRecord, status: DeploymentStatusRecord) {
  const url = apiUrl(world, `/deployments/${deployment.id}`);
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DeploymentStatus', status.id),
    state: status.state,
    creator: renderUser(world, status.creator),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    log_url: status.logUrl,
    environment_url: status.environmentUrl,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    deployment_url: url,
    repository_url: apiUrl(world, ''),
  };
}
