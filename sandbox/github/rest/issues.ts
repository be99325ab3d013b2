import { created, invalid, ok } from '../answer.js';
import { type Call, reading, writing } from '../call.js';
import { timestamp } from '../clock.js';
import { type Actor, mayRead } from '../tokens.js';
import { apiUrl, nodeId, pageUrl, type World } from '../world.js';
import { renderUser } from './accounts.js';
import { type GivenLabel, known, namesOf, renderLabel, sameLabel } from './labels.js';
import { listed } from './pages.js';
import { EITHER, type Subject, subject } from './subjects.js';

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

interface IssueBody {
  readonly title?: string | number | null;
  readonly body?: string | null;
  readonly state?: 'open' | 'closed';
  readonly state_reason?: string | null;
  readonly labels?: readonly GivenLabel[];
}

export const issueRoutes = [
  ...reading(EITHER, {
    'issues/list-for-repo': list,
    'issues/get': ({ world, path }) => ok(renderIssue(world, subject(world, path.issue_number))),
  }),
  ...writing('issues', { 'issues/create': create }),
  ...writing(EITHER, { 'issues/update': update }),
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
  const { world, query, caller } = call;
  const labels = (query.labels ?? '').split(',').filter((name) => name !== '');
  const state = query.state ?? 'open';
  const since = query.since === undefined ? 0 : Date.parse(query.since);
  // What the caller may not read is left out without a word.
  const isPublic = world.visibility === 'public';
  const readable = [
    ...(isPublic || mayRead(caller, 'issues') ? world.issues : []),
    ...(isPublic || mayRead(caller, 'pull-requests') ? world.pulls : []),
  ];
  const matching = readable.filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      labels.every((name) => issue.labels.some((label) => sameLabel(label, name))) &&
      issue.author.login === (query.creator ?? issue.author.login) &&
      Date.parse(issue.updatedAt) >= since,
  );
  const order = query.direction === 'asc' ? 1 : -1;
  matching.sort((a, b) => order * (a.number - b.number));
  return listed(call, matching, (issue) => renderIssue(world, issue));
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
