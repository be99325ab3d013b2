import type { DataPlace, DataRestorer } from '../backup/contract.js';
import type { Backup, Script } from '../plan/plan.js';
import type { KeptBackup } from '../release/events.js';
import { asProblem, ReleaseProblem } from '../release/problem.js';
import type { ReleaseState } from '../release/state.js';
import { recordBackups } from './backed-up.js';
import type { ReleaseContext } from './context.js';
import { unsavedText } from './data-wanted.js';
import { effect, effectNow } from './effect.js';
import { mustRun, scriptEnvironment } from './script.js';
import { stopIfAsked } from './stop.js';

/** How long a swap may take: renames, after those who are connected were sent away. */
const SWAP_MS = 2 * 60_000;

/**
 * Puts the backups of an earlier release in the place of the data: stops what writes it, saves the present state,
 * restores beside the live data, proves that identical, and swaps. Until the swap nothing is touched. `mayBegin` is
 * true only in the run that a person started for it: what a lost run left is read, and never done again by itself.
 */
export async function restoreData(
  context: ReleaseContext,
  { mayBegin }: { readonly mayBegin: boolean },
): Promise<void> {
  const wanted = wantedOf(context);
  if (wanted === null) return;
  const { effects } = context.journal.state;
  if (effects.restore.begun) return readPlace(context, wanted);
  let unsaved: string | null = null;
  try {
    if (!mayBegin) throw lostBefore();
    await quiesce(context, 'on');
    unsaved = await save(context, wanted);
    stopIfAsked(context.signal);
    await wanted.restorer.restoreBeside();
    stopIfAsked(context.signal);
  } catch (error) {
    tell(context, 'untouched', `the live data was not touched: ${messageOf(error)}`);
    throw untouched(error);
  }
  await swap(context, wanted, unsaved);
}

/** Lets writing go on where that is safe. Where it is not, that is told: nobody may notice a service that only reads. */
export async function endQuiesce(
  context: ReleaseContext,
  { isVersionBack }: { readonly isVersionBack: boolean },
): Promise<void> {
  const { effects, dataRestored } = context.journal.state;
  if (!effects.quiesce.begun) return;
  const isRestored = effects.restore.begun && dataRestored?.result === 'done';
  const isUntouched = !effects.restore.begun || dataRestored?.result === 'untouched';
  if (isUntouched || (isRestored && isVersionBack)) {
    leaveOff(context, null);
    return quiesce(context, 'off').catch((error: unknown) => {
      leaveOff(context, 'to let writing go on');
      throw stillStopped(context, asProblem(error));
    });
  }
  const why = isRestored
    ? 'the bad version may still be in service, and would spoil the restored data'
    : 'it is not known which data is in place';
  leaveOff(context, 'when that is settled, to let writing go on');
  throw new ReleaseProblem(
    'writing-stopped',
    `writing stays stopped, since ${why}; when that is settled, run \`rollback.quiesce.off\` by hand`,
  );
}

const OFF = '# rollback.quiesce.off, ';

/** The script that a person has to run now is the last of the commands that are left; null: it is not left. */
function leaveOff(context: ReleaseContext, why: string | null): void {
  const { dataRestored } = context.journal.state;
  const script = context.plan.rollback.quiesce?.off.run;
  if (!dataRestored || script === undefined) return;
  const { result, note, commands } = dataRestored;
  const at = commands.findIndex((line) => line.startsWith(OFF));
  const others = at < 0 ? commands : commands.slice(0, at);
  if (why === null && at < 0) return;
  tell(context, result, note, why === null ? others : [...others, `${OFF}${why}:`, ...linesOf(script)]);
}

function linesOf(script: string): readonly string[] {
  return script.trimEnd().split('\n');
}

