import { asProblem, type ReleaseProblem } from '../release/problem.js';
import { backup } from './backup.js';
import { canary } from './canary.js';
import type { ReleaseContext } from './context.js';
import { Parked } from './park.js';
import { promote } from './promote.js';
import { publishStage } from './publish.js';
import type { Stage } from './stage.js';
import { stopIfAsked } from './stop.js';
import { verify } from './verify.js';

/** A release, in order. The plan stage comes before these: it opens the record that they write to. */
export const STAGES: readonly Stage[] = [verify, backup, canary, promote];

/** What is left of a release that was parked: it was parked in its canary. */
export const STAGES_LEFT: readonly Stage[] = [canary, promote];

/** Runs the stages until one does not pass; returns why, or null when all passed. */
export async function runStages(
  context: ReleaseContext,
  stages: readonly Stage[] = STAGES,
): Promise<ReleaseProblem | null> {
  for (const stage of stages) {
    const problem = await runStage(context, stage);
    if (problem) return problem;
  }
  return null;
}

async function runStage(context: ReleaseContext, stage: Stage): Promise<ReleaseProblem | null> {
  const { journal } = context;
  const skip = stage.skip(context.plan);
  if (skip !== null) {
    ended(context, stage, { verdict: 'skipped', reason: null, summary: skip, evidence: [] });
    return null;
  }
  // A stage that was parked goes on.
  if (journal.state.stages[stage.name]?.status !== 'running')
    journal.record({ type: 'stage-started', stage: stage.name });
  publishStage(context, stage.name);
  try {
    stopIfAsked(context.signal);
    const { skipped, ...passed } = await stage.run(context);
    ended(context, stage, { verdict: skipped ? 'skipped' : 'passed', reason: null, ...passed });
    return null;
  } catch (error) {
    if (error instanceof Parked) throw error;
    const problem = asProblem(error);
    ended(context, stage, {
      verdict: problem.verdict,
      reason: problem.reason,
      summary: problem.message,
      evidence: problem.evidence,
    });
    return problem;
  }
}

function ended(
  context: ReleaseContext,
  stage: Stage,
  end: {
    readonly verdict: 'skipped' | 'passed' | ReleaseProblem['verdict'];
    readonly reason: ReleaseProblem['reason'] | null;
    readonly summary: string;
    readonly evidence: readonly string[];
  },
): void {
  context.journal.record({ type: 'stage-ended', stage: stage.name, ...end, evidence: [...end.evidence] });
  if (end.verdict !== 'passed' && end.verdict !== 'skipped') {
    context.ports.log.error(end.summary, `${stage.name} ${end.verdict}`);
  }
  publishStage(context, stage.name);
}
