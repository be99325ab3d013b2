import type { People } from '../gates/people.js';
import { judgeSignOff } from '../gates/sign-off.js';
import type { SignOffJudgement } from '../gates/sign-off-facts.js';
import { shut } from '../gates/verdict.js';
import { GithubError } from '../github/contract.js';
import { createBrought } from './brought.js';
import type { GateOptions } from './gate-facts.js';

/** Who agreed to what this release brings: reads its commits, their pull requests, reviews and comments. */
export async function lookAtSignOff(options: GateOptions, people: People): Promise<SignOffJudgement> {
  try {
    return await signOffOf(options, people);
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    return couldNotBeRead(error);
  }
}

async function signOffOf(options: GateOptions, people: People): Promise<SignOffJudgement> {
  const { request, ports, current, run } = options;
  const { facts } = ports.github;
  const last = current.last_promoted;
  const commits = await facts.commits({ base: last?.sha ?? null, head: request.sha });
  if (commits === null) return unknownSignOff(tooMany(last));
  const { pulls, direct } = await createBrought(facts)(commits, { sha: request.sha, current });
  return judgeSignOff(request.plan.approvals, {
    environment: request.plan.environment,
    actor: request.actor,
    sha: request.sha,
    pulls,
    direct,
    runApprovals: direct.length === 0 ? null : await facts.runApprovals(run),
    people,
  });
}

/** Why it is not known what a release would bring. */
export function tooMany(last: { readonly version: string } | null): string {
  return `there are more than 250 commits since ${last?.version ?? 'the beginning'}, or the two have nothing in common`;
}

export function couldNotBeRead(error: GithubError): SignOffJudgement {
  const reason = error.kind === 'unreachable' ? 'github-unreachable' : 'sign-off-unknown';
  return unknownSignOff(`it could not be found out: ${error.message}`, reason);
}

export function unknownSignOff(
  text: string,
  reason: 'github-unreachable' | 'sign-off-unknown' = 'sign-off-unknown',
): SignOffJudgement {
  const opens = 'Start again when it can be read; the job needs `pull-requests: read`';
  return { verdicts: [shut('approvals', { reason, text, opens })], signOffs: [] };
}
