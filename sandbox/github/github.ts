import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type FaultOptions, Faults } from './faults.js';
import { gitOutput } from './git/process.js';
import { GitStore } from './git/store.js';
import { type MergeWay, mergePull, openPull, type PullOptions } from './merging.js';
import { RateLimits } from './rate-limits.js';
import type { RequestRecord, Violation } from './records.js';
import type { CheckRunRecord } from './rest/checks.js';
import { type CommentRecord, putComment } from './rest/comments.js';
import type { DeploymentRecord } from './rest/deployments.js';
import type { IssueRecord } from './rest/issues.js';
import type { PullRecord } from './rest/pulls.js';
import { putReview, type ReviewOptions, type ReviewRecord } from './rest/reviews.js';
import {
  type JobOptions,
  type JobRecord,
  putJob,
  putRun,
  type RunOptions,
  type RunRecord,
} from './rest/runs.js';
import type { StatusRecord } from './rest/statuses.js';
import { type RuleOptions, Rules } from './rules.js';
import { listen, originOf, type ServerState, serve } from './server.js';
import { TokenBook } from './token-book.js';
import { type Permissions, personOf, type TokenOptions } from './tokens.js';
import type { World } from './world.js';

export interface GithubOptions {
  /** A bare repository, or the directory that gets one, `<repo>.git`. */
  readonly directory: string;
  readonly owner: string;
  readonly repo: string;
  /** `main` by default. */
  readonly defaultBranch?: string;
  /** By name. */
  readonly tokens: Readonly<Record<string, TokenOptions>>;
  /** Of each call, before its effect. */
  readonly latencyMs?: number;
  /** GitHub's clock, in milliseconds since 1970; the machine's by default. */
  readonly now?: () => number;
  /** `private` by default: then reading needs permissions too. */
  readonly visibility?: 'public' | 'private';
  /** The repository's setting that lets GitHub Actions create pull requests; off by default. */
  readonly allowPullRequests?: boolean;
}

