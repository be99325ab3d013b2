import type { Clock, Log } from '../../src/host/contract.js';

export interface FastClock extends Clock {
  /** Called in each sleep: what others do in the meantime. */
  meanwhile: () => Promise<unknown>;
  /** What was slept, in milliseconds, in order. */
  readonly slept: number[];
}

/** A clock whose sleeps take no time and move it on. */
export function fastClock(): FastClock {
  let ahead = 0;
  const clock: FastClock = {
    slept: [],
    meanwhile: () => new Promise((resolve) => setImmediate(resolve)),
    now: () => Date.now() + ahead,
    sleep: async (ms, signal) => {
      if (signal?.aborted) return;
      clock.slept.push(ms);
      ahead += ms;
      await clock.meanwhile();
    },
  };
  return clock;
}

export interface HeardLog extends Log {
  readonly lines: string[];
  readonly warnings: string[];
}

export function heardLog(): HeardLog {
  const lines: string[] = [];
  const warnings: string[] = [];
  return {
    lines,
    warnings,
    info: (line) => lines.push(line),
    warning: (message) => warnings.push(message),
    error: (message) => lines.push(message),
    group: (_title, work) => work(),
  };
}
