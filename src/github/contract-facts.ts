import type { TokenScope } from '../plan/gate-keys.js';

/** A commit that a release or a pull request brings, with the accounts that GitHub names for it. */
export interface ReleasedCommit {
  readonly sha: string;
  readonly subject: string;
  readonly author: string | null;
  /** null also when GitHub itself made the commit, at the press of a button. */
  readonly committer: string | null;
}

/** A pull request as its latest answer tells it. */
export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  /** null: the account is gone. */
  readonly author: string | null;
  readonly state: 'open' | 'merged' | 'closed';
  /** The final head when it was merged, else the head now. */
  readonly head: string;
  readonly base: { readonly ref: string; readonly sha: string };
  /** Whether its head lies in another repository. */
  readonly isFork: boolean;
}

export interface Review {
  readonly author: string | null;
  /** How the author stands to the repository: `MEMBER`, `NONE`, ... */
  readonly association: string;
  readonly state: string;
  /** The head that was looked at. */
  readonly commit: string | null;
  readonly at: string;
  readonly url: string;
}

export interface Comment {
  readonly author: string | null;
  readonly body: string;
  readonly at: string;
  /** Changed after it was written, by whomever. */
  readonly isEdited: boolean;
  readonly url: string;
}

/** What a reviewer of a GitHub environment said before the job was let go. */
export interface RunApproval {
  readonly by: string | null;
  readonly state: string;
  readonly environments: readonly string[];
}

export interface CommitCheck {
  readonly name: string;
  /** `success`, `pending`, or another conclusion in GitHub's words. */
  readonly result: string;
  readonly url: string | null;
}

export interface OpenIssue {
  readonly number: number;
  readonly title: string;
  readonly label: string;
  readonly author: string;
  readonly url: string;
}

/** One ledger, by its branch. */
export interface LedgerStanding {
  readonly service: string;
  readonly environment: string;
  /** The text of `current.json`; null when the branch has none. */
  readonly current: string | null;
  /** Where people read it. */
  readonly url: string;
}

/**
 * What gates ask of GitHub. All reject with `GithubError`; where null is an answer, it stands for what the token may
 * not read or what is not there.
 */
export interface Facts {
  /**
   * The commits that `head` has and `base` has not, oldest first; `head` alone without a base. null when there are
   * more than 250, or the two have nothing in common.
   */
  commits(range: {
    readonly base: string | null;
    readonly head: string;
  }): Promise<readonly ReleasedCommit[] | null>;
  /** Those that GitHub names for a commit. */
  pullsOf(commit: string): Promise<readonly PullRequest[]>;
  pull(number: number): Promise<PullRequest | null>;
  /** The commits of a pull request, oldest first: the first 250. */
  commitsOfPull(number: number): Promise<readonly ReleasedCommit[]>;
  /**
   * When the head of a pull request may have become another one than by commits on top of it, as ISO 8601; what came
   * after its merge is left out. null when the token may not read it, or the answer cannot be whole.
   */
  headMoves(pull: PullRequest): Promise<readonly string[] | null>;
  /** Oldest first. */
  reviews(pull: number): Promise<readonly Review[]>;
  /** Oldest first. */
  comments(pull: number): Promise<readonly Comment[]>;
  /** Logins of the members of `organisation/team`; null when the token may not read it, or there is no such team. */
  team(team: string): Promise<readonly string[] | null>;
  /** null when the token may not read them. */
  runApprovals(run: string): Promise<readonly RunApproval[] | null>;
  /** The newest of each name and app; null when the token may read neither checks nor statuses. */
  checks(commit: string): Promise<readonly CommitCheck[] | null>;
  /** null when the token may not read issues. */
  openIssues(labels: readonly string[]): Promise<readonly OpenIssue[] | null>;
  /** Paths that differ between two commits, all of them; every path of `head` without a base. null: no such commit. */
  changes(range: { readonly base: string | null; readonly head: string }): Promise<readonly string[] | null>;
  /** Paths that `head` changed since it left `base`, all of them. */
  changed(range: { readonly base: string; readonly head: string }): Promise<readonly string[]>;
  /** Paths of all files of a commit. */
  files(commit: string): Promise<readonly string[]>;
  /** The text of a file at a commit; null when there is none. */
  text(file: { readonly commit: string; readonly path: string }): Promise<string | null>;
  /** The text of `current.json` of another environment; null when there is no ledger. `url`: where people read it. */
  ledger(of: {
    readonly service: string;
    readonly environment: string;
  }): Promise<{ readonly current: string | null; readonly url: string }>;
  /** `events.jsonl` of every release of a commit in the ledger of an environment, newest first. */
  releasesOf(of: {
    readonly service: string;
    readonly environment: string;
    readonly sha: string;
  }): Promise<readonly string[]>;
  /** Every ledger of the repository: one request for a hundred of them. */
  ledgers(): Promise<readonly LedgerStanding[]>;
  defaultBranch(): Promise<string>;
  /** The commit that a branch points to; null when there is no such branch. */
  branch(name: string): Promise<string | null>;
  /** Whether the token may write, by a request that cannot succeed and leaves no trace; null when that is not told. */
  mayWrite(scope: TokenScope): Promise<boolean | null>;
}
