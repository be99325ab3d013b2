import type { People } from '../gates/people.js';
import { type NamedCommit, pullsToSign } from '../gates/released-pulls.js';
import { judgeSignOff } from '../gates/sign-off.js';
import type { SignOffJudgement } from '../gates/sign-off-facts.js';
import { shut } from '../gates/verdict.js';
import { GithubError } from '../github/contract.js';
import type { GateOptions } from './gate-facts.js';
import { inBatches, pullFacts } from './pull-facts.js';

/** Who agreed to what this release brings: reads its commits, their pull requests, reviews and comments. */
export async function lookAtSignOff(options: GateOptions, people: People): Promise<SignOffJudgement> {
  try {
    return await signOffOf(options, people);
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    return unknown(`it could not be found out: ${error.message}`, error.kind === 'unreachable');
  }
}

async function signOffOf(options: GateOptions, people: People): Promise<SignOffJudgement> {
  const { request, ports, current, run } = options;
  const { facts } = ports.github;
  const last = current.last_promoted;
  const commits = await facts.commits({ base: last?.sha ?? null, head: request.sha });
  if (commits === null) {
    return unknown(
      `there are more than 250 commits since ${last?.version ?? 'the beginning'}, or the two have nothing in common`,
      false,
    );
  }
  const named = await inBatches(commits, async (commit): Promise<NamedCommit> => {
    return { ...commit, pulls: await facts.pullsOf(commit.sha) };
  });
  const recorded = current.quarantine.flatMap(({ rollback }) => (rollback === null ? [] : [rollback]));
  const { pulls, direct } = pullsToSign(named, { sha: request.sha, recorded });
  return judgeSignOff(request.plan.approvals, {
    environment: request.plan.environment,
    actor: request.actor,
    sha: request.sha,
    pulls: await inBatches(pulls, (pull) => pullFacts(facts, pull)),
    direct,
    runApprovals: direct.length === 0 ? null : await facts.runApprovals(run),
    people,
  });
}

function unknown(text: string, isAway: boolean): SignOffJudgement {
  const reason = isAway ? 'github-unreachable' : 'sign-off-unknown';
  const opens = 'Start again when it can be read; the job needs `pull-requests: read`';
  return { verdicts: [shut('approvals', { reason, text, opens })], signOffs: [] };
}
