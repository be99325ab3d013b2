import { variablesBack } from '../plan/variables.js';
import type { Started } from '../release/events.js';
import { Journal, type JournalOptions, type ReleaseRecord, readRecord } from '../release/journal.js';
import { ReleaseProblem } from '../release/problem.js';
import type { LedgerSession } from '../release/session.js';
import { effectBegun, type ReleaseState } from '../release/state.js';
import type { Links } from '../report/end.js';
import { back, block, type Conclusion, showEnd } from './conduct.js';
import type { Ports, ReleaseContext } from './context.js';
import { heldBy, holderOf } from './holder.js';

/** How long this run's own release may be held up until the checks of the unfinished one are sent. */
const SHOWN_WITHIN_MS = 10_000;

/** What belongs to the unfinished release and its commit, not to this run's. */
export interface About {
  readonly ports: Ports;
  readonly links: Links;
  readonly record: JournalOptions;
}

/**
 * Brings the release that a lost run left in flight to safety, with this run's own plan and under a lease of its
 * own. What is executed never comes from the ledger. Throws `cannot-recover` when this plan lacks what is needed,
 * and whatever leaves the release unfinished: then this step's post goes on with it.
 */
export async function recover(
  context: Omit<ReleaseContext, 'journal' | 'links' | 'ports'>,
  options: {
    readonly session: LedgerSession;
    readonly about: (started: Started) => About;
    /** Why it goes back. */
    readonly causeOf: (left: ReleaseState) => Promise<ReleaseProblem>;
  },
): Promise<Recovered | null> {
  const { session } = options;
  const { release } = session.current;
  if (release === null) return null;
  const left = await readLeft(session, release);
  const { started } = left.state;
  const { ports, links, record } = options.about(started);
  const cause = await options.causeOf(left.state);
  ports.log.warning(
    `The release ${release} of ${started.version}, begun by ${started.run.url}, has not ended; it is brought to safety first`,
  );
  needed(context, left.state);
  const journal = await Journal.takeOver(record, left);
  const whole = { ...context, ports, links, journal };
  const conclusion = await underLease(whole, () =>
    effectBegun(journal.state) ? back(whole, cause, NEVER) : block(whole, cause),
  );
  if (conclusion) showEnd(whole, conclusion);
  // Nobody else waits for what shows that release: this run's own end could cut it off.
  const { checks, deployments, incidents } = ports.github;
  await Promise.all([checks, deployments, incidents].map((shown) => shown.settle(SHOWN_WITHIN_MS)));
  return { conclusion: finished(journal, conclusion), journal };
}

/** The record of the release in flight. Rejects with `ledger-invalid` when there is none, or when it says that it ended. */
async function readLeft(session: LedgerSession, release: string): Promise<ReleaseRecord> {
  const left = await readRecord(session, release);
  mustBeOpen(left.state);
  return left;
}

/** What `recover` would start from; throws what it would throw before it changes anything. Changes nothing. */
export async function lookAtLeft(
  context: Pick<ReleaseContext, 'plan' | 'env'>,
  { session, ports }: { readonly session: LedgerSession; readonly ports: Ports },
): Promise<ReleaseState | null> {
  const { release } = session.current;
  if (release === null) return null;
  const { state } = await readLeft(session, release);
  const holder = await holderOf(session, ports);
  // Its own run answers for a release that it can be asked to stop; a rollback is not stopped.
  if (holder && state.started.kind === 'rollback') throw new ReleaseProblem('busy', heldBy(session, holder));
  if (!holder) needed(context, state);
  return state;
}

export interface Recovered {
  readonly conclusion: NonNullable<Conclusion>;
  readonly journal: Journal;
}

const NEVER = new AbortController().signal;

async function underLease<T>({ journal, ports }: ReleaseContext, work: () => Promise<T>): Promise<T> {
  const done = new AbortController();
  void journal.keepAlive(done.signal, (problem) => ports.log.warning(problem.message));
  return work().finally(() => done.abort());
}

function mustBeOpen({ started, ended }: ReleaseState): void {
  if (!ended) return;
  throw new ReleaseProblem(
    'ledger-invalid',
    `current.json names ${started.release} as in flight, and its events say that it ended ${ended.decision}`,
  );
}

/** A release of its own begins only when the one before it is safe, and the ledger says so. */
function finished(journal: Journal, conclusion: Conclusion): NonNullable<Conclusion> {
  const { release } = journal.state.started;
  if (!conclusion) {
    throw new ReleaseProblem('interrupted', `the unfinished release ${release} could not be finished here`);
  }
  if (conclusion.reason === 'lease-lost') throw new ReleaseProblem('lease-lost', conclusion.summary);
  if (conclusion.decision === 'rollback-failed') {
    throw new ReleaseProblem(
      'recovery-failed',
      `the unfinished release ${release} could not be brought to safety: ${conclusion.summary}`,
    );
  }
  if (!journal.settled) {
    throw new ReleaseProblem(
      'ledger-unreachable',
      `the unfinished release ${release} was brought to safety, but its end could not be recorded`,
    );
  }
  return conclusion;
}

function needed({ plan, env }: Pick<ReleaseContext, 'plan' | 'env'>, state: ReleaseState): void {
  const { effects, started } = state;
  const missing = [
    effects.traffic.begun && !plan.canary?.traffic ? '`canary.traffic`' : null,
    (effects.canary.begun || effects.promote.begun) && started.previous && !plan.rollback.run && !plan.promote
      ? '`rollback` or `promote`'
      : null,
    effects.quiesce.begun && !plan.rollback.quiesce ? '`rollback.quiesce`' : null,
    effects.restore.begun && plan.backup?.kind !== 'sources' ? '`backup.sources`' : null,
    ...variablesBack(plan, { isRestoring: effects.restore.begun }).map((name) =>
      env[name] ? null : `the variable \`${name}\``,
    ),
  ].filter((name) => name !== null);
  if (missing.length === 0 || !effectBegun(state)) return;
  throw new ReleaseProblem(
    'cannot-recover',
    `the unfinished release ${started.release} needs ${missing.join(' and ')} to be brought to safety, which this run does not have`,
  );
}
