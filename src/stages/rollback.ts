import type { Plan, Script } from '../plan/plan.js';
import type { Decision } from '../release/decisions.js';
import { asProblem, ReleaseProblem } from '../release/problem.js';
import { REASONS, type ReasonCode } from '../release/reasons.js';
import { othersUntil, type ReleaseState } from '../release/state.js';
import type { ReleaseContext } from './context.js';
import { effectNow } from './effect.js';
import { NotHere, whileHeld } from './hold.js';
import { lowerTraffic } from './lower.js';
import { mustServe } from './read-back.js';
import { endQuiesce, restoreData } from './restore-data.js';
import { commitRollback } from './rollback-commit.js';
import { mustRun } from './script.js';

/** How long a note to the ledger may hold up the way back. The write itself goes on behind it. */
const NOTE_WITHIN_MS = 20_000;

export interface WentBack {
  readonly decision: Extract<Decision, 'rolled-back' | 'rollback-pending' | 'halted' | 'rollback-failed'>;
  readonly reason: ReasonCode;
  readonly summary: string;
}

/**
 * Takes a release back: weight 0 first, then the rollback script, the canary’s removal, the reading back, the
 * rollback commit; with `order: commit-first` the commit comes before the script. `last-resort` runs as soon as
 * traffic or the script failed, or the old version was not read back. Each step is tried although an earlier one
 * failed. What is irreversible is not taken back. Uses only what the journal’s state tells, so that the step itself,
 * its post, or a later run can do it.
 * `signal` bounds the time. Gives null when it does not come to an end here: the time is over, the lease ran out
 * without a word from GitHub, or the run was cancelled meanwhile (GitHub is out of reach for a step that is about to
 * be ended, so its post step commits). Throws only when the lease is lost: then another run is doing this.
 */
export async function goBack(
  context: ReleaseContext,
  cause: ReleaseProblem,
  signal: AbortSignal,
  how: { readonly restoresData?: boolean } = {},
): Promise<WentBack | null> {
  try {
    return await takeBack(context, cause, { signal, restoresData: how.restoresData ?? false });
  } catch (error) {
    if (!(error instanceof NotHere)) throw error;
    context.ports.log.warning(`The release is not taken back to its end here: ${error.message}.`);
    return null;
  }
}

async function takeBack(
  context: ReleaseContext,
  cause: ReleaseProblem,
  { signal, restoresData }: { readonly signal: AbortSignal; readonly restoresData: boolean },
): Promise<WentBack | null> {
  const { journal } = context;
  journal.record({ type: 'failing', reason: cause.reason, summary: cause.message });
  journal.record({ type: 'stage-started', stage: 'rollback' });
  const back: ReleaseContext = { ...context, signal };
  const problems: ReleaseProblem[] = [];
  const attempt = attempts(back, problems);
  if (journal.state.started.irreversible) return halt(back, cause, attempt, problems);
  const trafficBack = await attempt(() => lowerTraffic(back));
  await note(back, 'goes back');
  await outwait(back, attempt);
  const commitFirst = back.plan.rollback.order === 'commit-first';
  if (commitFirst) await attempt(() => commitRollback(back));
  if (commitFirst && waitsForMerge(journal.state)) {
    if (!trafficBack) await attempt(() => whileHeld(back, lastResort));
    return pending(back, cause, problems);
  }
  // Before the old version, which may not know the data that the new one made; and stopped with the run itself.
  const stoppable = { ...back, signal: AbortSignal.any([signal, context.signal]) };
  await attempt(() => restoreData(stoppable, { mayBegin: restoresData }));
  const scriptDone = await attempt(() => whileHeld(back, runRollback));
  // Users need it now, and not when GitHub has taken the commit.
  if (!trafficBack || !scriptDone) await attempt(() => whileHeld(back, lastResort));
  await attempt(() => endQuiesce(back, { isVersionBack: scriptDone }));
  // While it may still get traffic, removing it would turn slow or failing answers into none at all.
  if (trafficBack) await attempt(() => whileHeld(back, removeCanary));
  if (signal.aborted) throw new NotHere('the time that this step has is over');
  const isRead = await attempt(() => readBack(back));
  if (trafficBack && scriptDone && !isRead) await attempt(() => whileHeld(back, lastResort));
  if (context.signal !== signal && isCancelled(context.signal)) return null;
  if (!commitFirst) await attempt(() => commitRollback(back));
  return conclude(back, cause, problems);
}

function isCancelled(signal: AbortSignal): boolean {
  return signal.aborted && asProblem(signal.reason).reason === 'cancelled';
}

