/** What the engine asks of GitHub. Adapters live beside this file; the engine imports nothing else from here. */

import type { Facts } from './contract-facts.js';

/** One consistent view of the ledger branch. */
export interface LedgerSnapshot {
  /** The commit at the head of the branch; null when the branch does not exist. */
  readonly head: string | null;
  /** The text of `current.json`; null when there is none. */
  readonly current: string | null;
}

export interface LedgerChange {
  /** The head that this change was made for; null makes the branch. */
  readonly expectedHead: string | null;
  /** The head line of the commit, unique for this write; `[skip ci]` is added. */
  readonly message: string;
  /** Path → whole new text. */
  readonly files: Readonly<Record<string, string>>;
}

/** The branch that keeps the record, written by compare-and-swap only. */
export interface LedgerStore {
  readonly branch: string;
  /** Where people read it. */
  readonly url: string;
  /** Rejects with `LedgerError`. */
  read(): Promise<LedgerSnapshot>;
  /** The text of a file at a commit of this branch, null when absent. Rejects with `LedgerError`. */
  readFile(head: string, path: string): Promise<string | null>;
  /**
   * Writes once or not at all and returns the new head; after an unknown outcome it reads back before it writes
   * again. Rejects with `LedgerError`.
   */
  write(change: LedgerChange): Promise<string>;
}

/**
 * `conflict`: the head is not the one expected. `refused`: a rule of the repository. `forbidden`: the token may
 * not. `unreachable`: no answer after retries. `invalid`: an answer that cannot be what it should be.
 */
export type LedgerErrorKind = 'conflict' | 'refused' | 'forbidden' | 'unreachable' | 'invalid';

export class LedgerError extends Error {
  readonly kind: LedgerErrorKind;
  constructor(kind: LedgerErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LedgerError';
    this.kind = kind;
  }
}

export interface Annotation {
  readonly path: string;
  readonly line: number;
  readonly level: 'notice' | 'warning' | 'failure';
  readonly message: string;
  readonly title?: string;
}

export interface CheckReport {
  /** `<service>/<environment>/<stage>` */
  readonly name: string;
  readonly status: 'in_progress' | 'completed';
  readonly conclusion?: 'success' | 'failure' | 'neutral' | 'cancelled' | 'skipped' | 'action_required';
  /** One line. */
  readonly title: string;
  /** Markdown. */
  readonly summary: string;
  readonly text?: string;
  readonly annotations?: readonly Annotation[];
}

/**
 * Status checks on the release commit. Reporting never throws and never holds a release up: reports are sent in
 * the background, the newest of a name replaces one that still waits, and a token without the permission falls
 * back to commit statuses, then to a warning.
 */
export interface Checks {
  report(check: CheckReport): void;
  /**
   * Completes the checks of this release that are in progress and of which nothing was reported here: an earlier
   * step made them and was lost before it could record that.
   */
  closeLeft(check: Omit<CheckReport, 'name' | 'status'>): void;
  /** Name → id of the check run, as far as known; handed to a later run so that it updates the same ones. */
  ids(): Readonly<Record<string, number>>;
  /** Waits until all reports are out, at most `ms`. */
  settle(ms: number): Promise<void>;
}

export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive';

/** The GitHub deployment of this release. As `Checks`: in the background, never throws. */
export interface Deployments {
  report(state: DeploymentState, description: string): void;
  /** The id, as far as known. */
  id(): number | null;
  settle(ms: number): Promise<void>;
}

export interface Comparison {
  readonly status: 'identical' | 'ahead' | 'behind' | 'diverged';
  /** Paths that differ from the merge base to `head`; null when GitHub does not list all of them. */
  readonly files: readonly string[] | null;
}

export interface CommitInfo {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
}

