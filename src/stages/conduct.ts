import type { Decision } from '../release/decisions.js';
import { STAGE_NAMES } from '../release/events.js';
import { asProblem, ReleaseProblem } from '../release/problem.js';
import { REASONS, type ReasonCode } from '../release/reasons.js';
import { effectBegun } from '../release/state.js';
import type { ReleaseContext } from './context.js';
import { tellIncidents } from './incident.js';
import { Parked } from './park.js';
import { publishStage } from './publish.js';
import { goBack } from './rollback.js';
import { runStages, STAGES, STAGES_LEFT } from './runner.js';

/** How a release ended; null when this step could not bring it to its end: its post step or a later run goes on. */
export type Conclusion = {
  readonly decision: Decision;
  readonly reason: ReasonCode;
  readonly summary: string;
} | null;

/** A cancelled main has a few seconds to live; what it cannot write in time, post finds in the saved state. */
const LAST_WORDS_WITHIN_MS = 3_000;

/** Runs the stages of an opened release to its one decision, going back when it must, and writes the end. */
export async function conduct(context: ReleaseContext): Promise<Conclusion> {
  let problem: ReleaseProblem | null;
  try {
    problem = await runStages(context, context.parked ? STAGES_LEFT : STAGES);
  } catch (error) {
    if (!(error instanceof Parked)) throw error;
    return { decision: 'paused', reason: 'parked', summary: error.message };
  }
  if (!problem) return promoted(context);
  if (problem.reason === 'lease-lost')
    return { decision: 'blocked', reason: 'lease-lost', summary: problem.message };
  if (problem.reason === 'cancelled') return cancelled(context, problem);
  return effectBegun(context.journal.state) ? back(context, problem, NEVER) : block(context, problem);
}

/** Takes an unfinished release back and writes its end; null when it does not come to its end in this step. */
export async function back(
  context: ReleaseContext,
  cause: ReleaseProblem,
  signal: AbortSignal,
  how: { readonly restoresData?: boolean } = {},
): Promise<Conclusion> {
  try {
    closeRunning(context, cause);
    const went = await goBack(context, cause, signal, how);
    if (!went) return leftToPost(context);
    publishStage(context, 'rollback');
    await end(context, went);
    tellIncidents(context, went);
    return went;
  } catch (error) {
    const problem = asProblem(error);
    if (problem.reason === 'lease-lost')
      return { decision: 'blocked', reason: 'lease-lost', summary: problem.message };
    throw problem;
  }
}

/** Takes back what had been promoted, because a person asked for it. */
export function backByHand(context: ReleaseContext): Promise<Conclusion> {
  const { actor, reason } = context.journal.state.started;
  const cause = new ReleaseProblem('rollback-asked', `${actor} asked for it: ${reason ?? ''}`);
  return back(context, cause, NEVER, { restoresData: true });
}

/** Shows the end of a release that an earlier step began, wherever that step may have left something pending. */
export function showEnd(context: ReleaseContext, conclusion: NonNullable<Conclusion>): void {
  const { checks, deployments } = context.ports.github;
  const { reason, summary } = conclusion;
  checks.closeLeft({ conclusion: 'cancelled', title: REASONS[reason].why, summary });
  deployments.report('failure', summary);
}

/** Ends a release that touched nothing. */
export async function block(context: ReleaseContext, cause: ReleaseProblem): Promise<Conclusion> {
  closeRunning(context, cause);
  const conclusion = { decision: 'blocked', reason: cause.reason, summary: cause.message } as const;
  await end(context, conclusion);
  return conclusion;
}

/** A stage that a lost or cancelled step left running did not pass, and its check must not stay pending. */
function closeRunning(context: ReleaseContext, cause: ReleaseProblem): void {
  const { journal } = context;
  for (const stage of STAGE_NAMES) {
    if (journal.state.stages[stage]?.status !== 'running') continue;
    const { reason, message: summary } = cause;
    journal.record({ type: 'stage-ended', stage, verdict: 'errored', reason, summary, evidence: [] });
    publishStage(context, stage);
  }
}

async function promoted(context: ReleaseContext): Promise<Conclusion> {
  const { version } = context.journal.state.started;
  const summary = context.journal.state.stages.promote?.summary || `${version} was promoted`;
  const conclusion = { decision: 'promoted', reason: 'all-gates-passed', summary } as const;
  await end(context, conclusion);
  if (!context.journal.settled) return unrecorded(version);
  tellIncidents(context, conclusion);
  return conclusion;
}

/** Without its end in the record, the next run takes the release for unfinished: that must not look green. */
function unrecorded(version: string): Conclusion {
  return {
    decision: 'blocked',
    reason: 'ledger-unreachable',
    summary: `${version} is in service and passed its watch, but its end could not be recorded; unless the post step still can, the next run takes it back`,
  };
}

/** The end is told outside even when the ledger cannot be written; post tries the write once more. */
async function end(context: ReleaseContext, conclusion: NonNullable<Conclusion>): Promise<void> {
  const { journal, ports } = context;
  try {
    await journal.end({
      decision: conclusion.decision,
      reason: conclusion.reason,
      summary: conclusion.summary,
      weight: journal.state.weight,
      in_service: journal.state.inService ?? null,
    });
  } catch (error) {
    ports.log.error(
      `The end of this release (${conclusion.decision}) could not be recorded: ${asProblem(error).message}. The post step tries again; failing that, the next run finds the release unfinished and takes it back.`,
    );
  }
}

async function cancelled(context: ReleaseContext, problem: ReleaseProblem): Promise<Conclusion> {
  return effectBegun(context.journal.state) ? leftToPost(context) : block(context, problem);
}

async function leftToPost({ journal, ports }: ReleaseContext): Promise<Conclusion> {
  const bounded = new AbortController();
  const written = journal.commit('left unfinished').catch(() => undefined);
  await Promise.race([written, ports.clock.sleep(LAST_WORDS_WITHIN_MS, bounded.signal)]);
  bounded.abort();
  return null;
}

const NEVER = new AbortController().signal;

/** What is said of a release that a lost run left behind. */
export function interrupted(run: { readonly url: string }): ReleaseProblem {
  return new ReleaseProblem(
    'interrupted',
    `the run was lost before the release had ended; it was begun by ${run.url}`,
  );
}
