import type { RollbackOutcome } from '../github/contract.js';
import type { Plan, Script } from '../plan/plan.js';
import type { Decision } from '../release/decisions.js';
import { asProblem, ReleaseProblem } from '../release/problem.js';
import { REASONS, type ReasonCode } from '../release/reasons.js';
import { effectBegun, type ReleaseState } from '../release/state.js';
import type { ReleaseContext } from './context.js';
import { effectNow } from './effect.js';
import { mustServe } from './read-back.js';
import { mustRun } from './script.js';
import { setWeight, trafficOf } from './weight.js';

/** How long a note to the ledger may hold up the way back. The write itself goes on behind it. */
const NOTE_WITHIN_MS = 20_000;
const LOWER_TRIES = 3;
const LOWER_AGAIN_AFTER_MS = 1_000;

export interface WentBack {
  readonly decision: Extract<Decision, 'rolled-back' | 'rollback-failed'>;
  readonly reason: ReasonCode;
  readonly summary: string;
}

/**
 * Takes a release back: weight 0 first, then the rollback script, the canary’s removal, the reading back, the
 * rollback commit; `last-resort` when traffic or the script failed. Each step is tried although an earlier one
 * failed. Uses only what the journal’s state tells, so that the step itself, its post, or a later run can do it.
 * `signal` bounds the time. Throws only when the lease is lost: then another run is doing this.
 */
export async function goBack(
  context: ReleaseContext,
  cause: ReleaseProblem,
  signal: AbortSignal,
): Promise<WentBack> {
  const { journal } = context;
  journal.record({ type: 'failing', reason: cause.reason, summary: cause.message });
  journal.record({ type: 'stage-started', stage: 'rollback' });
  const back: ReleaseContext = { ...context, signal };
  const problems: ReleaseProblem[] = [];
  const attempt = async (step: () => Promise<void>): Promise<boolean> => {
    stopWhenLost(back);
    try {
      await step();
      return true;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.reason === 'lease-lost') throw problem;
      back.ports.log.error(problem.message);
      problems.push(problem);
      return false;
    }
  };

  const trafficBack = await attempt(() => lowerTraffic(back));
  await note(back, 'goes back');
  const scriptDone = await attempt(() => runRollback(back));
  await attempt(() => removeCanary(back));
  await attempt(() => readBack(back));
  await attempt(() => commitRollback(back));
  if (!trafficBack || !scriptDone) await attempt(() => lastResort(back));
  return conclude(back, cause, problems);
}

async function lowerTraffic(context: ReleaseContext): Promise<void> {
  const { state } = context.journal;
  if (!state.effects.traffic.begun) return;
  const traffic = context.plan.canary?.traffic;
  const driver = trafficOf(context, 'rollback', 'previous');
  if (!driver || !traffic) {
    throw new ReleaseProblem(
      'cannot-recover',
      'traffic was moved, and this plan has no `canary.traffic` to move it back',
    );
  }
  const options = {
    effect: 'traffic',
    weight: 0,
    timeoutMs: traffic.run.timeoutMs,
    headline: 'traffic back',
  } as const;
  for (let tries = 1; ; tries++) {
    try {
      await effectNow(context, options, () => setWeight(driver, 0, context.signal));
      return;
    } catch (error) {
      const problem = asProblem(error);
      if (tries >= LOWER_TRIES || context.signal.aborted) {
        throw new ReleaseProblem('traffic-back-failed', problem.message, {
          cause: error,
          evidence: problem.evidence,
        });
      }
      context.ports.log.warning(`${problem.message}; trying again`);
      await context.ports.clock.sleep(LOWER_AGAIN_AFTER_MS, context.signal);
    }
  }
}

