import { created, invalid, noContent, notFound, ok } from '../answer.js';
import { type Call, reading, writing } from '../call.js';
import { timestamp } from '../clock.js';
import type { Actor } from '../tokens.js';
import { apiUrl, nodeId, pageUrl, type World } from '../world.js';
import { renderUser } from './accounts.js';
import { listed } from './pages.js';
import type { PullRecord } from './pulls.js';

export interface IssueRecord {
  readonly id: number;
  readonly number: number;
  readonly author: Actor;
  readonly createdAt: string;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: string | null;
  labels: string[];
  updatedAt: string;
  closedAt: string | null;
}

export interface CommentRecord {
  readonly id: number;
  /** Of the issue or pull request. */
  readonly number: number;
  readonly author: Actor;
  readonly createdAt: string;
  body: string;
  updatedAt: string;
}

export interface LabelRecord {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

type Subject = IssueRecord | PullRecord;

interface IssueBody {
  readonly title?: string | number | null;
  readonly body?: string | null;
  readonly state?: 'open' | 'closed';
  readonly state_reason?: string | null;
  readonly labels?: readonly (string | { readonly name?: string })[];
}

/** A pull request is an issue too, and its own permission is enough for what both have. */
const EITHER = ['issues', 'pull-requests'] as const;

export const issueRoutes = [
  ...reading(EITHER, {
    'issues/list-for-repo': list,
    'issues/get': ({ world, path }) => ok(renderIssue(world, subject(world, path.issue_number))),
    'issues/list-comments': (call) => {
      const { number } = subject(call.world, call.path.issue_number);
      const comments = call.world.comments.filter((comment) => comment.number === number);
      return listed(call, comments, (comment) => renderComment(call.world, comment));
    },
    'issues/get-comment': ({ world, path }) => ok(renderComment(world, comment(world, path.comment_id))),
    'issues/list-labels-on-issue': (call) =>
      listed(call, subject(call.world, call.path.issue_number).labels, (name) =>
        renderLabel(call.world, name),
      ),
    'issues/list-labels-for-repo': (call) =>
      listed(call, call.world.labels, ({ name }) => renderLabel(call.world, name)),
    'issues/get-label': ({ world, path }) => {
      const name = path.name ?? '';
      if (!world.labels.some((label) => same(label.name, name))) throw notFound();
      return ok(renderLabel(world, name));
    },
  }),
  ...writing('issues', { 'issues/create': create }),
  ...writing(EITHER, {
    'issues/update': update,
    'issues/create-comment': createComment,
    'issues/update-comment': ({ world, path, body }) => {
      const found = comment(world, path.comment_id);
      found.body = (body as { body: string }).body;
      found.updatedAt = timestamp(world.now());
      return ok(renderComment(world, found));
    },
    'issues/delete-comment': ({ world, path }) => {
      world.comments.splice(world.comments.indexOf(comment(world, path.comment_id)), 1);
      return noContent();
    },
    'issues/add-labels': (call) => changeLabels(call, (present, given) => [...present, ...given]),
    'issues/set-labels': (call) => changeLabels(call, (_present, given) => [...given]),
    'issues/remove-label': removeLabel,
    'issues/create-label': createLabel,
  }),
];

function create({ world, caller, body }: Call) {
  const given = body as IssueBody;
  const title = String(given.title ?? '');
  if (title.trim() === '') throw invalid({ resource: 'Issue', field: 'title', code: 'missing_field' });
  const now = timestamp(world.now());
  const issue: IssueRecord = {
    id: world.nextId(),
    number: world.nextNumber(),
    author: caller.actor,
    createdAt: now,
    title,
    body: given.body ?? null,
    state: 'open',
    stateReason: null,
    labels: known(world, namesOf(given.labels ?? [])),
    updatedAt: now,
    closedAt: null,
  };
  world.issues.push(issue);
  return created(renderIssue(world, issue));
}

function update({ world, path, body }: Call) {
  const issue = subject(world, path.issue_number);
  const given = body as IssueBody;
  issue.title = given.title === undefined || given.title === null ? issue.title : String(given.title);
  if (given.body !== undefined) issue.body = given.body;
  if (given.labels !== undefined) issue.labels = known(world, namesOf(given.labels));
  issue.updatedAt = timestamp(world.now());
  if (given.state !== undefined) {
    issue.state = given.state;
    issue.closedAt = given.state === 'closed' ? issue.updatedAt : null;
    if ('stateReason' in issue)
      issue.stateReason = given.state_reason ?? (given.state === 'closed' ? 'completed' : 'reopened');
  }
  return ok(renderIssue(world, issue));
}

function list(call: Call) {
  const { world, query } = call;
  const labels = (query.labels ?? '').split(',').filter((name) => name !== '');
  const state = query.state ?? 'open';
  const since = query.since === undefined ? 0 : Date.parse(query.since);
  const matching = [...world.issues, ...world.pulls].filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      labels.every((name) => issue.labels.some((label) => same(label, name))) &&
      issue.author.login === (query.creator ?? issue.author.login) &&
      Date.parse(issue.updatedAt) >= since,
  );
  const order = query.direction === 'asc' ? 1 : -1;
  matching.sort((a, b) => order * (a.number - b.number));
  return listed(call, matching, (issue) => renderIssue(world, issue));
}

