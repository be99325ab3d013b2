import type { StallWatch } from './stalls.js';

/** Requests that are this late are not sent any more: together they would be a burst that no user makes. */
const LATEST_MS = 500;

/** `setTimeout` fires at once for anything longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls `fire` at a fixed rate until `signal` aborts, whatever becomes of the requests. The first is due half an
 * interval after the start, so that ten seconds at ten a second are a hundred requests and not one less.
 *
 * Only this process can make a request late, never the service. One that is a little late still counts from its
 * scheduled time; one that was held up by a stall counts from now; one that is very late is not sent, and
 * `onMissed` learns how many these are.
 */
export async function keepPace(options: {
  readonly perSecond: number;
  readonly signal: AbortSignal;
  readonly stalls: StallWatch;
  readonly fire: (scheduledAt: number, index: number) => void;
  readonly onMissed: (count: number) => void;
}): Promise<void> {
  const { perSecond, signal, stalls, fire, onMissed } = options;
  const interval = 1000 / perSecond;
  const start = performance.now() + interval / 2;
  let next = 0;
  while (!signal.aborted) {
    stalls.look();
    const now = performance.now();
    const missed = Math.floor((now - LATEST_MS - start) / interval) + 1 - next;
    if (missed > 0) {
      onMissed(missed);
      next += missed;
    }
    for (let due = start + next * interval; due <= now; due = start + next * interval) {
      fire(stalls.stalledSince(due) ? now : due, next);
      next += 1;
    }
    await napUntil(start + next * interval, signal);
  }
}

function napUntil(moment: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, Math.min(LONGEST_TIMER_MS, Math.max(0, moment - performance.now())));
    signal.addEventListener('abort', wake, { once: true });
    if (signal.aborted) wake();
  });
}