/** A local GitHub with one repository. */
export interface SandboxGithub {
  /** For `GITHUB_API_URL`; GraphQL is at `<apiUrl>/graphql`. */
  readonly apiUrl: string;
  /** For `GITHUB_SERVER_URL`. */
  readonly serverUrl: string;
  /** The bare repository, for `git clone` and `git push`. */
  readonly repositoryPath: string;
  readonly owner: string;
  readonly repo: string;
  readonly defaultBranch: string;
  readonly requests: RequestRecord[];
  readonly violations: Violation[];
  latencyMs: number;
  allowPullRequests: boolean;
  /** Calls per hour and token. */
  readonly rateLimits: { core: number; graphql: number };
  fault(options: FaultOptions): void;
  clearFaults(): void;
  /** Adds a rule for the branches that match a pattern. */
  protect(pattern: string, options?: RuleOptions): void;
  clearRules(): void;
  /** Adds a token, or replaces the one of that name. */
  setToken(name: string, options: TokenOptions): void;
  removeToken(name: string): void;
  /** Replaces the permissions of a token. */
  setPermissions(name: string, permissions: Permissions): void;
  /** Adds a workflow run, or changes the one of that id. */
  addRun(options: RunOptions): RunRecord;
  /** Adds a job and its check run, or changes the one of that id. */
  addJob(options: JobOptions): JobRecord;
  /** People at work: they open, review, comment and merge, and let jobs go. */
  openPull(options: PullOptions): Promise<PullRecord>;
  review(number: number, options: ReviewOptions): Promise<ReviewRecord>;
  comment(number: number, options: { readonly by: string; readonly body: string }): CommentRecord;
  /** Gives the commit that the base then points to. */
  merge(number: number, options: { readonly way: MergeWay; readonly by: string }): Promise<string>;
  approveRun(options: {
    readonly runId: number;
    readonly by: string;
    readonly environments: readonly string[];
    readonly state?: 'approved' | 'rejected';
  }): void;
  /** `organisation/slug` */
  setTeam(team: string, members: readonly string[]): void;
  /** Oldest first, as all of these. */
  checkRuns(sha?: string): readonly CheckRunRecord[];
  statuses(sha?: string): readonly StatusRecord[];
  deployments(): readonly DeploymentRecord[];
  issues(): readonly IssueRecord[];
  comments(): readonly CommentRecord[];
  pulls(): readonly PullRecord[];
  /** Runs git in the bare repository and gives its output, without the last line break. */
  git(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startGithub(options: GithubOptions): Promise<SandboxGithub> {
  const { owner, repo, defaultBranch = 'main', latencyMs = 0 } = options;
  const repositoryPath = await repositoryIn(options.directory, repo, defaultBranch);
  const server = await listen();
  const world = worldOf(options, originOf(server), repositoryPath);
  const tokens = new TokenBook(options.tokens);
  const state: ServerState = {
    ...{ world, tokens, faults: new Faults(), requests: [], violations: [] },
    ...{ latencyMs, count: 0 },
  };
  server.on('request', (request, response) => void serve(state, request, response));
  // Not spread: `latencyMs` and `allowPullRequests` have to stay properties that can be set.
  return Object.defineProperties(
    {
      ...{ apiUrl: world.origin, serverUrl: world.origin, repositoryPath, owner, repo, defaultBranch },
      ...{ requests: state.requests, violations: state.violations, latencyMs },
      allowPullRequests: world.allowPullRequests,
      ...controls(state),
      ...views(world),
      stop: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        await world.git.stop();
      },
    },
    { latencyMs: settable(state, 'latencyMs'), allowPullRequests: settable(world, 'allowPullRequests') },
  );
}

function settable<Holder, Key extends keyof Holder>(holder: Holder, key: Key): PropertyDescriptor {
  return {
    enumerable: true,
    get: () => holder[key],
    set: (value: Holder[Key]) => {
      holder[key] = value;
    },
  };
}

function controls({ world, tokens, faults }: ServerState) {
  return {
    rateLimits: world.rateLimits.limits,
    fault: (fault: FaultOptions) => faults.add(fault),
    clearFaults: () => faults.clear(),
    protect: (pattern: string, rule?: RuleOptions) => world.rules.protect(pattern, rule),
    clearRules: () => world.rules.clear(),
    setToken: (name: string, token: TokenOptions) => tokens.set(name, token),
    removeToken: (name: string) => tokens.remove(name),
    setPermissions: (name: string, permissions: Permissions) => tokens.permit(name, permissions),
    addRun: (run: RunOptions) => putRun(world, run),
    addJob: (job: JobOptions) => putJob(world, job),
    openPull: (pull: PullOptions) => openPull(world, pull),
    review: (number: number, review: ReviewOptions) => putReview(world, number, review),
    comment: (number: number, comment: { by: string; body: string }) => putComment(world, number, comment),
    merge: (number: number, asked: { way: MergeWay; by: string }) => mergePull(world, number, asked),
    approveRun: ({ by, state = 'approved', ...said }: Parameters<SandboxGithub['approveRun']>[0]) =>
      void world.runApprovals.push({ ...said, state, by: personOf(by) }),
    setTeam: (team: string, members: readonly string[]) => void world.teams.set(team.toLowerCase(), members),
  };
}

function views(world: World) {
  return {
    checkRuns: (sha?: string) =>
      world.checkRuns.filter(({ headSha }) => sha === undefined || headSha === sha),
    statuses: (sha?: string) => world.statuses.filter((status) => sha === undefined || status.sha === sha),
    deployments: () => world.deployments,
    issues: () => world.issues,
    comments: () => world.comments,
    pulls: () => world.pulls,
    git: async (...args: string[]) => (await gitOutput(world.git.path, args)).replace(/\n$/, ''),
  };
}

async function repositoryIn(directory: string, repo: string, defaultBranch: string): Promise<string> {
  if (existsSync(join(directory, 'HEAD')) && existsSync(join(directory, 'objects'))) return directory;
  const path = join(directory, `${repo}.git`);
  if (existsSync(join(path, 'HEAD'))) return path;
  mkdirSync(directory, { recursive: true });
  const args = ['-c', 'init.templateDir=', 'init', '--quiet', '--bare', '-b', defaultBranch, path];
  await gitOutput(directory, args);
  // GitHub serves any reachable commit; and nothing should run in the background of a test.
  appendFileSync(join(path, 'config'), '[uploadpack]\n\tallowAnySHA1InWant = true\n[gc]\n\tauto = 0\n');
  return path;
}

function worldOf(options: GithubOptions, origin: string, repositoryPath: string): World {
  const now = options.now ?? Date.now;
  let id = 70_000_000;
  let number = 0;
  return {
    owner: options.owner,
    repo: options.repo,
    defaultBranch: options.defaultBranch ?? 'main',
    visibility: options.visibility ?? 'private',
    allowPullRequests: options.allowPullRequests ?? false,
    now,
    origin,
    git: new GitStore(repositoryPath),
    rules: new Rules(),
    rateLimits: new RateLimits(now),
    signed: new Set(),
    teams: new Map(),
    ...{
      checkRuns: [],
      statuses: [],
      deployments: [],
      issues: [],
      pulls: [],
      comments: [],
      labels: [],
      reviews: [],
      runApprovals: [],
      runs: [],
      jobs: [],
    },
    nextId: () => {
      id += 1;
      return id;
    },
    nextNumber: () => {
      number += 1;
      return number;
    },
  };
}
