import type { People } from '../gates/people.js';
import { judgeSignOff } from '../gates/sign-off.js';
import type { PullFacts } from '../gates/sign-off-facts.js';
import type { GateVerdict } from '../gates/verdict.js';
import { GithubError } from '../github/contract.js';
import type { Plan } from '../plan/plan.js';
import type { Current } from '../release/current.js';
import type { Change } from './check-plans.js';
import { couldNotBeRead, tooMany, unknownSignOff } from './sign-off.js';

/** Each is a request, and a change is checked again and again. */
const MOST_COMMITS = 50;

interface About {
  readonly gating: Plan;
  readonly ledger: Current | null | 'unknown';
  readonly people: People;
}

interface Found {
  readonly gates: readonly GateVerdict[];
  /** What only the start of the release tells. */
  readonly later: readonly string[];
}

/**
 * Sign-off as a release finds it after the merge: of what brings the change in, and of what was merged before it since
 * the last promotion, since the release brings that as well.
 */
export async function signOffOfChange(change: Change, about: About): Promise<Found> {
  const { gating, people } = about;
  if (gating.approvals.length === 0) return { gates: [], later: [] };
  if (change.pulls.length === 0) return { gates: [], later: ['sign-off'] };
  const before = await mergedBefore(change, about);
  const own = new Set(change.pulls.map(({ pull }) => pull.number));
  const pulls = [...before.pulls.filter(({ pull }) => !own.has(pull.number)), ...change.pulls];
  const { verdicts } = judgeSignOff(gating.approvals, {
    ...{ environment: gating.environment, actor: '', sha: change.head, direct: [], runApprovals: null },
    ...{ pulls, people },
  });
  return { gates: [...verdicts, ...before.gates], later: before.later };
}

async function mergedBefore(
  change: Change,
  about: About,
): Promise<Found & { readonly pulls: readonly PullFacts[] }> {
  const nothing = { pulls: [], gates: [], later: [] };
  try {
    return { ...nothing, ...(await lookBefore(change, about)) };
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    return { ...nothing, gates: couldNotBeRead(error).verdicts };
  }
}

async function lookBefore(
  { ports, base, branch, head, brought }: Change,
  { gating, ledger }: About,
): Promise<Partial<Found> & { readonly pulls?: readonly PullFacts[] }> {
  const last = ledger === 'unknown' ? null : (ledger?.last_promoted ?? null);
  // Before the first promotion a release asks for its own commit alone.
  if (ledger === 'unknown' || ledger === null || last === null) return {};
  const { facts } = ports.github;
  // What a merge queue builds on is not all merged yet.
  const tip = branch === null ? base : ((await facts.branch(branch)) ?? base);
  const commits = await facts.commits({ base: last.sha, head: tip });
  if (commits === null) return { gates: unknownSignOff(tooMany(last)).verdicts };
  if (commits.length > MOST_COMMITS)
    return { later: [`sign-off of the ${commits.length} commits merged since ${last.version}`] };
  const { pulls, direct } = await brought(commits, { sha: head, current: ledger });
  const many = direct.length === 1 ? 'a commit' : `${direct.length} commits`;
  const reviewer = `a reviewer of the environment ${gating.environment} lets the run go, for ${many} merged since ${last.version} without a pull request`;
  return { pulls, later: direct.length === 0 ? [] : [reviewer] };
}
