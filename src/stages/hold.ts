import type { ReleaseContext } from './context.js';

/** What is left is done by the post step, or by the next run. */
export class NotHere extends Error {}

const RAN_OUT = 'the lease ran out and GitHub does not answer, so that another run may be at work';

/**
 * Does what only the owner of the lease may do, and only as long as the lease that was written last holds: beyond it
 * another run may be at work, and then only traffic may still be lowered. Throws `NotHere` when it ran out, and
 * aborts the work at that moment.
 */
export async function whileHeld<T>(
  context: ReleaseContext,
  work: (context: ReleaseContext) => Promise<T>,
): Promise<T> {
  const { session } = context.journal;
  if (session.heldUntil <= session.now()) throw new NotHere(RAN_OUT);
  const ranOut = new AbortController();
  const done = new AbortController();
  void expiry(context, done.signal).then(() => ranOut.abort());
  try {
    const value = await work({ ...context, signal: AbortSignal.any([context.signal, ranOut.signal]) });
    if (ranOut.signal.aborted) throw new NotHere(RAN_OUT);
    return value;
  } catch (error) {
    throw ranOut.signal.aborted ? new NotHere(RAN_OUT) : error;
  } finally {
    done.abort();
  }
}

/** Resolves when the lease has run out, however often it is renewed until then. Never, once `done` aborts. */
async function expiry({ journal, ports }: ReleaseContext, done: AbortSignal): Promise<void> {
  const { session } = journal;
  while (!done.aborted && session.heldUntil > session.now()) {
    await ports.clock.sleep(session.heldUntil - session.now(), done);
  }
  if (done.aborted) await new Promise<never>(() => undefined);
}
