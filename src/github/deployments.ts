import type { Client } from './client.js';
import type { DeploymentState, Deployments } from './contract.js';
import { failureOf } from './errors.js';
import { insist, type Patience } from './insist.js';
import { createOutbox } from './outbox.js';
import type { Permissions } from './permissions.js';
import { oneLine } from './text.js';

const DESCRIPTION_LENGTH = 140;
/** Earlier deployments looked at for one that is superseded; the newest come first. */
const LOOK_BACK = 10;

export interface DeploymentsOptions {
  readonly client: Client;
  readonly service: string;
  readonly environment: string;
  readonly sha: () => string;
  readonly release: () => string;
  readonly runUrl: string;
  /** The deployment that an earlier run of this release made. */
  readonly known: () => number | null;
  /** An earlier run began this release: its deployment is looked for, and none is made. */
  readonly adopts: boolean;
  readonly redact: (text: string) => string;
  readonly permissions: Permissions;
  readonly patience: Patience;
}

interface Report {
  readonly state: DeploymentState;
  readonly description: string;
}

/** What marks a deployment as ours, in its payload. */
export interface Mark {
  readonly service: string;
  readonly release: string;
}

export function createDeployments(options: DeploymentsOptions): Deployments {
  const { permissions, patience, known } = options;
  let made: number | null = null;
  let isForbidden = false;

  const send = async ({ state, description }: Report): Promise<void> => {
    made ??= known() ?? (await (options.adopts ? find(options) : create(options))) ?? null;
    if (made === null) return;
    await postStatus(options, { id: made, state, description });
    if (state === 'success') await retireEarlier(options, made);
  };

  const outbox = createOutbox<Report>(async (_name, report) => {
    if (isForbidden) return;
    try {
      await send(report);
    } catch (error) {
      const failure = failureOf(error);
      isForbidden = failure.kind === 'forbidden';
      if (isForbidden) permissions.note('deployments: write');
      // A deployment shows the release and is not the release: it may be lost, but not silently.
      else patience.log.warning(`The deployment was not set to "${report.state}": ${failure.reason}`);
    }
  });

  return {
    report: (state, description) => outbox.put('deployment', { state, description }),
    id: () => made ?? known(),
    settle: outbox.settle,
  };
}

/** The service and release that a payload of ours names, else null. */
export function markOf(payload: unknown): Mark | null {
  // GitHub gives a payload back as it was sent, and older ones as text.
  const value = typeof payload === 'string' ? parsed(payload) : payload;
  if (typeof value !== 'object' || value === null || !('gated-release' in value)) return null;
  const mark = value['gated-release'];
  if (typeof mark !== 'object' || mark === null || !('service' in mark) || !('release' in mark)) return null;
  return { service: String(mark.service), release: String(mark.release) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Another tool's payload may be any text.
    return null;
  }
}

/** The deployment that carries the mark of this release. */
async function find({ client, environment, sha, release }: DeploymentsOptions): Promise<number | undefined> {
  const { octokit, at } = client;
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/deployments', {
    ...at,
    sha: sha(),
    task: 'deploy',
    environment,
  });
  return data.find(({ payload }) => markOf(payload)?.release === release())?.id;
}

async function create(options: DeploymentsOptions): Promise<number> {
  const { client, service, environment, sha, release, patience } = options;
  const { octokit, at } = client;
  const wanted = { ...at, ref: sha(), task: 'deploy', environment };
  const mark: Mark = { service, release: release() };
  return insist(
    {
      what: 'make the deployment',
      attempt: async () => {
        const { data } = await octokit.request('POST /repos/{owner}/{repo}/deployments', {
          ...wanted,
          // By default GitHub would merge the default branch, and wait for our own pending checks.
          auto_merge: false,
          required_contexts: [],
          payload: { 'gated-release': mark },
          description: oneLine(`Release ${mark.release} of ${service}`, DESCRIPTION_LENGTH),
          production_environment: environment === 'production',
        });
        if (!('id' in data))
          throw new Error(`GitHub made no deployment: ${data.message ?? 'no reason given'}`);
        return data.id;
      },
      readBack: () => find(options),
    },
    patience,
  );
}

async function postStatus(options: DeploymentsOptions, status: Report & { id: number }): Promise<void> {
  const { client, runUrl, redact, patience } = options;
  const { octokit, at } = client;
  await insist(
    {
      what: `set the deployment to "${status.state}"`,
      attempt: () =>
        octokit.request('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
          ...at,
          deployment_id: status.id,
          state: status.state,
          description: oneLine(redact(status.description), DESCRIPTION_LENGTH),
          log_url: runUrl,
          // What is superseded is set inactive only after success, by retireEarlier.
          auto_inactive: false,
        }),
    },
    patience,
  );
}

/** Sets earlier deployments of this service and environment inactive, now that this one serves. */
async function retireEarlier(options: DeploymentsOptions, current: number): Promise<void> {
  const { client, service, environment, release } = options;
  const { octokit, at } = client;
  const query = { ...at, environment, task: 'deploy' };
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/deployments', query);
  const earlier = data.filter(({ id, payload }) => id < current && markOf(payload)?.service === service);
  for (const { id } of earlier.slice(0, LOOK_BACK)) {
    const statuses = await octokit.request('GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
      ...at,
      deployment_id: id,
      per_page: 1,
    });
    const state = statuses.data[0]?.state;
    if (state === undefined || ['inactive', 'failure', 'error'].includes(state)) continue;
    await postStatus(options, { id, state: 'inactive', description: `Superseded by release ${release()}` });
  }
}