type Attempt = (step: () => Promise<void>) => Promise<boolean>;

/** What a step could not do is noted, and the next one is tried; true when it did it. */
function attempts(context: ReleaseContext, problems: ReleaseProblem[]): Attempt {
  return async (step) => {
    stopWhenLost(context);
    try {
      await step();
      return true;
    } catch (error) {
      const problem = asProblem(error);
      if (error instanceof NotHere || problem.reason === 'lease-lost') throw error;
      if (context.signal.aborted) throw new NotHere('the time that this step has is over');
      context.ports.log.error(problem.message);
      problems.push(problem);
      return false;
    }
  };
}

/** Before promotion the new version can still lose its traffic; after it, moving anything could destroy data. */
async function halt(
  context: ReleaseContext,
  cause: ReleaseProblem,
  attempt: Attempt,
  problems: readonly ReleaseProblem[],
): Promise<WentBack> {
  const { state } = context.journal;
  const isLowered = state.effects.promote.begun || (await attempt(() => lowerTraffic(context)));
  if (!isLowered) await attempt(() => whileHeld(context, lastResort));
  const moved = state.effects.promote.begun ? 'nothing was moved' : 'only its traffic was taken back';
  const summary = `${cause.message}. It cannot be taken back (${state.started.irreversible}): ${moved}`;
  closeStage(context, { verdict: 'failed', reason: 'irreversible', summary, problems });
  return problems[0]
    ? {
        decision: 'rollback-failed',
        reason: problems[0].reason,
        summary: `${problems[0].message}. ${summary}`,
      }
    : { decision: 'halted', reason: 'irreversible', summary };
}

function waitsForMerge(state: ReleaseState): boolean {
  const result = state.rollbackCommit?.result;
  return result === 'pull-request' || result === 'incident';
}

/** With GitOps the old version comes back by the merge, so no script can bring it back before. */
function pending(
  context: ReleaseContext,
  cause: ReleaseProblem,
  problems: readonly ReleaseProblem[],
): WentBack {
  const made = context.journal.state.rollbackCommit;
  const summary = `${cause.message}. The old version comes back when the rollback is merged${made?.url ? `: ${made.url}` : ''}`;
  closeStage(context, { verdict: 'failed', reason: 'rollback-waits', summary, problems });
  return problems[0]
    ? {
        decision: 'rollback-failed',
        reason: problems[0].reason,
        summary: `${problems[0].message}. ${summary}`,
      }
    : { decision: 'rollback-pending', reason: 'rollback-waits', summary };
}

async function runRollback(context: ReleaseContext): Promise<void> {
  const { state } = context.journal;
  const script = rollbackScript(context.plan);
  if (!deployed(state)) return;
  // What an earlier step of this release brought back is back; the reading that follows proves it.
  if (state.effects.rollback.ok && !state.effects.rollback.pending) return;
  if (!state.started.previous) {
    // A promotion that failed may have changed nothing; one that succeeded, or may have, did.
    if (state.effects.promote.begun && state.effects.promote.ok !== false) {
      const problem = `${state.started.version} may be in service, and no earlier version is known to bring back`;
      throw new ReleaseProblem('no-way-back', problem);
    }
    context.ports.log.info(
      'No earlier version is known, so there is none to bring back; the canary gets no traffic.',
    );
    return;
  }
  if (!script)
    throw new ReleaseProblem(
      'cannot-recover',
      'this plan has neither `rollback` nor `promote` to go back with',
    );
  const options = { effect: 'rollback', timeoutMs: script.timeoutMs, headline: 'rollback' } as const;
  await effectNow(context, options, async () => {
    await mustRun(
      context,
      { name: 'rollback', script, stage: 'rollback', target: 'previous' },
      'rollback-script-failed',
    );
    return undefined;
  });
}

/** The canary's remains are told of, and do not turn a rollback that worked into one that failed. */
async function removeCanary(context: ReleaseContext): Promise<void> {
  const remove = context.plan.canary?.remove;
  if (!remove || !context.journal.state.effects.canary.begun) return;
  const options = { effect: 'remove', timeoutMs: remove.timeoutMs, headline: 'removes the canary' } as const;
  try {
    await effectNow(context, options, async () => {
      const call = { name: 'remove canary', script: remove, stage: 'rollback', target: 'previous' } as const;
      await mustRun(context, call, 'script-failed');
      return undefined;
    });
  } catch (error) {
    context.ports.log.warning(`The canary was not removed: ${asProblem(error).message}. Remove it by hand.`);
  }
}

