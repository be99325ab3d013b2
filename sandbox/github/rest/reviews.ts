import { type Call, reading } from '../call.js';
import { timestamp } from '../clock.js';
import { type Actor, personOf } from '../tokens.js';
import { apiUrl, nodeId, pageUrl, type World } from '../world.js';
import { renderUser } from './accounts.js';
import { listed } from './pages.js';
import { findPull } from './pulls.js';

export interface ReviewRecord {
  readonly id: number;
  /** Of the pull request. */
  readonly number: number;
  readonly author: Actor;
  readonly association: string;
  /** The head that was looked at. */
  readonly commit: string;
  readonly submittedAt: string;
  readonly body: string;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
}

export interface ReviewOptions {
  readonly by: string;
  /** `APPROVED` by default. */
  readonly state?: ReviewRecord['state'];
  /** The pull request's head by default. */
  readonly commit?: string;
  /** `MEMBER` by default. */
  readonly association?: string;
}

export const reviewRoutes = reading('pull-requests', { 'pulls/list-reviews': list });

/** A person reviews a pull request, as of its head now. */
export async function putReview(world: World, number: number, options: ReviewOptions): Promise<ReviewRecord> {
  const pull = await findPull(world, String(number));
  const review: ReviewRecord = {
    id: world.nextId(),
    number,
    author: personOf(options.by),
    association: options.association ?? 'MEMBER',
    commit: options.commit ?? pull.headSha,
    submittedAt: timestamp(world.now()),
    body: '',
    state: options.state ?? 'APPROVED',
  };
  world.reviews.push(review);
  return review;
}

/** Oldest first, as GitHub lists them. */
async function list(call: Call) {
  const { world, path } = call;
  const pull = await findPull(world, path.pull_number);
  const reviews = world.reviews.filter(({ number }) => number === pull.number);
  return listed(call, reviews, (review) => renderReview(world, review));
}

function renderReview(world: World, review: ReviewRecord) {
  const html = pageUrl(world, `/pull/${review.number}#pullrequestreview-${review.id}`);
  const pull = apiUrl(world, `/pulls/${review.number}`);
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: renderUser(world, review.author),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: pull,
    _links: { html: { href: html }, pull_request: { href: pull } },
    submitted_at: review.submittedAt,
    commit_id: review.commit,
    author_association: review.association,
  };
}
