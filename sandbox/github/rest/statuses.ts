import { created, invalid, ok } from '../answer.js';
import { type Call, reading, writing } from '../call.js';
import { timestamp } from '../clock.js';
import type { Actor } from '../tokens.js';
import { apiUrl, nodeId, type World } from '../world.js';
import { renderUser } from './accounts.js';
import { commitFor } from './commits.js';
import { listed, page } from './pages.js';
import { renderRepository } from './repository.js';

export interface StatusRecord {
  readonly id: number;
  readonly sha: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: Actor;
  readonly createdAt: string;
}

const MAX_DESCRIPTION = 140;
/** For one commit and context. */
const MAX_STATUSES = 1000;

export const statusRoutes = [
  ...reading('statuses', {
    'repos/list-commit-statuses-for-ref': async (call) =>
      listed(call, await statusesOf(call), (status) => renderStatus(call.world, status)),
    'repos/get-combined-status-for-ref': combined,
  }),
  ...writing('statuses', { 'repos/create-commit-status': create }),
];

async function create({ world, caller, path, body }: Call) {
  const sha = await commitFor(world, path.sha ?? '');
  const {
    state,
    context = 'default',
    description = null,
    target_url: targetUrl = null,
  } = body as {
    state: StatusRecord['state'];
    context?: string;
    description?: string | null;
    target_url?: string | null;
  };
  if (description !== null && [...description].length > MAX_DESCRIPTION) {
    throw invalid(
      detail('description', `description is too long (maximum is ${MAX_DESCRIPTION} characters)`),
    );
  }
  const same = world.statuses.filter((status) => status.sha === sha && sameContext(status.context, context));
  if (same.length >= MAX_STATUSES) {
    throw invalid(detail('context', 'This SHA and context has reached the maximum number of statuses.'));
  }
  const createdAt = timestamp(world.now());
  const status = {
    id: world.nextId(),
    sha,
    state,
    context,
    description,
    targetUrl,
    creator: caller.actor,
    createdAt,
  };
  world.statuses.push(status);
  return created(renderStatus(world, status));
}

function detail(field: string, message: string) {
  return { resource: 'Status', code: 'custom', field, message };
}

async function statusesOf({ world, path }: Call): Promise<StatusRecord[]> {
  const sha = await commitFor(world, path.ref ?? '');
  return world.statuses.filter((status) => status.sha === sha).reverse();
}

async function combined(call: Call) {
  const { world, path } = call;
  const sha = await commitFor(world, path.ref ?? '');
  const newest = latestStatuses(world, sha);
  const { items, headers } = page(call, newest);
  const body = {
    state: combine(newest),
    statuses: items.map((status) => {
      const { creator: _, ...simple } = renderStatus(world, status);
      return simple;
    }),
    sha,
    total_count: newest.length,
    repository: renderRepository(world),
    commit_url: apiUrl(world, `/commits/${sha}`),
    url: apiUrl(world, `/commits/${sha}/status`),
  };
  return { ...ok(body), headers };
}

/** The newest of each context. */
export function latestStatuses(world: World, sha: string): StatusRecord[] {
  const ofCommit = world.statuses.filter((status) => status.sha === sha);
  return [...new Map(ofCommit.map((status) => [status.context.toLowerCase(), status])).values()];
}

function combine(statuses: readonly StatusRecord[]): string {
  if (statuses.some(({ state }) => state === 'error' || state === 'failure')) return 'failure';
  return statuses.length > 0 && statuses.every(({ state }) => state === 'success') ? 'success' : 'pending';
}

function sameContext(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function renderStatus(world: World, status: StatusRecord) {
  const user = renderUser(world, status.creator);
  return {
    url: apiUrl(world, `/statuses/${status.sha}`),
    avatar_url: `${world.origin}/avatars/${status.creator.id}`,
    id: status.id,
    node_id: nodeId('StatusContext', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    creator: user,
  };
}
