import type { Comment, Review } from '../github/contract.js';
import type { PullFacts, SignOff } from './sign-off-facts.js';

const APPROVE = /^\/approve[ \t]+(\S+)[ \t]+([0-9a-f]{7,40})$/i;

export interface Candidates {
  /** Sign-offs that hold, whoever gave them. */
  readonly valid: readonly SignOff[];
  /** What looks like one and is none, and why. */
  readonly misses: readonly string[];
}

/** The reviews and comments of a pull request that agree to its final head. */
export function candidates({ pull, reviews, comments }: PullFacts, role: string): Candidates {
  const found = [
    ...reviews.map((review) => byReview(review, { pull, reviews, role })),
    ...comments.map((comment) => byComment(comment, { pull, reviews, role })),
  ];
  return {
    valid: found.flatMap((one) => (one !== null && 'via' in one ? [one] : [])),
    misses: found.flatMap((one) => (one !== null && 'miss' in one ? [one.miss] : [])),
  };
}

type Found = SignOff | { readonly miss: string } | null;

/** A review counts when it approves, is its author's latest, and saw the final head. */
function byReview(
  review: Review,
  { pull, reviews, role }: Pick<PullFacts, 'pull' | 'reviews'> & { readonly role: string },
): Found {
  const { author, state, commit, at, url } = review;
  if (state !== 'APPROVED' || author === null) return null;
  const later = reviews.slice(reviews.indexOf(review) + 1).filter((one) => one.author === author);
  const last = later.at(-1);
  if (last !== undefined) {
    if (last.state === 'APPROVED') return null;
    return {
      miss: `${author} approved #${pull.number}, but reviewed again after that (${last.state.toLowerCase()})`,
    };
  }
  if (commit !== pull.head) {
    const seen = commit?.slice(0, 7) ?? 'an unknown commit';
    return {
      miss: `${author} approved ${seen}, and the final head of #${pull.number} is ${pull.head.slice(0, 7)}`,
    };
  }
  return { role, by: author, via: 'review', pull: pull.number, commit, at, url };
}

/** Nothing but the command, for this role and head, never edited. */
function byComment(
  comment: Comment,
  { pull, reviews, role }: Pick<PullFacts, 'pull' | 'reviews'> & { readonly role: string },
): Found {
  const { author, body, at, isEdited, url } = comment;
  const [, asked = '', commit = ''] = APPROVE.exec(body.trim()) ?? [];
  if (author === null || asked.toLowerCase() !== role.toLowerCase()) return null;
  if (isEdited) return { miss: `the comment of ${author} was edited, and so does not count` };
  if (!pull.head.startsWith(commit.toLowerCase())) {
    return {
      miss: `${author} agreed to ${commit.slice(0, 7)}, and the final head of #${pull.number} is ${pull.head.slice(0, 7)}`,
    };
  }
  if (isTakenBack(comment, { pull, reviews }))
    return { miss: `${author} agreed to #${pull.number} by a comment, but a review of theirs takes it back` };
  return { role, by: author, via: 'comment', pull: pull.number, commit: pull.head, at, url };
}

/**
 * A request for changes after the comment takes it back. When a review was dismissed GitHub does not tell: a dismissed
 * one of this very head does so too, whenever it was given.
 */
function isTakenBack(comment: Comment, { pull, reviews }: Pick<PullFacts, 'pull' | 'reviews'>): boolean {
  const last = reviews.findLast(
    ({ author, state }) => author === comment.author && ['CHANGES_REQUESTED', 'DISMISSED'].includes(state),
  );
  if (last === undefined) return false;
  const isBefore = Date.parse(last.at) < Date.parse(comment.at);
  return !isBefore || (last.state === 'DISMISSED' && last.commit === pull.head);
}