async function readBack(context: ReleaseContext): Promise<void> {
  const { state } = context.journal;
  const { previous } = state.started;
  if (!previous || !deployed(state)) return;
  await mustServe(context, {
    version: previous.version,
    stage: 'rollback',
    target: 'previous',
    reason: 'rollback-version-differs',
    signal: context.signal,
  });
}

async function lastResort(context: ReleaseContext): Promise<void> {
  const script = context.plan.lastResort;
  if (!script) return;
  const options = { effect: 'last-resort', timeoutMs: script.timeoutMs, headline: 'last resort' } as const;
  await effectNow(context, options, async () => {
    await mustRun(
      context,
      { name: 'last resort', script, stage: 'rollback', target: 'previous' },
      'script-failed',
    );
    return undefined;
  });
}

function conclude(
  context: ReleaseContext,
  cause: ReleaseProblem,
  problems: readonly ReleaseProblem[],
): WentBack {
  const { journal } = context;
  const grave = problems[0];
  const summary = grave
    ? `the release could not be taken back wholly: ${problems.map((problem) => problem.message).join('; ')}`
    : backSummary(journal.state);
  closeStage(context, {
    verdict: grave ? 'failed' : 'passed',
    reason: grave?.reason ?? null,
    summary,
    problems,
  });
  return grave
    ? {
        decision: 'rollback-failed',
        reason: grave.reason,
        summary: `${summary}. It went back because ${cause.message}`,
      }
    : { decision: 'rolled-back', reason: cause.reason, summary: cause.message };
}

function closeStage(
  context: ReleaseContext,
  end: {
    readonly verdict: 'passed' | 'failed';
    readonly reason: ReasonCode | null;
    readonly summary: string;
    readonly problems: readonly ReleaseProblem[];
  },
): void {
  const { problems, ...rest } = end;
  const evidence = problems.flatMap((problem) => [`- ${problem.message}`, ...problem.evidence]);
  context.journal.record({ type: 'stage-ended', stage: 'rollback', ...rest, evidence });
}

function backSummary(state: ReleaseState): string {
  const { previous } = state.started;
  const parts = [
    state.effects.traffic.begun
      ? `all traffic is back (${state.weights.at(-1)?.verified ? 'read back' : 'unverified'})`
      : null,
    previous && deployed(state)
      ? `${previous.version} is in service (${state.inService === previous.version ? 'read back' : 'unverified'})`
      : null,
    state.rollbackCommit?.result === 'done'
      ? `rollback commit ${state.rollbackCommit.commit?.slice(0, 7)}`
      : null,
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.join('; ') : 'there was nothing to take back';
}

/** The record of what was just done must not hold up what comes next. */
async function note(context: ReleaseContext, headline: string): Promise<void> {
  const { journal, ports } = context;
  const bounded = new AbortController();
  let trouble: ReleaseProblem | null = null;
  const written = journal.commit(headline).catch((error: unknown) => {
    trouble = asProblem(error);
  });
  await Promise.race([written, ports.clock.sleep(NOTE_WITHIN_MS, bounded.signal)]);
  bounded.abort();
  stopWhenLost(context);
  if (trouble)
    ports.log.warning(
      `The ledger was not written (${(trouble as ReleaseProblem).message}); going back all the same.`,
    );
}

/**
 * A script of the owner before may still be running, on a machine that nobody hears of. What it does is waited out,
 * so that it cannot undo what comes now; only traffic does not wait.
 */
async function outwait(context: ReleaseContext, attempt: Attempt): Promise<void> {
  const { journal, ports } = context;
  const { session } = journal;
  const until = othersUntil(journal.state, session.owner);
  const ms = until - session.now();
  if (ms <= 0) return;
  ports.log.warning(
    `A script of the run before may still be at work, until ${new Date(until).toISOString()} at most; what follows waits for that, ${Math.ceil(ms / 1000)} s.`,
  );
  await ports.clock.sleep(ms, context.signal);
  if (context.signal.aborted) throw new NotHere('a script of the run before may still be at work');
  await attempt(() => lowerTraffic(context));
  await note(context, 'goes back, after the run before');
}

function stopWhenLost(context: ReleaseContext): void {
  if (context.journal.session.lost.aborted) {
    throw new ReleaseProblem('lease-lost', REASONS['lease-lost'].why, { verdict: 'errored' });
  }
}

function deployed(state: ReleaseState): boolean {
  return state.started.kind === 'rollback' || state.effects.canary.begun || state.effects.promote.begun;
}

function rollbackScript(plan: Plan): Script | null {
  return plan.rollback.run ?? plan.promote;
}