function stillStopped(context: ReleaseContext, problem: ReleaseProblem): ReleaseProblem {
  if (problem.reason === 'lease-lost') return problem;
  const isRestored = context.journal.state.dataRestored?.result === 'done';
  const data = isRestored
    ? '; the data IS restored, and another `data: restore` would lose what is written from now on'
    : '';
  return new ReleaseProblem(
    'writing-stopped',
    `writing may still be stopped: ${problem.message}; run \`rollback.quiesce.off\` by hand${data}`,
    { cause: problem, evidence: problem.evidence },
  );
}

function lostBefore(): ReleaseProblem {
  return new ReleaseProblem(
    'data-not-restored',
    'the run that was to restore the data was lost before it began to; a restore is never begun by another run, so dispatch it again',
  );
}

/** The writes that a restore loses: all since the oldest backup was taken. */
export function lostWrites(backups: readonly KeptBackup[], now: number): string {
  const since = backups.map(({ takenAt }) => takenAt).sort()[0] ?? '';
  const minutes = Math.max(0, Math.round((now - Date.parse(since)) / 60_000));
  const long = minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
  return `all writes since ${since} (${long}) are lost`;
}

/** What can be restored, and how. */
interface Wanted {
  readonly plan: Extract<Backup, { kind: 'sources' }>;
  readonly backups: readonly KeptBackup[];
  readonly restorer: DataRestorer;
}

function wantedOf(context: ReleaseContext): Wanted | null {
  const { started } = context.journal.state;
  const plan = context.plan.backup;
  if (!started.data) return null;
  if (plan?.kind !== 'sources')
    throw new ReleaseProblem('cannot-recover', 'this plan has no `backup.sources` to restore the data with');
  const { backups } = started.data;
  return { plan, backups, restorer: restorerOf(context, plan, backups) };
}

function restorerOf(
  context: ReleaseContext,
  plan: Wanted['plan'],
  backups: readonly KeptBackup[],
): DataRestorer {
  const { started } = context.journal.state;
  return context.ports.backup.restorer(plan, {
    backups,
    release: started.release,
    environment: started.environment,
    workspace: context.workspace,
    env: scriptEnvironment(context, { stage: 'rollback', target: 'previous' }),
    signal: context.signal,
    onProgress: (line) => context.ports.log.info(line),
  });
}

/**
 * The present state may hold what only it has, so nothing is replaced that was not saved and proved; unless a person,
 * told that it cannot be, asked for that. Then this gives what could not be saved, and why.
 */
async function save(context: ReleaseContext, { plan }: Wanted): Promise<string | null> {
  const { ports, journal } = context;
  const { release, service, environment, overrides } = journal.state.started;
  const saved = await ports.backup.take(
    { ...plan, when: [], keep: null, prove: plan.prove === 'usable' ? 'identical' : plan.prove },
    {
      release,
      service,
      environment,
      lastPromoted: journal.session.current.last_promoted?.release ?? null,
      workspace: context.workspace,
      env: scriptEnvironment(context, { stage: 'rollback', target: 'previous' }),
      signal: context.signal,
      onProgress: (line) => ports.log.info(line),
    },
  );
  recordBackups(context, plan, saved);
  if (saved.verdict === 'passed') return null;
  const why = saved.summary.replace(/\.$/, '');
  if (!overrides.includes('broken-state')) throw new ReleaseProblem('data-not-restored', unsavedText(why));
  ports.log.warning(`The present state is replaced without having been saved, as was asked for: ${why}.`);
  return why;
}

/** Without the intent in the ledger a later run could not know that it must look, so nothing is swapped without it. */
async function swap(context: ReleaseContext, wanted: Wanted, unsaved: string | null): Promise<void> {
  const { backups, restorer } = wanted;
  try {
    await effect(context, { effect: 'restore', timeoutMs: SWAP_MS, headline: 'swaps the data' }, async () => {
      await restorer.swap();
      return undefined;
    });
  } catch (error) {
    context.ports.log.error(notRestored(error).message);
    await readPlace(context, wanted, error);
    if (context.journal.state.dataRestored?.result !== 'done') throw notRestored(error);
    return;
  }
  const names = backups.map(({ source, id }) => `${source} from ${id}`).join(', ');
  const lost = lostWrites(backups, context.ports.clock.now());
  const kept = unsaved === null ? '' : `; what was there before could not be saved first: ${unsaved}`;
  tell(context, 'done', `${names}, proved identical; ${lost}${kept}`);
}

