import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitOutput } from '../../sandbox/github/git/process.js';
import { type SandboxGithub, startGithub } from '../../sandbox/github/github.js';
import { commitFiles, type SeedFile } from '../../sandbox/github/seed.js';
import type { Permissions } from '../../sandbox/github/tokens.js';
import type { Job, JobResult, Step, Timing } from '../../sandbox/runner/contract.js';
import { startJob } from '../../sandbox/runner/job.js';
import type { StartProcess } from '../../sandbox/runner/step-process.js';
import { type Service, startService } from './service.js';

const ACTION = process.cwd();

export const ALL: Permissions = {
  contents: 'write',
  checks: 'write',
  statuses: 'write',
  deployments: 'write',
  'pull-requests': 'write',
  issues: 'write',
  actions: 'read',
};

/** Scripts that move the scenario's service by its files; each says what it did in `calls`. */
export const SCRIPTS = {
  promote:
    'echo "promote $RELEASE_TARGET_VERSION" >> "$SERVICE/calls"; echo "$RELEASE_TARGET_VERSION" > "$SERVICE/stable"',
  rollback:
    'echo "rollback $RELEASE_TARGET_VERSION" >> "$SERVICE/calls"; echo "$RELEASE_TARGET_VERSION" > "$SERVICE/stable"',
  canary: 'echo "canary $RELEASE_VERSION" >> "$SERVICE/calls"; echo "$RELEASE_VERSION" > "$SERVICE/canary"',
  remove: 'echo "remove" >> "$SERVICE/calls"; rm -f "$SERVICE/canary"',
  traffic: 'echo "weight $RELEASE_WEIGHT" >> "$SERVICE/calls"; echo "$RELEASE_WEIGHT" > "$SERVICE/weight"',
  weight: 'cat "$SERVICE/weight"',
  inService: 'cat "$SERVICE/stable"',
} as const;

/** A plan with all stages, that takes about four seconds. `change` is laid over its keys; null takes one away. */
export function wholePlan(change: Readonly<Record<string, unknown>> = {}): string {
  const probe = {
    canary: '${SERVICE_URL}/canary/',
    baseline: '${SERVICE_URL}/stable/',
    rate: '100/s',
    timeout: '1s',
  };
  const plan: Record<string, unknown> = {
    service: 'shop',
    environment: 'production',
    verify: { functional: { run: 'echo "verify $RELEASE_VERSION" >> "$SERVICE/calls"', timeout: '20s' } },
    'in-service': { run: SCRIPTS.inService },
    metrics: { errors: { kind: 'errors', probe, limit: '1%', 'minimum-samples': 50 } },
    canary: {
      run: SCRIPTS.canary,
      ready: { url: '${SERVICE_URL}/canary/ready', within: '3s' },
      traffic: { run: SCRIPTS.traffic, read: SCRIPTS.weight },
      steps: [
        { weight: 10, for: '1s' },
        { weight: 50, for: '1s' },
      ],
      remove: SCRIPTS.remove,
    },
    promote: { run: SCRIPTS.promote },
    rollback: { run: SCRIPTS.rollback },
    ...change,
  };
  return JSON.stringify(
    Object.fromEntries(Object.entries(plan).filter(([, value]) => value !== null)),
    null,
    2,
  );
}

export interface ReleaseOptions {
  readonly version?: string;
  /** The commit; a new one on main that changes a file when not given. */
  readonly sha?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** For `${{ secrets.NAME }}` in `with`. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly event?: { readonly name: string; readonly payload: object };
  readonly ref?: string;
  /** Name of one of the scenario's tokens. */
  readonly token?: string;
  readonly steps?: (release: Step) => readonly Step[];
  readonly onLine?: (line: string, job: Job) => void;
  readonly timeoutMinutes?: number;
  /** Of the runner's ladder; as the real one when not given. */
  readonly timing?: Partial<Timing>;
  readonly continueOnError?: boolean;
  /** Leaves the workspace empty. */
  readonly noCheckout?: boolean;
  readonly workspaceAt?: string;
}

export interface Released {
  readonly job: JobResult;
  readonly sha: string;
  readonly decision: string;
  readonly reason: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly result: Record<string, unknown>;
  readonly log: string;
  /** The log of the release step and of its post, without anything else. */
  readonly summary: string;
}

export interface Scenario {
  readonly github: SandboxGithub;
  readonly service: Service;
  readonly directory: string;
  /** Commits files to main as a person would. */
  commit(files: Files, message?: string): Promise<string>;
  begin(options?: ReleaseOptions): Promise<{ job: Job; sha: string; done: Promise<Released> }>;
  release(options?: ReleaseOptions): Promise<Released>;
  /** A file of the ledger branch, null when absent. */
  ledger(path: string): Promise<string | null>;
  current(): Promise<Record<string, unknown>>;
  /** The types of the events of a release, in order. */
  events(release: string): Promise<readonly Record<string, unknown>[]>;
  ledgerCommits(): Promise<readonly string[]>;
  head(branch?: string): Promise<string>;
  stop(): Promise<void>;
}

export interface ScenarioOptions {
  /** The text of the plan file; null for none. */
  readonly plan?: string | null;
  readonly files?: Files;
  readonly permissions?: Permissions;
  /** GitHub's clock, in milliseconds since 1970. */
  readonly now?: () => number;
  /** In the place of the packaged action: see `INSIDE`. */
  readonly startAction?: StartProcess;
}

/** Path to content, or content with a mode; null takes a file away. */
export type Files = Readonly<Record<string, string | SeedFile | null>>;