function createComment({ world, caller, path, body }: Call) {
  const { number } = subject(world, path.issue_number);
  const now = timestamp(world.now());
  const made = {
    id: world.nextId(),
    number,
    author: caller.actor,
    createdAt: now,
    body: (body as { body: string }).body,
    updatedAt: now,
  };
  world.comments.push(made);
  return created(renderComment(world, made));
}

function changeLabels({ world, path, body }: Call, merge: (present: string[], given: string[]) => string[]) {
  const issue = subject(world, path.issue_number);
  const given = (body ?? {}) as { labels?: IssueBody['labels'] };
  issue.labels = known(world, merge(issue.labels, namesOf(given.labels ?? [])));
  return ok(issue.labels.map((name) => renderLabel(world, name)));
}

function removeLabel({ world, path }: Call) {
  const issue = subject(world, path.issue_number);
  const name = path.name ?? '';
  if (!issue.labels.some((label) => same(label, name))) throw notFound();
  issue.labels = issue.labels.filter((label) => !same(label, name));
  return ok(issue.labels.map((label) => renderLabel(world, label)));
}

function createLabel({ world, body }: Call) {
  const {
    name,
    color = 'ededed',
    description = null,
  } = body as { name: string; color?: string; description?: string };
  if (world.labels.some((label) => same(label.name, name))) {
    throw invalid({ resource: 'Label', field: 'name', code: 'already_exists' });
  }
  world.labels.push({ id: world.nextId(), name, color: color.replace('#', ''), description });
  return created(renderLabel(world, name));
}

/** A label that does not exist yet comes into being by its use. */
export function known(world: World, names: readonly string[]): string[] {
  const unique = [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
  return unique.map((name) => {
    const found = world.labels.find((label) => same(label.name, name));
    if (found === undefined)
      world.labels.push({ id: world.nextId(), name, color: 'ededed', description: null });
    return found?.name ?? name;
  });
}

function namesOf(labels: NonNullable<IssueBody['labels']>): string[] {
  return labels.map((label) => (typeof label === 'string' ? label : (label.name ?? '')));
}

function subject(world: World, number: string | undefined): Subject {
  const found = [...world.issues, ...world.pulls].find((candidate) => candidate.number === Number(number));
  if (found === undefined) throw notFound();
  return found;
}

function comment(world: World, id: string | undefined): CommentRecord {
  const found = world.comments.find((candidate) => candidate.id === Number(id));
  if (found === undefined) throw notFound();
  return found;
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export function renderLabel(world: World, name: string) {
  const label = world.labels.find((candidate) => same(candidate.name, name));
  return {
    id: label?.id ?? 0,
    node_id: nodeId('Label', label?.id ?? 0),
    url: apiUrl(world, `/labels/${encodeURIComponent(name)}`),
    name: label?.name ?? name,
    description: label?.description ?? null,
    color: label?.color ?? 'ededed',
    default: false,
  };
}

function renderIssue(world: World, issue: Subject) {
  const isPull = 'head' in issue;
  const url = apiUrl(world, `/issues/${issue.number}`);
  const html = pageUrl(world, `/${isPull ? 'pull' : 'issues'}/${issue.number}`);
  const pull = apiUrl(world, `/pulls/${issue.number}`);
  return {
    url,
    repository_url: apiUrl(world, ''),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: html,
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    number: issue.number,
    title: issue.title,
    user: renderUser(world, issue.author),
    labels: issue.labels.map((name) => renderLabel(world, name)),
    state: issue.state,
    state_reason: isPull ? null : issue.stateReason,
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: world.comments.filter(({ number }) => number === issue.number).length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    author_association: 'NONE',
    body: issue.body,
    ...(isPull
      ? {
          pull_request: {
            url: pull,
            html_url: html,
            diff_url: `${html}.diff`,
            patch_url: `${html}.patch`,
            merged_at: issue.mergedAt,
          },
        }
      : {}),
  };
}

function renderComment(world: World, { id, number, author, createdAt, updatedAt, body }: CommentRecord) {
  return {
    url: apiUrl(world, `/issues/comments/${id}`),
    html_url: pageUrl(world, `/issues/${number}#issuecomment-${id}`),
    issue_url: apiUrl(world, `/issues/${number}`),
    id,
    node_id: nodeId('IssueComment', id),
    user: renderUser(world, author),
    created_at: createdAt,
    updated_at: updatedAt,
    author_association: 'NONE',
    body,
  };
}