/** Reads which data is in place, and records it. Throws where it is neither the old nor the restored one. */
async function readPlace(context: ReleaseContext, { restorer }: Wanted, broke?: unknown): Promise<void> {
  if (context.journal.state.dataRestored?.result === 'done') return;
  const places = await restorer.look().catch((error: unknown) => {
    throw notRestored(error);
  });
  const isAll = (wanted: DataPlace['place']) => places.every(({ place }) => place === wanted);
  if (isAll('restored')) {
    settle(context, true);
    return tell(context, 'done', 'the restored data was found in its place');
  }
  settle(context, false);
  const { finish, undo } = await restorer.commands();
  const toUndo = isAll('live') ? [] : ['# or to undo it:', ...undo];
  tell(context, isAll('live') ? 'untouched' : 'left', placesIn(places), [
    '# to finish the swap:',
    ...finish,
    ...toUndo,
  ]);
  const why = broke === undefined ? '' : ` (${messageOf(broke)})`;
  const next = isAll('live')
    ? 'mend what stopped it, then dispatch the same rollback again'
    : 'finish or undo it by the commands of the report before anything else';
  throw new ReleaseProblem(
    'data-not-restored',
    `the swap of the data was begun and is not done: ${placesIn(places)}${why}; ${next}, since it is never repeated by itself`,
  );
}

function placesIn(places: readonly DataPlace[]): string {
  const words = {
    live: 'was not touched',
    restored: 'is restored',
    between: 'is NEITHER the old nor the restored data',
  };
  return places.map(({ source, place }) => `${source} ${words[place]}`).join(', ');
}

/** The outcome of an intent that a lost run left. */
function settle(context: ReleaseContext, ok: boolean): void {
  if (!context.journal.state.effects.restore.pending) return;
  context.journal.record({ type: 'outcome', effect: 'restore', ok, duration_ms: 0 });
}

async function quiesce(context: ReleaseContext, which: 'on' | 'off'): Promise<void> {
  const script: Script | undefined = context.plan.rollback.quiesce?.[which];
  if (!script) throw new ReleaseProblem('cannot-recover', 'this plan has no `rollback.quiesce`');
  const options = { effect: 'quiesce', timeoutMs: script.timeoutMs, headline: `quiesce ${which}` } as const;
  // What stops the writing is known to the ledger before, so that a later run lets it go on; that waits for nothing.
  const carryOut = which === 'on' ? effect : effectNow;
  await carryOut(context, options, async () => {
    const call = { name: `quiesce ${which}`, script, stage: 'rollback', target: 'previous' } as const;
    await mustRun(context, call, 'script-failed');
    return undefined;
  });
}

function tell(
  context: ReleaseContext,
  result: NonNullable<ReleaseState['dataRestored']>['result'],
  note: string,
  commands: readonly string[] = [],
): void {
  context.journal.record({ type: 'data-restored', result, note, commands: [...commands] });
}

/** Why it stopped before the swap. What ends the run itself keeps its own reason. */
function untouched(error: unknown): ReleaseProblem {
  const problem = notRestored(error);
  if (problem.reason !== 'script-failed' && problem.reason !== 'script-timed-out') return problem;
  return new ReleaseProblem(
    'data-not-restored',
    `the data was not restored, and not touched: ${problem.message}; mend \`rollback.quiesce.on\`, then dispatch the same rollback again`,
    { cause: error, evidence: problem.evidence },
  );
}

function notRestored(error: unknown): ReleaseProblem {
  if (error instanceof ReleaseProblem) return error;
  return new ReleaseProblem('data-not-restored', `the data was not restored: ${messageOf(error)}`, {
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
