import type { Lease } from '../release/current.js';
import { ReleaseProblem } from '../release/problem.js';
import type { LedgerSession } from '../release/session.js';
import type { Ports } from './context.js';

/** The lease that is in the way: another owner's, not expired, and its job is not known to have ended. */
export async function holderOf(session: LedgerSession, ports: Ports): Promise<Lease | null> {
  const holder = session.busy();
  if (!holder) return null;
  return (await isOver(holder, ports)) ? null : holder;
}

/** Throws `busy`, and says who. */
export async function mustBeFree(session: LedgerSession, ports: Ports): Promise<void> {
  const holder = await holderOf(session, ports);
  if (holder) throw new ReleaseProblem('busy', heldBy(session, holder));
}

export function heldBy(session: LedgerSession, holder: Lease): string {
  const { service, environment } = session.current;
  return `${service}/${environment} is held by ${holder.run.url} since ${holder.since}, until ${holder.expires} unless renewed`;
}

/** Not knowing whether a job has ended is treated as if it had not. */
async function isOver({ run }: Lease, ports: Ports): Promise<boolean> {
  if (run.job === null) return false;
  const completed = await ports.github.repository.jobCompleted(run.job).catch(() => null);
  return completed === true;
}
