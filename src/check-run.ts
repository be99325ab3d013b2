import { linksOf } from './ends.js';
import { finish } from './finish.js';
import type { PullFacts } from './gates/sign-off-facts.js';
import { GithubError } from './github/contract.js';
import type { Inputs } from './inputs.js';
import { planFromInputs } from './plan/parse.js';
import { runContext } from './prepare.js';
import { type CheckTarget, checkTarget } from './release/check-target.js';
import { asProblem, ReleaseProblem } from './release/problem.js';
import type { ReleaseEnd } from './report/end.js';
import { type CheckPage, checkPage } from './report/preview/check-page.js';
import { alsoAgainst, checkChange } from './stages/check.js';
import type { Ports } from './stages/context.js';
import { pullFacts, pullsOfGroup } from './stages/pull-facts.js';
import type { World } from './world.js';

/** The name to require on pull requests: one check for all services. */
export const CHECK_NAME = 'gated-release';

const NO_COMMIT = '0'.repeat(40);

/**
 * What a change would release, and what still stands against it. Reads the change through the API: nothing of it is
 * run, no variable expanded, no address asked. Returns the exit code, which says the same as the check.
 */
export async function check(world: World, inputs: Inputs): Promise<number> {
  let head = NO_COMMIT;
  const ports = portsOf(world, inputs, () => head);
  try {
    const target = checkTarget(runContext(world));
    if (target.kind === 'nothing') {
      const summary = target.why;
      return await finish(
        world,
        endOf(world, { decision: 'nothing-to-do', reason: 'not-affected', summary }),
        null,
      );
    }
    const looked = await lookAt(ports, target);
    head = looked.head;
    const defaultService = (world.env.GITHUB_REPOSITORY ?? '').split('/')[1] ?? '';
    const of = { ports, plans: inputs.plan, inputs, defaultService };
    const other = await elsewhere(ports, looked);
    const [own, there] = await Promise.all([
      checkChange({ ...of, ...looked }),
      other === null ? null : checkChange({ ...of, ...looked, base: other }),
    ]);
    const checked = there === null ? own : alsoAgainst(own, there);
    return await tell(world, { inputs, ports, page: checkPage(checked), ...looked });
  } catch (error) {
    const problem = error instanceof GithubError ? away(error) : asProblem(error);
    if (head !== NO_COMMIT && !inputs.dryRun)
      publish(ports, { title: `Not checked: ${problem.message}`, text: problem.message });
    const end = endOf(
      world,
      { decision: 'blocked', reason: problem.reason, summary: problem.message },
      { head },
    );
    return finish(world, end, { ports, plan: NO_PLAN });
  }
}

interface Looked {
  readonly head: string;
  readonly base: string;
  /** The name of the branch that `base` is of; null when no event tells it. */
  readonly branch: string | null;
  readonly pulls: readonly PullFacts[];
  /** Where the preview is shown; null for a merge group. */
  readonly number: number | null;
}

/** GitHub's word counts, not the event's: a change may have moved on since. */
async function lookAt(ports: Ports, target: Exclude<CheckTarget, { kind: 'nothing' }>): Promise<Looked> {
  const { facts } = ports.github;
  if (target.kind === 'group') {
    const { head, base, branch } = target;
    return { head, base, branch, pulls: await pullsOfGroup(facts, target), number: null };
  }
  const pull = await facts.pull(target.number);
  if (pull === null)
    throw new ReleaseProblem('unsupported-event', `there is no pull request #${target.number}`);
  const base = (await facts.branch(pull.base.ref)) ?? pull.base.sha;
  const branch = pull.base.ref;
  return { head: pull.head, base, branch, pulls: [await pullFacts(facts, pull)], number: pull.number };
}

/**
 * The default branch when the change goes elsewhere, else null. A check is of a commit: one that asks for less than the
 * default branch would be green there by a second pull request, to a branch that asks for little.
 */
async function elsewhere({ github: { facts } }: Ports, { branch }: Looked): Promise<string | null> {
  const name = await facts.defaultBranch();
  return branch === name ? null : await facts.branch(name);
}

async function tell(
  world: World,
  told: {
    readonly inputs: Inputs;
    readonly ports: Ports;
    readonly page: CheckPage;
    readonly head: string;
    readonly number: number | null;
  },
): Promise<number> {
  const { inputs, ports, page, head, number } = told;
  const markdown = world.redactor.redact(page.markdown);
  if (!inputs.dryRun) {
    ports.github.checks.report({
      name: CHECK_NAME,
      status: 'completed',
      conclusion: page.decision === 'passed' ? 'success' : 'failure',
      title: page.title,
      summary: markdown,
      annotations: page.annotations,
    });
    if (number !== null && !(await ports.github.previews.show(number, markdown)))
      ports.log.info(
        'The token may not comment on the pull request; the preview is in the summary of this run.',
      );
  }
  const written =
    inputs.runbook === null
      ? null
      : world.writeFile(inputs.runbook, `${world.redactor.redact(page.runbook)}\n`);
  if (written) throw new ReleaseProblem('input-invalid', `input ${written.problem}`);
  world.writeSummary(markdown);
  const { decision, reason, summary } = page;
  const end = endOf(world, { decision, reason, summary }, { head, dryRun: inputs.dryRun });
  return finish(world, end, { ports, plan: NO_PLAN });
}

function publish(ports: Ports, { title, text }: { readonly title: string; readonly text: string }): void {
  ports.github.checks.report({
    name: CHECK_NAME,
    status: 'completed',
    conclusion: 'failure',
    title,
    summary: text,
  });
}

function away(error: GithubError): ReleaseProblem {
  const reason = error.kind === 'forbidden' ? 'permission-missing' : 'github-unreachable';
  return new ReleaseProblem(reason, error.message, { cause: error, verdict: 'errored' });
}

/** A check is of a change, not of one service: what the ports need of a plan is empty. */
const NO_PLAN = (() => {
  const outcome = planFromInputs({ service: 'change', environment: 'change', promote: 'true' });
  if ('problems' in outcome) throw new Error('the empty plan is not valid');
  return outcome.plan;
})();

function portsOf(world: World, inputs: Inputs, head: () => string): Ports {
  return world.ports({
    ...{ inputs, plan: NO_PLAN, release: CHECK_NAME, workspace: world.env.GITHUB_WORKSPACE ?? '.' },
    get sha() {
      return head();
    },
  });
}

function endOf(
  world: World,
  conclusion: Pick<ReleaseEnd, 'decision' | 'reason' | 'summary'>,
  about: { readonly head?: string; readonly dryRun?: boolean } = {},
): ReleaseEnd {
  const { head = NO_COMMIT, dryRun = false } = about;
  return {
    ...conclusion,
    ...{ service: '', environment: '', version: null, sha: head === NO_COMMIT ? null : head, state: null },
    ...{ links: linksOf(world), permissions: [], contacts: [], dryRun, notes: [] },
  };
}
