import { join } from 'node:path';
import type { JobOptions, JobStatus, StepResult } from './contract.js';
import type { Contexts } from './expression.js';

/** What of a job does not change while it runs. */
export interface JobFacts {
  readonly options: JobOptions;
  readonly trackingId: string;
  readonly eventPath: string;
}

/** The contexts of this moment: the status of the job, the outputs and the environment move on. */
export function contextsOf(
  facts: JobFacts,
  now: {
    readonly status: JobStatus;
    readonly step: string;
    readonly env: Readonly<Record<string, string>>;
    readonly done: readonly StepResult[];
  },
): Contexts {
  const { options } = facts;
  return {
    github: { ...githubContext(facts, now.step), token: options.token, event: options.event.payload },
    job: { status: now.status, check_run_id: options.jobId ?? 1 },
    runner: runnerContext(options),
    env: now.env,
    secrets: { ...options.secrets, GITHUB_TOKEN: options.token },
    vars: options.vars ?? {},
    steps: Object.fromEntries(
      now.done.map(({ id, outputs, outcome, conclusion }) => [id, { outputs, outcome, conclusion }]),
    ),
  };
}

/** What of the `github` context also becomes `GITHUB_*`. R Runner.Worker/GitHubContext.cs, the allow-list. */
export function githubContext({ options, eventPath }: JobFacts, step: string): Record<string, string> {
  const { event, repository, sha, apiUrl } = options;
  const [owner = ''] = repository.split('/');
  const actor = options.actor ?? 'alice';
  const workflow = options.workflow ?? 'release';
  return {
    action: step,
    actor,
    actor_id: textAt(event.payload, ['sender', 'id']) || '1001',
    api_url: apiUrl,
    base_ref: textAt(event.payload, ['pull_request', 'base', 'ref']),
    event_name: event.name,
    event_path: eventPath,
    graphql_url: options.graphqlUrl ?? `${apiUrl}/graphql`,
    head_ref: textAt(event.payload, ['pull_request', 'head', 'ref']),
    job: 'release',
    ref: options.ref,
    ref_name: options.refName ?? options.ref.replace(/^refs\/(heads|tags)\//, ''),
    ref_protected: 'false',
    ref_type: options.refType ?? (options.ref.startsWith('refs/tags/') ? 'tag' : 'branch'),
    repository,
    repository_id: textAt(event.payload, ['repository', 'id']) || '2001',
    repository_owner: owner,
    repository_owner_id: textAt(event.payload, ['repository', 'owner', 'id']) || '3001',
    retention_days: '90',
    run_attempt: String(options.runAttempt ?? 1),
    run_id: String(options.runId ?? 1),
    run_number: '1',
    server_url: options.serverUrl ?? apiUrl,
    sha,
    triggering_actor: actor,
    workflow,
    workflow_ref: `${repository}/.github/workflows/release.yml@${options.ref}`,
    workflow_sha: sha,
    workspace: options.workspace,
  };
}

/** All of it becomes `RUNNER_*`. R Runner.Worker/RunnerContext.cs. */
export function runnerContext(options: JobOptions): Record<string, string> {
  return {
    arch: process.arch === 'arm64' ? 'ARM64' : 'X64',
    environment: 'github-hosted',
    name: 'sandbox',
    os: process.platform === 'darwin' ? 'macOS' : 'Linux',
    temp: options.temp,
    tool_cache: join(options.temp, '_tool_cache'),
    workspace: join(options.workspace, '..'),
    ...(options.debug ? { debug: '1' } : {}),
  };
}

function textAt(value: unknown, path: readonly string[]): string {
  const found = path.reduce<unknown>(
    (inside, name) => (typeof inside === 'object' && inside !== null ? Reflect.get(inside, name) : undefined),
    value,
  );
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
}
