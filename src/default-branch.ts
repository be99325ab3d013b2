import type { Asked } from './asked.js';
import { GithubError } from './github/contract.js';
import { digestPlan } from './plan/digest.js';
import { formatProblems } from './plan/format.js';
import { gatedBy } from './plan/gated-by.js';
import { parsePlan } from './plan/parse.js';
import type { Plan } from './plan/plan.js';
import { runContext } from './prepare.js';
import { ReleaseProblem } from './release/problem.js';
import type { Ports } from './stages/context.js';
import type { World } from './world.js';

/**
 * A commit outside of the default branch is released under the gates that stand there: else a change could take its
 * own gates away. Gives what was asked for when the commit is on that branch.
 */
export async function underDefaultBranch(world: World, asked: Asked, ports: Ports): Promise<Asked> {
  const branch = await read(() => branchElsewhere(world, asked, ports));
  if (branch === null) return asked;
  const path = asked.inputs.plan;
  const text = await read(() => ports.github.facts.text({ commit: branch, path }));
  const short = asked.request.sha.slice(0, 7);
  if (text === null) {
    ports.log.warning(`${short} is not on ${branch}, which has no ${path}: this plan’s own gates hold.`);
    return asked;
  }
  const plan = gatedBy(asked.request.plan, planThere({ text, path, branch, asked }));
  const digest = digestPlan(plan);
  if (digest !== asked.request.digest)
    ports.log.info(`${short} is not on ${branch}: the gates of the plan there hold, not its own.`);
  return { ...asked, request: { ...asked.request, plan, digest } };
}

/** The default branch when the commit is not on it, else null. */
async function branchElsewhere(
  world: World,
  { inputs, request }: Asked,
  ports: Ports,
): Promise<string | null> {
  const { payload, event } = runContext(world);
  const named = defaultBranchOf(payload);
  const isFromRef = event !== 'workflow_run' && inputs.sha === null;
  if (named !== null && isFromRef && world.env.GITHUB_REF === `refs/heads/${named}`) return null;
  const branch = named ?? (await ports.github.facts.defaultBranch());
  const comparison = await ports.github.repository.compare(branch, request.sha);
  return comparison?.status === 'behind' || comparison?.status === 'identical' ? null : branch;
}

function planThere(found: {
  readonly text: string;
  readonly path: string;
  readonly branch: string;
  readonly asked: Asked;
}): Plan {
  const { text, path, branch, asked } = found;
  const { plan } = asked.request;
  const parsed = parsePlan({
    ...{ text, source: path, environment: plan.environment, defaultService: plan.service },
    overrides: asked.inputs,
  });
  if ('plan' in parsed) return parsed.plan;
  throw new ReleaseProblem(
    'plan-invalid',
    `${asked.request.sha.slice(0, 7)} is not on ${branch}, whose plan gates it and cannot be read: ${formatProblems(parsed.problems, `${path} on ${branch}`)}`,
  );
}

function defaultBranchOf(payload: Readonly<Record<string, unknown>>): string | null {
  const { repository } = payload;
  if (typeof repository !== 'object' || repository === null || !('default_branch' in repository)) return null;
  return typeof repository.default_branch === 'string' ? repository.default_branch : null;
}

async function read<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    throw new ReleaseProblem(
      'github-unreachable',
      `which plan gates this commit is not known: ${error.message}`,
      {
        cause: error,
        verdict: 'errored',
      },
    );
  }
}
