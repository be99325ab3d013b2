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
  /** Whom GitHub names as author of the final head: who pushed last reviews nobody else's work. */
  readonly headAuthors: readonly string[];
  readonly reviews: readonly Review[];
  readonly comments: readonly Comment[];
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

/** In lower case: who opened the pull request, and whose commit its head is. */
export function authorsOf({
  pull,
  headAuthors,
}: Pick<PullFacts, 'pull' | 'headAuthors'>): ReadonlySet<string> {
  const opener = pull.author === null ? [] : [pull.author];
  return new Set([...opener, ...headAuthors].map((login) => login.toLowerCase()));
}
