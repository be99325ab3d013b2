import type { RollbackOutcome } from '../github/contract.js';
import type { Plan } from '../plan/plan.js';
import type { NewEvent } from '../release/events.js';
import { asProblem } from '../release/problem.js';
import type { ReleaseState } from '../release/state.js';
import type { ReleaseContext } from './context.js';

/** Only under a lease that is certainly ours: two runs must never both commit. */
export async function commitRollback(context: ReleaseContext): Promise<void> {
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
  const onlyService = await isOnlyService(context);
  const outcome = await ports.github.reverter.rollback({
    release: started.release,
    service: started.service,
    environment: started.environment,
    branch: plan.rollback.branch ?? started.branch ?? '',
    from: started.sha,
    to: started.previous?.sha ?? '',
    paths: plan.rollback.paths,
    way: plan.rollback.commit === 'pull-request' ? 'pull-request' : 'push',
    onlyService,
    title: `Roll back ${started.service} from ${started.version} to ${from}`,
    body: state.failing?.summary ?? '',
    evidence: evidenceOf(state),
    contacts: plan.contacts.flatMap(({ github }) => (github ? [github] : [])),
  });
  record(context, outcome);
  journal.record({
    type: 'outcome',
    effect: 'rollback-commit',
    ok: outcome.kind !== 'refused' && outcome.kind !== 'conflict',
    duration_ms: 0,
  });
}

function noCommitBecause(state: ReleaseState, plan: Plan): string | null {
  if (state.failing?.reason === 'superseded') return 'the release that takes its place contains the change';
  if (plan.rollback.commit === 'none') return 'the plan says `rollback.commit: none`';
  if (!state.started.previous) return 'nothing was promoted before';
  if (!state.started.previous.sha) {
    return `the commit of ${state.started.previous.version}, which was in service before the first release, is not known`;
  }
  if (!(plan.rollback.branch ?? state.started.branch)) return 'no branch is known; give `rollback.branch`';
  return null;
}

async function isOnlyService(context: ReleaseContext): Promise<boolean> {
  const { service } = context.journal.state.started;
  try {
    const branches = await context.ports.github.repository.ledgerBranches();
    return branches.every((branch) => branch.startsWith(`gated-release/${service}/`));
  } catch (error) {
    context.ports.log.warning(
      `Whether other services keep a ledger here could not be read (${asProblem(error).message}); it is taken that they do.`,
    );
    // Not knowing whether there are other services is treated as if there were: nothing of theirs may be dropped.
    return false;
  }
}

function record(context: ReleaseContext, outcome: RollbackOutcome): void {
  context.journal.record({ type: 'rollback-commit', ...noted(outcome) });
}

/** How each way to end is written down: what was made, where people go on, what is left to them. */
function noted(outcome: RollbackOutcome): Omit<Extract<NewEvent, { type: 'rollback-commit' }>, 'type'> {
  const none = { commit: null, url: null, files: [], commands: [] };
  switch (outcome.kind) {
    case 'done':
      return {
        ...none,
        result: 'done',
        commit: outcome.commit,
        note: wentBack(outcome),
        files: [...outcome.files],
      };
    case 'pull-request': {
      const note = `${outcome.why}. ${outcome.waitsOn}`;
      return {
        ...none,
        result: 'pull-request',
        commit: outcome.commit,
        url: outcome.url,
        note,
        files: [...outcome.files],
      };
    }
    case 'branch': {
      const note = `the branch ${outcome.branch} holds it: ${outcome.why}. ${outcome.waitsOn}`;
      return {
        ...none,
        result: 'incident',
        commit: outcome.commit,
        url: outcome.compareUrl,
        note,
        files: [...outcome.files],
      };
    }
    case 'conflict':
      return {
        ...none,
        result: 'incident',
        url: outcome.proposal?.url ?? null,
        note: [outcome.why, ...outcome.conflicts.map(({ path, why }) => `${path} ${why}`)].join('; '),
        files: [...outcome.files],
        commands: [...outcome.commands],
      };
    case 'refused':
      return {
        ...none,
        result: 'incident',
        note: outcome.why,
        files: [...outcome.files],
        commands: [...outcome.commands],
      };
    case 'unneeded':
      return { ...none, result: 'none', note: outcome.why };
  }
}

function wentBack({ files, left }: Extract<RollbackOutcome, { kind: 'done' }>): string {
  const stay = left.length > 0 ? `; left as they are (workflow files): ${left.join(', ')}` : '';
  return `${files.length} ${files.length === 1 ? 'file' : 'files'} went back${stay}`;
}

/** What was measured, for the text of a pull request. */
function evidenceOf(state: ReleaseState): string {
  const last = state.judgements.at(-1);
  return (last?.metrics ?? []).map((one) => `- \`${one.metric}\`: ${one.reason}`).join('\n');
}
