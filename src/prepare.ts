import { resolve } from 'node:path';
import type { Inputs } from './inputs.js';
import { digestPlan } from './plan/digest.js';
import { formatProblems } from './plan/format.js';
import { parsePlan, planFromInputs } from './plan/parse.js';
import type { Plan } from './plan/plan.js';
import { newReleaseId } from './release/ids.js';
import { ReleaseProblem } from './release/problem.js';
import { defaultVersion, type ReleaseCommit, type RunContext, releaseCommit } from './release/trigger.js';
import type { ReleaseRequest } from './stages/request.js';
import type { World } from './world.js';

/** Inputs and event → what is asked for. Only reads this machine; throws a `ReleaseProblem`. */
export async function prepare(
  world: World,
  inputs: Inputs,
): Promise<{ request: ReleaseRequest; workspace: string }> {
  if (inputs.data === 'restore') {
    throw new ReleaseProblem('input-invalid', 'input data: `restore` goes with `command: rollback` only');
  }
  const run = runContext(world);
  const commit = releaseCommit(run, inputs.sha);
  const workspace = workspaceOf(world, inputs);
  const plan = loadPlan(world, inputs);
  const head = await headMustBe(world, workspace, commit);
  const release = newReleaseId(head.sha, world.clock.now());
  const version = inputs.version ?? defaultVersion({ ...commit, sha: head.sha });
  if (world.redactor.redact(version) !== version) {
    throw new ReleaseProblem(
      'input-invalid',
      'input version: the version holds the value of a secret; it is recorded and shown, so give another one',
    );
  }
  const request: ReleaseRequest = {
    plan,
    digest: digestPlan(plan),
    release,
    version,
    sha: head.sha,
    branch: commit.branch,
    commitMessage: head.message,
    actor: run.actor,
    trigger: run.event,
    reason: inputs.reason,
    overrides: overridesOf(inputs, run),
  };
  return { request, workspace };
}

/** What a rollback by hand starts from: the plan of the workspace. Its commits come from the ledger. */
export async function prepareRollback(
  world: World,
  inputs: Inputs,
): Promise<{ request: ReleaseRequest; workspace: string }> {
  if (!inputs.reason) {
    throw new ReleaseProblem(
      'input-invalid',
      'input reason: a rollback by hand needs a `reason`, which is recorded',
    );
  }
  const run = runContext(world);
  if (inputs.data === 'restore' && run.event !== 'workflow_dispatch') {
    throw new ReleaseProblem(
      'input-invalid',
      `input data: only a person may restore the data, by workflow_dispatch; this run was started by ${run.event}`,
    );
  }
  const workspace = workspaceOf(world, inputs);
  const plan = loadPlan(world, inputs);
  const head = await world.readHead(workspace);
  const sha = head?.sha ?? run.sha;
  const request: ReleaseRequest = {
    plan,
    digest: digestPlan(plan),
    release: newReleaseId(sha, world.clock.now()),
    version: inputs.version ?? '',
    sha,
    branch: releaseCommit(run, null).branch,
    commitMessage: '',
    actor: run.actor,
    trigger: run.event,
    reason: inputs.reason,
    overrides: inputs.override.filter((override) => override === 'broken-state'),
  };
  return { request, workspace };
}

/** Where scripts run. Throws a `ReleaseProblem` when it is not there, or outside of the workspace. */
function workspaceOf(world: World, inputs: Inputs): string {
  const found = world.findDirectory(inputs.workingDirectory);
  if ('path' in found) return found.path;
  throw new ReleaseProblem('input-invalid', `input ${found.problem}`);
}

export function runContext(world: World): RunContext {
  const { env } = world;
  return {
    event: env.GITHUB_EVENT_NAME ?? '',
    sha: env.GITHUB_SHA ?? '',
    ref: env.GITHUB_REF ?? '',
    repository: env.GITHUB_REPOSITORY ?? '',
    actor: env.GITHUB_TRIGGERING_ACTOR ?? env.GITHUB_ACTOR ?? '',
    payload: payload(world),
  };
}

/** The plan of the workspace, under the inputs. Throws a `ReleaseProblem` that holds all that is wrong with it. */
export function loadPlan(world: World, inputs: Inputs): Plan {
  const source = inputs.plan;
  const text = world.readFile(resolve(world.env.GITHUB_WORKSPACE ?? '.', source));
  const service = (world.env.GITHUB_REPOSITORY ?? '').split('/')[1] ?? '';
  if (text === null && inputs.promote === null) {
    throw new ReleaseProblem(
      'plan-missing',
      `there is no file ${source} in the workspace, and the input \`promote\` is not given`,
    );
  }
  const parsed =
    text === null
      ? planFromInputs(inputs, { defaultService: service })
      : parsePlan({ text, source, overrides: inputs, defaultService: service });
  if ('plan' in parsed) return parsed.plan;
  throw new ReleaseProblem(
    'plan-invalid',
    formatProblems(parsed.problems, text === null ? 'inputs' : source),
  );
}

/** What is executed is what lies in the workspace, so that must be the commit that the record names. */
async function headMustBe(world: World, workspace: string, commit: ReleaseCommit) {
  const head = await world.readHead(workspace);
  if (!head) {
    throw new ReleaseProblem(
      'checkout-differs',
      `${workspace} is not a checkout of ${commit.sha}: no git repository (or no git) was found there`,
    );
  }
  if (!head.sha.startsWith(commit.sha.toLowerCase())) {
    throw new ReleaseProblem(
      'checkout-differs',
      `the workspace holds ${head.sha}, and ${commit.sha} is to be released`,
    );
  }
  return head;
}

function overridesOf(inputs: Inputs, run: RunContext): readonly string[] {
  if (inputs.override.length === 0) return [];
  if (run.event !== 'workflow_dispatch') {
    throw new ReleaseProblem(
      'input-invalid',
      `input override: only a person may override a gate, by workflow_dispatch; this run was started by ${run.event}`,
    );
  }
  if (!inputs.reason) {
    throw new ReleaseProblem(
      'input-invalid',
      `input override: ${inputs.override.join(', ')} needs a \`reason\`, which is recorded`,
    );
  }
  return inputs.override;
}

function payload(world: World): Readonly<Record<string, unknown>> {
  const path = world.env.GITHUB_EVENT_PATH;
  const text = path ? world.readFile(path) : null;
  if (!text) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // The runner writes this file; what cannot be read gives no commit to release, and that is said.
    return {};
  }
}