/** Reads of the repository. They reject with `GithubError`. */
export interface Repository {
  readonly fullName: string;
  /** `https://github.com/owner/name` */
  readonly url: string;
  /** null when there is no such commit. */
  commit(sha: string): Promise<CommitInfo | null>;
  /** null when one of the commits does not exist. */
  compare(base: string, head: string): Promise<Comparison | null>;
  /** Whether a deployment of ours for this service and environment exists; null when the token may not read it. */
  hasDeployment(service: string, environment: string): Promise<boolean | null>;
  /** Whether the job is completed; null when the token may not read it or it is not known. */
  jobCompleted(jobId: string): Promise<boolean | null>;
  /** Names of the branches under `gated-release/`. */
  ledgerBranches(): Promise<readonly string[]>;
  /**
   * How a commit stands to each of these bad releases, in their order: one request for each, more only where a bad
   * commit lies more than 100 commits back.
   */
  quarantine(commit: string, bad: readonly BadRelease[]): Promise<readonly QuarantineStanding[]>;
  /** GitHub's clock as of its last answer, in milliseconds since 1970; the machine's own before any answer. */
  serverTime(): number;
}

export interface BadRelease {
  readonly release: string;
  /** The released commit, 40 digits. */
  readonly sha: string;
  /** null when there is none, or it is not known. */
  readonly rollbackCommit: string | null;
}

export interface CommitLine {
  readonly sha: string;
  /** The first line of the message. */
  readonly subject: string;
}

export interface QuarantineStanding {
  readonly release: string;
  /** Whether the commit contains the bad one. Where it does not, nothing else is known or needed. */
  readonly contains: boolean;
  /** Whether it contains the rollback, by its id or by the trailer `Gated-Release: <release>`. */
  readonly rolledBack: boolean;
  /** The commit after the bad one that carries `Fixes-Release: <release>`, null when there is none. */
  readonly fixedBy: string | null;
  /** What came after the bad commit, up to and including the asked one, oldest first. */
  readonly since: readonly CommitLine[];
  /** False when there is more in between than is read: then `fixedBy` may miss a commit. */
  readonly isComplete: boolean;
}