async function runRollback(context: ReleaseContext): Promise<void> {
  const { state } = context.journal;
  const script = rollbackScript(context.plan);
  if (!deployed(state)) return;
  if (!state.started.previous) {
    context.ports.log.info('Nothing was in service before, so there is no version to bring back.');
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

/** Only under a lease that is certainly ours: two runs must never both commit. */
async function commitRollback(context: ReleaseContext): Promise<void> {
  const { journal, ports, plan } = context;
  const { state } = journal;
  const why = noCommitBecause(state, plan);
  if (why) {
    record(context, { kind: 'unneeded', why });
    return;
  }
  const { started } = state;
  try {
    journal.record({ type: 'intent', effect: 'rollback-commit', timeout_ms: 0 });
    await journal.commit('rollback commit');
  } catch (error) {
    const problem = asProblem(error);
    if (problem.reason === 'lease-lost') throw problem;
    record(context, {
      kind: 'refused',
      why: `not without a record: ${problem.message}`,
      files: [],
      commands: [],
    });
    return;
  }
  const from = started.previous?.version ?? '';
  const branches = await otherServices(context);
  const outcome = await ports.github.reverter.rollback({
    release: started.release,
    service: started.service,
    environment: started.environment,
    branch: plan.rollback.branch ?? started.branch ?? '',
    from: started.sha,
    to: started.previous?.sha ?? '',
    paths: plan.rollback.paths,
    onlyService: branches,
    title: `Roll back ${started.service} from ${started.version} to ${from}`,
    body: `${state.failing?.summary ?? ''}\n\nTo bring the change back later, mended: git revert this commit, then push.`,
  });
  record(context, outcome);
  journal.record({
    type: 'outcome',
    effect: 'rollback-commit',
    ok: outcome.kind !== 'refused',
    duration_ms: 0,
  });
}

function noCommitBecause(state: ReleaseState, plan: Plan): string | null {
  if (plan.rollback.commit === 'none') return 'the plan says `rollback.commit: none`';
  if (!state.started.previous) return 'nothing was promoted before';
  if (!state.started.previous.sha) {
    return `the commit of ${state.started.previous.version}, which was in service before the first release, is not known`;
  }
  if (!(plan.rollback.branch ?? state.started.branch)) return 'no branch is known; give `rollback.branch`';
  return null;
}

async function otherServices(context: ReleaseContext): Promise<boolean> {
  const { service } = context.journal.state.started;
  try {
    const branches = await context.ports.github.repository.ledgerBranches();
    return branches.every((branch) => branch.startsWith(`gated-release/${service}/`));
  } catch {
    // Not knowing whether there are other services is treated as if there were: nothing of theirs may be dropped.
    return false;
  }
}

function record(context: ReleaseContext, outcome: RollbackOutcome): void {
  const done = outcome.kind === 'done';
  const left =
    done && outcome.left.length > 0 ? `; left as they are (workflow files): ${outcome.left.join(', ')}` : '';
  context.journal.record({
    type: 'rollback-commit',
    result: done ? 'done' : 'none',
    commit: done ? outcome.commit : null,
    note: done
      ? `${outcome.files.length} ${outcome.files.length === 1 ? 'file' : 'files'} went back${left}`
      : outcome.why,
    files: outcome.kind === 'unneeded' ? [] : [...outcome.files],
    commands: outcome.kind === 'refused' ? [...outcome.commands] : [],
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
  const evidence = problems.flatMap((problem) => [`- ${problem.message}`, ...problem.evidence]);
  const summary = grave
    ? `the release could not be taken back wholly: ${problems.map((problem) => problem.message).join('; ')}`
    : backSummary(journal.state);
  journal.record({
    type: 'stage-ended',
    stage: 'rollback',
    verdict: grave ? 'failed' : 'passed',
    reason: grave?.reason ?? null,
    summary,
    evidence,
  });
  return grave
    ? {
        decision: 'rollback-failed',
        reason: grave.reason,
        summary: `${summary}. It went back because ${cause.message}`,
      }
    : { decision: 'rolled-back', reason: cause.reason, summary: cause.message };
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

function stopWhenLost(context: ReleaseContext): void {
  if (context.journal.session.lost.aborted) {
    throw new ReleaseProblem('lease-lost', REASONS['lease-lost'].why, { verdict: 'errored' });
  }
}

function deployed(state: ReleaseState): boolean {
  return state.effects.canary.begun || state.effects.promote.begun;
}

function rollbackScript(plan: Plan): Script | null {
  return plan.rollback.run ?? plan.promote;
}

export function mustGoBack(state: ReleaseState): boolean {
  return effectBegun(state);
}
