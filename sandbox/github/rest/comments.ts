import { created, noContent, notFound, ok } from '../answer.js';
import { type Call, reading, writing } from '../call.js';
import { timestamp } from '../clock.js';
import { type Actor, personOf } from '../tokens.js';
import { apiUrl, nodeId, pageUrl, type World } from '../world.js';
import { renderUser } from './accounts.js';
import { listed } from './pages.js';
import { EITHER, subject } from './subjects.js';

export interface CommentRecord {
  readonly id: number;
  /** Of the issue or pull request. */
  readonly number: number;
  readonly author: Actor;
  readonly createdAt: string;
  body: string;
  updatedAt: string;
}

export const commentRoutes = [
  ...reading(EITHER, {
    'issues/list-comments': list,
    'issues/get-comment': ({ world, path }) => ok(renderComment(world, find(world, path.comment_id))),
  }),
  ...writing(EITHER, {
    'issues/create-comment': create,
    'issues/update-comment': update,
    'issues/delete-comment': remove,
  }),
];

/** A person comments on an issue or pull request. */
export function putComment(
  world: World,
  number: number,
  { by, body }: { readonly by: string; readonly body: string },
): CommentRecord {
  const now = timestamp(world.now());
  const made = { id: world.nextId(), number, author: personOf(by), createdAt: now, body, updatedAt: now };
  world.comments.push(made);
  return made;
}

function list(call: Call) {
  const { number } = subject(call.world, call.path.issue_number);
  const comments = call.world.comments.filter((comment) => comment.number === number);
  return listed(call, comments, (comment) => renderComment(call.world, comment));
}

function create({ world, caller, path, body }: Call) {
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

function update({ world, path, body }: Call) {
  const comment = find(world, path.comment_id);
  comment.body = (body as { body: string }).body;
  comment.updatedAt = timestamp(world.now());
  return ok(renderComment(world, comment));
}

function remove({ world, path }: Call) {
  world.comments.splice(world.comments.indexOf(find(world, path.comment_id)), 1);
  return noContent();
}

function find(world: World, id: string | undefined): CommentRecord {
  const found = world.comments.find((candidate) => candidate.id === Number(id));
  if (found === undefined) throw notFound();
  return found;
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
