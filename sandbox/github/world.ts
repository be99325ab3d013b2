import type { GitStore } from './git/store.js';
import type { RateLimits } from './rate-limits.js';
import type { CheckRunRecord } from './rest/checks.js';
import type { CommentRecord } from './rest/comments.js';
import type { DeploymentRecord } from './rest/deployments.js';
import type { IssueRecord } from './rest/issues.js';
import type { LabelRecord } from './rest/labels.js';
import type { PullRecord } from './rest/pulls.js';
import type { ReviewRecord } from './rest/reviews.js';
import type { JobRecord, RunApproval, RunRecord } from './rest/runs.js';
import type { StatusRecord } from './rest/statuses.js';
import type { Rules } from './rules.js';

/** All that the sandbox holds: the repository and what GitHub keeps beside it. */
export interface World {
  readonly owner: string;
  readonly repo: string;
  readonly defaultBranch: string;
  readonly visibility: 'public' | 'private';
  /** Whether GitHub Actions may create pull requests. */
  allowPullRequests: boolean;
  /** Milliseconds since 1970, by GitHub's clock. */
  readonly now: () => number;
  /** Scheme, host and port; of the API and of the pages. */
  readonly origin: string;
  readonly git: GitStore;
  readonly rules: Rules;
  readonly rateLimits: RateLimits;
  /** Commits that GitHub signed. */
  readonly signed: Set<string>;
  readonly checkRuns: CheckRunRecord[];
  readonly statuses: StatusRecord[];
  readonly deployments: DeploymentRecord[];
  readonly issues: IssueRecord[];
  readonly pulls: PullRecord[];
  readonly comments: CommentRecord[];
  readonly reviews: ReviewRecord[];
  /** What reviewers of environments said, by run. */
  readonly runApprovals: RunApproval[];
  /** `organisation/slug`, in lower case → logins. */
  readonly teams: Map<string, readonly string[]>;
  readonly labels: LabelRecord[];
  readonly runs: RunRecord[];
  readonly jobs: JobRecord[];
  /** An id that nothing has yet. */
  readonly nextId: () => number;
  /** Issues and pull requests share their numbers. */
  readonly nextNumber: () => number;
}

/** `path` starts with a slash, or is empty for the repository itself. */
export function apiUrl(world: World, path: string): string {
  return `${world.origin}/repos/${world.owner}/${world.repo}${path}`;
}

export function pageUrl(world: World, path: string): string {
  return `${world.origin}/${world.owner}/${world.repo}${path}`;
}

export function nodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url');
}