export class GithubError extends Error {
  readonly kind: 'forbidden' | 'not-found' | 'unreachable' | 'refused' | 'invalid';
  constructor(kind: GithubError['kind'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'GithubError';
    this.kind = kind;
  }
}

export interface RollbackRequest {
  readonly release: string;
  readonly service: string;
  readonly environment: string;
  /** The branch that gets the commit. */
  readonly branch: string;
  /** The released commit (bad) and the last promoted one (good), 40 digits each. */
  readonly from: string;
  readonly to: string;
  /** Globs that may go back; empty: everything. */
  readonly paths: readonly string[];
  /** Whether the repository is known to hold one service only (no other ledger). */
  readonly onlyService: boolean;
  /** The head line of the commit and of the pull request. */
  readonly title: string;
  /** Why, in a sentence or two. How the change comes back, and the trailers, are added. */
  readonly body: string;
  /** What was measured or seen, as Markdown. */
  readonly evidence?: string;
  /** Whom a pull request waits on, as GitHub mentions: `@alice`, `@acme/sre`. */
  readonly contacts?: readonly string[];
  /** `push` by default: a pull request only where a push is not safe or not allowed. */
  readonly way?: 'push' | 'pull-request';
}

/** A file that both sides changed in ways that do not go together. */
export interface RollbackConflict {
  readonly path: string;
  /** The end of a sentence about the path: `has lines that were changed on both sides`. */
  readonly why: string;
  /** Commits of the release that changed it, and commits after it, newest first, at most five each. */
  readonly released: readonly CommitLine[];
  readonly later: readonly CommitLine[];
}

export interface RollbackPullRequest {
  readonly url: string;
  readonly number: number;
  readonly branch: string;
}

export type RollbackOutcome =
  | {
      readonly kind: 'done';
      readonly commit: string;
      readonly files: readonly string[];
      /** Workflow files that the token may not write and that stay as they are. */
      readonly left: readonly string[];
      /** True when an earlier attempt had made it already. */
      readonly existed: boolean;
    }
  /** Nothing to commit: the branch holds the old content already. */
  | { readonly kind: 'unneeded'; readonly why: string }
  /** The rollback waits for somebody to merge a pull request; `commit` is on its branch. */
  | (RollbackPullRequest & {
      readonly kind: 'pull-request';
      readonly commit: string;
      /** Why it was not pushed directly. */
      readonly why: string;
      /** What has to happen, and who is asked. */
      readonly waitsOn: string;
      readonly files: readonly string[];
      readonly left: readonly string[];
      readonly existed: boolean;
    })
  /** The commit is on a branch of its own, and no pull request could be opened from it. */
  | {
      readonly kind: 'branch';
      readonly branch: string;
      readonly commit: string;
      /** The page that opens the pull request by one click. */
      readonly compareUrl: string;
      readonly why: string;
      readonly waitsOn: string;
      readonly files: readonly string[];
      readonly left: readonly string[];
      readonly existed: boolean;
    }
  /** A person has to choose. `proposal`: where the release is taken back on top of itself, to be merged by hand. */
  | {
      readonly kind: 'conflict';
      readonly why: string;
      /** The paths of `conflicts`. */
      readonly files: readonly string[];
      readonly conflicts: readonly RollbackConflict[];
      /** Other files, which go back without a choice. */
      readonly clean: readonly string[];
      readonly left: readonly string[];
      readonly proposal: RollbackProposal | null;
      readonly commands: readonly string[];
    }
  /** No commit: why, the files concerned, and the commands that finish it by hand. */
  | {
      readonly kind: 'refused';
      readonly why: string;
      readonly files: readonly string[];
      readonly commands: readonly string[];
    };

/** A branch with the rollback; `number` is null, and `url` the compare page, where no pull request could be opened. */
export interface RollbackProposal {
  readonly branch: string;
  readonly url: string;
  readonly number: number | null;
}

export interface Reverter {
  /** Idempotent by the trailer `Gated-Release: <release>` and by the branch `gated-rollback/<release>`. Never rejects. */
  rollback(request: RollbackRequest): Promise<RollbackOutcome>;
}

export interface Incident {
  /** The release that went wrong; there is one issue for each. */
  readonly release: string;
  readonly title: string;
  /** Markdown; the whole of it, each time. */
  readonly body: string;
  /** Mentioned once, when the issue is opened: `@alice`, `@acme/sre`. */
  readonly contacts: readonly string[];
}

/**
 * The issue that tells people of a release that went wrong, labelled `gated-release-incident`. As `Checks`: in the
 * background, never throws; without `issues: write` nothing happens, and that is noted once.
 */
export interface Incidents {
  /** Opens the issue of this release, or brings title and body of the open one up to date. */
  report(incident: Incident): void;
  /** Adds a comment to the issue of a release, once for each `key`; without an issue nothing happens. */
  comment(release: string, comment: { readonly key: string; readonly body: string }): void;
  /** Closes the issue of a release with a comment, once; without an open issue nothing happens. */
  close(release: string, comment: string): void;
  /** Number and page of the issue of a release, as far as known. */
  find(release: string): { readonly number: number; readonly url: string } | null;
  settle(ms: number): Promise<void>;
}

/** What a verification that did not pass is told as. */
export interface VerificationReport {
  readonly title: string;
  /** Markdown; the whole of it, each time. */
  readonly body: string;
  /** Files concerned, from the root of the repository; their code owners are mentioned. */
  readonly files: readonly string[];
}

/**
 * The one issue of a service and environment that tells of a verification that does not pass, labelled
 * `gated-release-verification`. As `Checks`: in the background, never throws; without `issues: write` nothing happens,
 * and that is noted once.
 */
export interface Feedback {
  /** Opens the issue, or brings the open one up to date; owners who were not mentioned yet are, by a comment. */
  report(report: VerificationReport): void;
  /** Closes the issue with a comment; without an open one nothing happens. */
  close(comment: string): void;
  settle(ms: number): Promise<void>;
}

/** Permissions that were found missing, each named once. */
export interface PermissionNotes {
  list(): readonly { readonly permission: string; readonly effect: string }[];
}

export type * from './contract-facts.js';

/** Stands in the one comment on a pull request that is brought up to date, and in no sign-off. */
export const PREVIEW_MARKER = '<!-- gated-release: preview -->';

/** The comment by which a pull request shows what its release would do. */
export interface Previews {
  /** Writes the comment or brings it up to date. False when the token may not, or GitHub does not answer. Never rejects. */
  show(pull: number, markdown: string): Promise<boolean>;
}

export interface Github {
  readonly facts: Facts;
  readonly previews: Previews;
  readonly ledger: LedgerStore;
  readonly checks: Checks;
  readonly deployments: Deployments;
  readonly repository: Repository;
  readonly reverter: Reverter;
  readonly incidents: Incidents;
  readonly feedback: Feedback;
  readonly permissions: PermissionNotes;
}
