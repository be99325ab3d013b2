import type { LedgerSession } from '../release/session.js';
import type { Ports } from './context.js';
import { holderOf } from './holder.js';
import { stopIfAsked } from './stop.js';

/** An owner that does not answer within this time is taken for dead, and its lease is taken. */
const ANSWER_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 3_000;
const JOB_EVERY_LOOKS = 10;

/**
 * Asks the run that holds the lease to stop and to take its release back by itself, which it can do best. Returns
 * when its release has ended, or when it did not answer in time.
 */
export async function askToStop(
  session: LedgerSession,
  ports: Ports,
  request: { readonly by: string; readonly reason: string; readonly signal: AbortSignal },
): Promise<void> {
  const { release } = session.current;
  const holder = await holderOf(session, ports);
  if (!holder || release === null) return;
  ports.log.info(`Asking ${holder.run.url} to stop and to take ${release} back`);
  await session.requestStop({ release, by: request.by, reason: request.reason });
  const deadline = ports.clock.now() + ANSWER_WITHIN_MS;
  while (session.current.release === release && ports.clock.now() < deadline && !request.signal.aborted) {
    await ports.clock.sleep(LOOK_EVERY_MS, request.signal);
    await session.refresh();
    if (answered(session, holder.expires)) {
      await waitForEnd(session, ports, request.signal);
      break;
    }
  }
  // A cancel ends the waiting, too, and must not be taken for silence.
  stopIfAsked(request.signal);
}

/** The owner writes when it goes back, which renews its lease: from then on it is left to finish. */
function answered(session: LedgerSession, expires: string): boolean {
  return session.current.lease !== null && session.current.lease.expires !== expires;
}

async function waitForEnd(session: LedgerSession, ports: Ports, signal: AbortSignal): Promise<void> {
  for (let looks = 1; session.busy() && session.current.release !== null && !signal.aborted; looks++) {
    await ports.clock.sleep(LOOK_EVERY_MS, signal);
    await session.refresh();
    // It may be lost on its way back.
    if (looks % JOB_EVERY_LOOKS === 0 && !(await holderOf(session, ports))) return;
  }
}
