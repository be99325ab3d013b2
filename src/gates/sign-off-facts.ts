import type { Comment, PullRequest, ReleasedCommit, Review, RunApproval } from '../github/contract.js';
import type { People } from './people.js';
import type { GateVerdict } from './verdict.js';

/** Who agreed, when and to what; as it is recorded. */
export interface SignOff {
  readonly role: string;
  readonly by: string;
  readonly via: 'review' | 'comment' | 'environment';
  /** null for an environment reviewer. */
  readonly pull: number | null;
  /** What was looked at: the final head of the pull request, or the released commit. */
  readonly commit: string;
  /** null when GitHub does not tell. */
  readonly at: string | null;
  readonly url: string | null;
}

export interface PullFacts {
  readonly pull: PullRequest;
  /** Its commits as far as GitHub lists them, its final head among them unless that is gone. */
  readonly commits: readonly ReleasedCommit[];
  readonly reviews: readonly Review[];
  readonly comments: readonly Comment[];
  /**
   * When its head may have become another one than by commits on top of it, as ISO 8601. Looked at only where a comment
   * names the head by less than all its digits; null: not looked at, or not told.
   */
  readonly headMoves: readonly string[] | null;
}

export interface SignOffFacts {
  readonly environment: string;
  readonly actor: string;
  /** The commit to release. */
  readonly sha: string;
  readonly pulls: readonly PullFacts[];
  /** Commits that no pull request brought in. */
  readonly direct: readonly ReleasedCommit[];
  /** null when they could not be read, or were not needed. */
  readonly runApprovals: readonly RunApproval[] | null;
  readonly people: People;
}

export interface SignOffJudgement {
  readonly verdicts: readonly GateVerdict[];
  readonly signOffs: readonly SignOff[];
}

export interface Judged {
  readonly verdict: GateVerdict;
  readonly signOffs: readonly SignOff[];
}

/** In lower case: who opened the pull request, and who made a commit of it, as GitHub names them. */
export function authorsOf({ pull, commits }: Pick<PullFacts, 'pull' | 'commits'>): ReadonlySet<string> {
  const makers = commits.flatMap(({ author, committer }) => [author, committer]);
  return new Set([pull.author, ...makers].flatMap((login) => (login === null ? [] : [login.toLowerCase()])));
}
