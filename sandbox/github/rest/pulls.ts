import { created, type ErrorDetail, invalid, notFound, ok, Refusal } from '../answer.js';
import { type Call, reading, writing } from '../call.js';
import { timestamp } from '../clock.js';
import { type Actor, GITHUB_ACTIONS } from '../tokens.js';
import { apiUrl, nodeId, pageUrl, type World } from '../world.js';
import { ownerOf, renderUser } from './accounts.js';
import { renderFile } from './commit.js';
import { renderLabel } from './labels.js';
import { listed } from './pages.js';
import { renderFullRepository } from './repository.js';

export interface PullRecord {
  readonly id: number;
  readonly number: number;
  readonly author: Actor;
  readonly createdAt: string;
  /** The branch names; a pull request comes from this repository. */
  readonly head: string;
  base: string;
  /** As of the last look; kept when the branch is gone. */
  headSha: string;
  baseSha: string;
  title: string;
  body: string | null;
  draft: boolean;
  state: 'open' | 'closed';
  labels: string[];
  updatedAt: string;
  closedAt: string | null;
  mergedAt: string | null;
  /** What a merge by GitHub made on the base: the merge, the squashed or the rebased commits, oldest first. */
  mergeCommit: string | null;
  brought: readonly string[];
  /** What happened to it, oldest first, as of the last look. */
  readonly events: PullEvent[];
}

export interface PullEvent {
  readonly id: number;
  /** In GitHub's words: `head_ref_force_pushed`, `merged`, ... */
  readonly event: string;
  readonly at: string;
}

export function note(world: World, pull: PullRecord, event: string): void {
  pull.events.push({ id: world.nextId(), event, at: timestamp(world.now()) });
}

export const pullRoutes = [
  ...reading('pull-requests', {
    'pulls/list': list,
    'pulls/get': async ({ world, path }) =>
      ok(await renderPull(world, await findPull(world, path.pull_number))),
    'pulls/list-files': async (call) => {
      const pull = await findPull(call.world, call.path.pull_number);
      return listed(call, await files(call.world, pull), (file) =>
        renderFile(call.world, pull.headSha, file),
      );
    },
  }),
  ...writing('pull-requests', { 'pulls/create': create, 'pulls/update': update }),
];

interface PullBody {
  readonly title?: string;
  readonly head?: string;
  readonly base?: string;
  readonly body?: string;
  readonly draft?: boolean;
  readonly state?: 'open' | 'closed';
}

async function create({ world, caller, body }: Call) {
  if (caller.app?.id === GITHUB_ACTIONS.id && !world.allowPullRequests) {
    throw new Refusal(403, 'GitHub Actions is not permitted to create or approve pull requests.');
  }
  const given = body as PullBody;
  const head = branchOf(world, given.head ?? '');
  const base = given.base ?? '';
  if (given.title === undefined) throw invalid(detail('title', 'missing_field'));
  const [headSha, baseSha] = [await tip(world, head), await tip(world, base)];
  if (headSha === null) throw invalid(detail('head', 'invalid'));
  if (baseSha === null) throw invalid(detail('base', 'invalid'));
  await refuseUseless(world, { head, base, headSha, baseSha });
  const now = timestamp(world.now());
  const pull: PullRecord = {
    ...{ id: world.nextId(), number: world.nextNumber(), author: caller.actor, createdAt: now },
    ...{
      head,
      base,
      headSha,
      baseSha,
      title: given.title,
      body: given.body ?? null,
      draft: given.draft ?? false,
    },
    ...{ state: 'open', labels: [], updatedAt: now, closedAt: null, mergedAt: null },
    ...{ mergeCommit: null, brought: [], events: [] },
  };
  world.pulls.push(pull);
  return created(await renderPull(world, pull));
}

async function refuseUseless(
  world: World,
  { head, base, headSha, baseSha }: Pick<PullRecord, 'head' | 'base' | 'headSha' | 'baseSha'>,
): Promise<void> {
  if (world.pulls.some((pull) => pull.state === 'open' && pull.head === head && pull.base === base)) {
    throw invalid({
      ...detail('base', 'custom'),
      message: `A pull request already exists for ${world.owner}:${head}.`,
    });
  }
  if (await world.git.isAncestor(headSha, baseSha)) {
    throw invalid({ ...detail('base', 'custom'), message: `No commits between ${base} and ${head}` });
  }
}

function detail(field: string, code: string): ErrorDetail {
  return { resource: 'PullRequest', field, code };
}

async function update({ world, path, body }: Call) {
  const pull = await findPull(world, path.pull_number);
  const given = body as PullBody;
  if (given.base !== undefined && (await tip(world, given.base)) === null)
    throw invalid(detail('base', 'invalid'));
  pull.title = given.title ?? pull.title;
  pull.body = given.body ?? pull.body;
  if (given.base !== undefined && given.base !== pull.base) note(world, pull, 'base_ref_changed');
  pull.base = given.base ?? pull.base;
  pull.updatedAt = timestamp(world.now());
  if (given.state !== undefined && pull.mergedAt === null) {
    if (given.state !== pull.state) note(world, pull, given.state === 'open' ? 'reopened' : 'closed');
    pull.state = given.state;
    pull.closedAt = given.state === 'closed' ? pull.updatedAt : null;
  }
  return ok(await renderPull(world, pull));
}

