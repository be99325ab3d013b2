import type { Plan } from '../../plan/plan.js';
import { spanText } from '../../plan/windows/words.js';
import { code } from '../markdown.js';
import { type RunbookStep, removed } from './steps.js';

/** The version that a release would go back to, with its commit. */
export interface Previous {
  readonly version: string;
  readonly sha: string;
}

/**
 * How it goes back when a step, a verdict or the watch fails, or somebody asks for it. `previous`: the version that was
 * promoted last; null where none was.
 */
export function rollbackSteps(plan: Plan, previous: Previous | null): readonly RunbookStep[] {
  const { canary, rollback, lastResort } = plan;
  const traffic = canary?.traffic ?? null;
  const moves = traffic
    ? [
        {
          line: `All traffic back to the old version, with ${code('RELEASE_WEIGHT=0')}${traffic.read ? '; the weight is read back' : ''}.`,
          script: traffic.run.run,
        },
      ]
    : [];
  const back = oldVersionBack(plan, previous);
  const commit: RunbookStep = { line: commitText(plan), script: null };
  const isCommitFirst = rollback.order === 'commit-first';
  const steps = isCommitFirst ? [commit, back, ...removed(canary)] : [back, ...removed(canary), commit];
  const resort = lastResort
    ? [
        {
          line: 'If traffic or the old version does not come back: the last resort, and people are called.',
          script: lastResort.run,
        },
      ]
    : [];
  return [...moves, ...steps, ...resort];
}

/** With the target that the rollback passes to the script. */
function oldVersionBack({ inService, rollback, promote }: Plan, previous: Previous | null): RunbookStep {
  const script = rollback.run ?? promote;
  if (previous === null && inService === null) {
    const line =
      'No old version yet: nothing was promoted before, and no `in-service` tells one. Later releases go back by this:';
    return { line, script: script?.run ?? null };
  }
  const target =
    previous === null
      ? 'what `in-service` answered before the release as `RELEASE_TARGET_VERSION`'
      : code(`RELEASE_TARGET_VERSION=${previous.version}`);
  const limit = script === null ? '' : `, at most ${spanText(script.timeoutMs)}`;
  return { line: `The old version back, with ${target}${limit}.`, script: script?.run ?? null };
}

function commitText({ rollback }: Plan): string {
  const where = rollback.branch === null ? 'the branch of the release' : code(rollback.branch);
  if (rollback.commit === 'none') return 'No rollback commit: the change stays in git, in quarantine.';
  if (rollback.commit === 'pull-request')
    return `A pull request to ${where} that takes the change out of git.`;
  return `A rollback commit on ${where}, or a pull request where a push would not be safe or is refused.`;
}
