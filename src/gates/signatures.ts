import type { Comment, Review } from '../github/contract.js';
import type { PullFacts, SignOff } from './sign-off-facts.js';

/** `/approve <role> <commit>`, the commit by at least as many digits as GitHub shows. */
const APPROVE = /^\/approve[ \t]+(\S+)[ \t]+([0-9a-f]{7,40})$/i;

/** Begins like one for a role, whatever follows. */
const MEANT = /^\/approve[ \t]+(\S+)/i;

export interface Candidates {
  /** Sign-offs that hold, whoever gave them. */
  readonly valid: readonly SignOff[];
  /** What looks like one and is none, and why. */
  readonly misses: readonly string[];
}

/** The reviews and comments of a pull request that agree to its final head. */
export function candidates(facts: PullFacts, role: string): Candidates {
  const found = [
    ...facts.reviews.map((review) => byReview(review, { ...facts, role })),
    ...facts.comments.map((comment) => byComment(comment, { ...facts, role })),
  ];
  return {
    valid: found.flatMap((one) => (one !== null && 'via' in one ? [one] : [])),
    misses: found.flatMap((one) => (one !== null && 'miss' in one ? [one.miss] : [])),
  };
}

/** Whether a comment names the head by less than all its digits, so that what happened to the head has to be known. */
export function isNamedInShort({ pull, comments }: Pick<PullFacts, 'pull' | 'comments'>): boolean {
  return comments.some(({ body }) => {
    const commit = APPROVE.exec(body.trim())?.[2]?.toLowerCase() ?? '';
    return commit !== '' && commit !== pull.head && pull.head.startsWith(commit);
  });
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
function byComment(comment: Comment, { role, ...facts }: PullFacts & { readonly role: string }): Found {
  const { pull, reviews } = facts;
  const { author, body, at, isEdited, url } = comment;
  const asked = MEANT.exec(body.trim())?.[1] ?? '';
  if (author === null || asked.toLowerCase() !== role.toLowerCase()) return null;
  const commit = APPROVE.exec(body.trim())?.[2];
  if (commit === undefined) {
    return {
      miss: `the \`/approve\` of ${author} does not count: the comment must be \`/approve ${role} ${pull.head}\` and nothing else`,
    };
  }
  if (isEdited) return { miss: `the comment of ${author} was edited, and so does not count` };
  if (!pull.head.startsWith(commit.toLowerCase())) {
    return {
      miss: `${author} agreed to ${commit.slice(0, 7)}, and the final head of #${pull.number} is ${pull.head.slice(0, 7)}`,
    };
  }
  const doubt = doubtOf(comment, { commit: commit.toLowerCase(), ...facts });
  if (doubt !== null) {
    return {
      miss: `${author} agreed to ${commit}, and ${doubt}: only all 40 digits count, \`/approve ${role} ${pull.head}\``,
    };
  }
  const taken = takenBackBy(comment, { pull, reviews });
  if (taken !== null) {
    return { miss: `${author} agreed to #${pull.number} by a comment, but ${taken}` };
  }
  return { role, by: author, via: 'comment', pull: pull.number, commit: pull.head, at, url };
}

/** GitHub lists no more of the commits of a pull request. */
const LISTED_COMMITS = 250;

/**
 * Why some first digits may mean another commit than the final head; null when they cannot. Whoever makes one commit can
 * make a second that begins alike. An earlier head that the final one was built upon is among the commits of the pull
 * request; one that was replaced is nowhere, so nothing may have been replaced since the comment.
 */
function doubtOf(
  { at }: Comment,
  { commit, pull, commits, headMoves }: PullFacts & { readonly commit: string },
): string | null {
  if (commit === pull.head) return null;
  const isWhole = commits.length <= LISTED_COMMITS && commits.some(({ sha }) => sha === pull.head);
  if (!isWhole) return `the commits of #${pull.number} are not all known`;
  if (commits.some(({ sha }) => sha !== pull.head && sha.startsWith(commit)))
    return `another commit of #${pull.number} begins alike`;
  if (headMoves === null) return 'GitHub does not tell whether the head was replaced since';
  // Not `some >=`: a time that cannot be read must not pass for an earlier one.
  const isBefore = (move: string) => Date.parse(move) < Date.parse(at);
  return headMoves.every(isBefore) ? null : `the head of #${pull.number} may have been replaced since`;
}

/**
 * The review of the same person that takes a comment back; null when there is none. A request for changes does so when
 * it is not older. When a review was dismissed GitHub does not tell: a dismissed one of this very head does so whenever
 * it was given and whatever else the person requested between it and the comment, since the dismissal may come last.
 */
function takenBackBy(
  comment: Comment,
  { pull, reviews }: Pick<PullFacts, 'pull' | 'reviews'>,
): string | null {
  const own = reviews.filter(({ author }) => author === comment.author);
  const isDismissed = own.some(({ state, commit }) => state === 'DISMISSED' && commit === pull.head);
  if (isDismissed)
    return 'a review of theirs was dismissed, perhaps since: only a new approving review counts';
  const isSince = ({ at }: Review) => !(Date.parse(at) < Date.parse(comment.at));
  const isTaken = own.some((one) => ['CHANGES_REQUESTED', 'DISMISSED'].includes(one.state) && isSince(one));
  return isTaken ? 'a review of theirs takes it back' : null;
}