async function list(call: Call) {
  const { world, query } = call;
  for (const pull of world.pulls) await refresh(world, pull);
  const { state = 'open', head, base } = query;
  const matching = world.pulls.filter(
    (pull) =>
      (state === 'all' || pull.state === state) &&
      (head === undefined || `${world.owner}:${pull.head}` === head) &&
      (base === undefined || pull.base === base),
  );
  const ordered = query.direction === 'asc' ? matching : matching.reverse();
  return listed(call, ordered, (pull) => renderPullSummary(world, pull));
}

/** Those whose head the commit is, and those that brought it in. */
export async function pullsOfCommit(world: World, oid: string): Promise<PullRecord[]> {
  const found: PullRecord[] = [];
  for (const pull of world.pulls) {
    await refresh(world, pull);
    const inHead = await world.git.isAncestor(oid, pull.headSha);
    const isOwn = inHead && !(await world.git.isAncestor(oid, pull.baseSha));
    if (isOwn || pull.brought.includes(oid)) found.push(pull);
  }
  return found;
}

export async function findPull(world: World, number: string | undefined): Promise<PullRecord> {
  const pull = world.pulls.find((candidate) => candidate.number === Number(number));
  if (pull === undefined) throw notFound();
  await refresh(world, pull);
  return pull;
}

/** An open pull request follows its branches; it is merged once its head is part of its base. */
async function refresh(world: World, pull: PullRecord): Promise<void> {
  if (pull.state !== 'open') return;
  const head = (await tip(world, pull.head)) ?? pull.headSha;
  if (!(await world.git.isAncestor(pull.headSha, head))) note(world, pull, 'head_ref_force_pushed');
  pull.headSha = head;
  const base = (await tip(world, pull.base)) ?? pull.baseSha;
  if (!(await world.git.isAncestor(pull.headSha, base))) {
    pull.baseSha = base;
    return;
  }
  pull.state = 'closed';
  pull.mergedAt = timestamp(world.now());
  pull.closedAt = pull.mergedAt;
  note(world, pull, 'merged');
}

async function tip(world: World, branch: string): Promise<string | null> {
  return (await world.git.reference(`refs/heads/${branch}`))?.oid ?? null;
}

function branchOf(world: World, head: string): string {
  return head.startsWith(`${world.owner}:`) ? head.slice(world.owner.length + 1) : head;
}

async function files(world: World, pull: PullRecord) {
  return world.git.differences(await world.git.mergeBase(pull.baseSha, pull.headSha), pull.headSha);
}

async function renderPull(world: World, pull: PullRecord) {
  const changed = await files(world, pull);
  const merged = pull.mergedAt !== null;
  const mergeable = merged ? null : (await world.git.merge(pull.baseSha, pull.headSha)) !== null;
  return {
    ...renderPullSummary(world, pull),
    merged,
    mergeable,
    mergeable_state: mergeable === null ? 'unknown' : mergeable ? 'clean' : 'dirty',
    merged_by: null,
    comments: world.comments.filter(({ number }) => number === pull.number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: await world.git.countAhead(pull.baseSha, pull.headSha),
    additions: changed.reduce((sum, file) => sum + file.additions, 0),
    deletions: changed.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: changed.length,
  };
}

export function renderPullSummary(world: World, pull: PullRecord) {
  const url = apiUrl(world, `/pulls/${pull.number}`);
  const issue = apiUrl(world, `/issues/${pull.number}`);
  const html = pageUrl(world, `/pull/${pull.number}`);
  const statuses = apiUrl(world, `/statuses/${pull.headSha}`);
  const links = {
    self: url,
    html,
    issue,
    comments: `${issue}/comments`,
    review_comments: `${url}/comments`,
    review_comment: apiUrl(world, '/pulls/comments{/number}'),
    commits: `${url}/commits`,
    statuses,
  };
  const { self: _self, html: _html, ...urls } = links;
  return {
    url,
    html_url: html,
    ...Object.fromEntries(Object.entries(urls).map(([key, link]) => [`${key}_url`, link])),
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: renderUser(world, pull.author),
    body: pull.body,
    labels: pull.labels.map((name) => renderLabel(world, name)),
    milestone: null,
    ...{
      created_at: pull.createdAt,
      updated_at: pull.updatedAt,
      closed_at: pull.closedAt,
      merged_at: pull.mergedAt,
    },
    merge_commit_sha: pull.mergedAt === null ? null : (pull.mergeCommit ?? pull.headSha),
    ...{ assignee: null, assignees: [], requested_reviewers: [], requested_teams: [] },
    head: side(world, pull.head, pull.headSha),
    base: side(world, pull.base, pull.baseSha),
    _links: Object.fromEntries(Object.entries(links).map(([key, href]) => [key, { href }])),
    author_association: 'NONE',
    auto_merge: null,
    draft: pull.draft,
  };
}

function side(world: World, branch: string, sha: string) {
  const user = renderUser(world, ownerOf(world));
  return { label: `${world.owner}:${branch}`, ref: branch, sha, user, repo: renderFullRepository(world) };
}