/** A repository with a service that runs 1.0, not yet released by the action. */
export async function startScenario(options: ScenarioOptions = {}): Promise<Scenario> {
  const directory = mkdtempSync(join(tmpdir(), 'gated-release-scenario-'));
  const state = join(directory, 'service');
  mkdirSync(state);
  const service = await startService(state);
  service.setStable('1.0');
  const github = await startGithub({
    directory,
    owner: 'acme',
    repo: 'shop',
    ...(options.now ? { now: options.now } : {}),
    tokens: {
      job: {
        token: 'ghs_job_token_0123456789',
        kind: 'installation',
        permissions: options.permissions ?? ALL,
      },
    },
  });
  const plan = options.plan === undefined ? wholePlan() : options.plan;
  let count = 0;
  const scenario: Scenario = {
    github,
    service,
    directory,
    commit: (files, message = 'Change') => commitFiles(github, { branch: 'main', files, message }),
    async begin(release = {}) {
      count++;
      const sha =
        release.sha ?? (await scenario.commit({ 'app.txt': `change ${count}\n` }, `Change ${count}`));
      const workspace = release.workspaceAt ?? join(directory, `workspace-${count}`);
      if (release.noCheckout) mkdirSync(workspace, { recursive: true });
      else await checkout(github, workspace, sha);
      const job = start(scenario, {
        release,
        sha,
        workspace,
        temp: join(directory, `temp-${count}`),
        number: count,
        ...(options.startAction ? { startAction: options.startAction } : {}),
      });
      if (release.onLine) for (const hook of [release.onLine]) onLines.set(job, hook);
      return { job, sha, done: job.result.then((result) => released(result, sha)) };
    },
    async release(release) {
      return (await scenario.begin(release)).done;
    },
    ledger: (path) => show(github, `gated-release/shop/production:${path}`),
    async current() {
      return JSON.parse((await scenario.ledger('current.json')) ?? 'null') as Record<string, unknown>;
    },
    async events(release) {
      const text = (await scenario.ledger(`${release}/events.jsonl`)) ?? '';
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async ledgerCommits() {
      const log = await github.git('log', '--format=%s', 'gated-release/shop/production');
      return log.trim().split('\n').reverse();
    },
    head: async (branch = 'main') => (await github.git('rev-parse', branch)).trim(),
    async stop() {
      await service.stop();
      await github.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await scenario.commit(
    {
      'app.txt': 'first\n',
      'README.md': 'The shop\n',
      ...(plan === null ? {} : { '.github/gated-release.yml': plan }),
      ...options.files,
    },
    'First commit',
  );
  return scenario;
}

const onLines = new WeakMap<Job, (line: string, job: Job) => void>();

function start(
  scenario: Scenario,
  about: {
    readonly release: ReleaseOptions;
    readonly sha: string;
    readonly workspace: string;
    readonly temp: string;
    readonly number: number;
    readonly startAction?: StartProcess;
  },
): Job {
  const { release, sha, workspace, temp, number, startAction } = about;
  const { github, service } = scenario;
  mkdirSync(temp, { recursive: true });
  const step: Step = {
    kind: 'action',
    id: 'release',
    directory: ACTION,
    with: { ...(release.version ? { version: release.version } : {}), ...release.with },
    ...(release.timeoutMinutes === undefined ? {} : { timeoutMinutes: release.timeoutMinutes }),
    ...(release.continueOnError === undefined ? {} : { continueOnError: release.continueOnError }),
  };
  const runId = 1000 + number;
  const jobId = 2000 + number;
  github.addRun({ id: runId, headSha: sha, status: 'in_progress' });
  github.addJob({ id: jobId, runId, status: 'in_progress' });
  const job: Job = startJob({
    steps: release.steps ? release.steps(step) : [step],
    repository: 'acme/shop',
    sha,
    ref: release.ref ?? 'refs/heads/main',
    event: release.event ?? { name: 'push', payload: { repository: { default_branch: 'main' } } },
    actor: 'alice',
    runId,
    jobId,
    token: tokenOf(release.token),
    apiUrl: github.apiUrl,
    serverUrl: github.serverUrl,
    workspace,
    temp,
    ...(release.secrets ? { secrets: release.secrets } : {}),
    ...(release.timing ? { timing: release.timing } : {}),
    ...(startAction ? { startAction } : {}),
    env: { SERVICE: service.directory, SERVICE_URL: service.url, ...release.env },
    onLine: (line) => onLines.get(job)?.(line, job),
  });
  void job.result.then(() => github.addJob({ id: jobId, runId, status: 'completed', conclusion: 'success' }));
  return job;
}

function tokenOf(name = 'job'): string {
  return `ghs_${name}_token_0123456789`;
}

async function checkout(github: SandboxGithub, workspace: string, sha: string): Promise<void> {
  await gitOutput(github.repositoryPath, [
    'clone',
    '--quiet',
    '--no-checkout',
    github.repositoryPath,
    workspace,
  ]);
  await gitOutput(workspace, ['checkout', '--quiet', sha]);
}

function released(job: JobResult, sha: string): Released {
  const step = job.steps.find((one) => one.id === 'release') ?? job.steps[0];
  const post = job.posts[0];
  const outputs = { ...step?.outputs };
  return {
    job,
    sha,
    decision: outputs.decision ?? '',
    reason: outputs['reason-code'] ?? '',
    outputs,
    result: JSON.parse(outputs.result ?? '{}') as Record<string, unknown>,
    log: job.log,
    summary: `${step?.summary ?? ''}${post?.summary ?? ''}`,
  };
}

async function show(github: SandboxGithub, revision: string): Promise<string | null> {
  try {
    return await github.git('show', revision);
  } catch {
    return null;
  }
}
