import type { Clock } from '../host/contract.js';
import type { Span } from './contract.js';

/** How long an answer may still come after the measurement has ended. */
const LAST_ANSWERS_MS = 1000;

const SECOND = 1000;

/**
 * Calls `onInterval` for one interval after the other, from now on until `signal` aborts: without a gap, each as long
 * as `everyMs`, or a multiple of it when the call before took longer. The signal that `onInterval` gets aborts a
 * second later, so that an answer which is nearly there still counts.
 *
 * `lagMs` is how late an interval is asked about, for sources whose data come late.
 */
export async function eachInterval(options: {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly everyMs: number;
  readonly lagMs: number;
  readonly onInterval: (span: Span, signal: AbortSignal) => Promise<void>;
}): Promise<void> {
  const { clock, signal, everyMs, lagMs, onInterval } = options;
  const late = abortLater(signal);
  try {
    // Whole seconds, where intervals are: some services and most scripts know no smaller ones.
    const grain = everyMs % SECOND === 0 ? SECOND : 1;
    let from = Math.ceil(clock.now() / grain) * grain;
    while (!signal.aborted) {
      const due = from + everyMs + lagMs;
      // A clock that was set back by an hour must not make this sleep for one.
      await clock.sleep(Math.min(due - clock.now(), everyMs + lagMs + SECOND), signal);
      // One that is due at the very end is still asked about: it may be all that a short step has.
      if (signal.aborted && clock.now() < due) return;
      const passed = Math.floor((clock.now() - lagMs - from) / everyMs);
      const to = from + Math.max(1, passed) * everyMs;
      await onInterval({ from, to }, late.signal);
      from = to;
    }
  } finally {
    late.stop();
  }
}

function abortLater(signal: AbortSignal): { readonly signal: AbortSignal; stop(): void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => late.abort(), LAST_ANSWERS_MS);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: late.signal,
    stop() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
