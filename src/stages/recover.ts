import { variablesOf } from '../plan/variables.js';
import type { Started } from '../release/events.js';
import { Journal, type JournalOptions } from '../release/journal.js';
import { ReleaseProblem } from '../release/problem.js';
import { effectBegun } from '../release/state.js';
import type { Links } from '../report/end.js';
import { back, block, type Conclusion, showEnd } from './conduct.js';
import type { Ports, ReleaseContext } from './context.js';

/** How long this run's own release may be held up until the checks of the unfinished one are sent. */
const SHOWN_WITHIN_MS = 10_000;

/**
 * Brings the release that a lost run left in flight to safety, with this run's own plan and under a lease of its
 * own. What is executed never comes from the ledger. Throws `cannot-recover` when this plan lacks what is needed.
 */
export async function recover(
  context: Omit<ReleaseContext, 'journal' | 'links' | 'ports'>,
  options: JournalOptions & {
    /** Checks and deployment of the unfinished release belong to its commit, not to this run's. */
    readonly about: (started: Started) => { readonly ports: Ports; readonly links: Links };
    /** Why it goes back. */
    readonly causeOf: (started: Started) => Promise<ReleaseProblem>;
  },
): Promise<Recovered | null> {
  const { session } = options;
  const release = session.current.release;
  if (release === null) return null;
  const journal = await Journal.reopen(options, release);
  const { started } = journal.state;
  if (journal.state.ended) {
    throw new ReleaseProblem(
      'ledger-invalid',
      `current.json names ${release} as in flight, and its events say that it ended ${journal.state.ended.decision}`,
    );
  }
  const { ports, links } = options.about(started);
  const cause = await options.causeOf(started);
  ports.log.warning(
    `The release ${release} of ${started.version}, begun by ${started.run.url}, has not ended; it is brought to safety first`,
  );
  needed(context, journal);
  const fence = session.current.fence + 1;
  await session.acquire({ fence, headline: `${release} taken over by ${session.run.url}`, files: {} });
  journal.record({ type: 'taken-over', owner: session.owner, fence, run: session.run });
  const whole = { ...context, ports, links, journal };
  const conclusion = effectBegun(journal.state)
    ? await back(whole, cause, context.signal)
    : await block(whole, cause);
  if (conclusion) showEnd(whole, conclusion);
  // Nobody else waits for what shows that release: this run's own end could cut it off.
  const { checks, deployments, incidents } = ports.github;
  await Promise.all([checks, deployments, incidents].map((shown) => shown.settle(SHOWN_WITHIN_MS)));
  if (conclusion?.decision === 'rollback-failed') {
    throw new ReleaseProblem(
      'recovery-failed',
      `the unfinished release ${release} could not be brought to safety: ${conclusion.summary}`,
    );
  }
  return { conclusion, journal };
}

export interface Recovered {
  readonly conclusion: Conclusion;
  readonly journal: Journal;
}

function needed({ plan, env }: Pick<ReleaseContext, 'plan' | 'env'>, journal: Journal): void {
  const { effects, started } = journal.state;
  const missing = [
    effects.traffic.begun && !plan.canary?.traffic ? '`canary.traffic`' : null,
    (effects.canary.begun || effects.promote.begun) && started.previous && !plan.rollback.run && !plan.promote
      ? '`rollback` or `promote`'
      : null,
    effects.quiesce.begun && !plan.rollback.quiesce ? '`rollback.quiesce`' : null,
    effects.restore.begun && plan.backup?.kind !== 'sources' ? '`backup.sources`' : null,
    ...variablesOf(plan).map((name) => (env[name] ? null : `the variable \`${name}\``)),
  ].filter((name) => name !== null);
  if (missing.length === 0 || !effectBegun(journal.state)) return;
  throw new ReleaseProblem(
    'cannot-recover',
    `the unfinished release ${started.release} needs ${missing.join(' and ')} to be brought to safety, which this run does not have`,
  );
}
