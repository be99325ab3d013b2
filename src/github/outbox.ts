import { setTimeout as delay } from 'node:timers/promises';

export interface Outbox<T> {
  /** Replaces a value of the same name that still waits. */
  put(name: string, value: T): void;
  /** Waits until all is sent, at most `ms`. Never rejects. */
  settle(ms: number): Promise<void>;
}

/**
 * Sends values in the background: names side by side, the values of one name one after the other. `send` deals with
 * its own failures.
 */
export function createOutbox<T>(send: (name: string, value: T) => Promise<void>): Outbox<T> {
  const waiting = new Map<string, T>();
  const running = new Map<string, Promise<void>>();
  const drain = async (name: string) => {
    for (let value = waiting.get(name); value !== undefined; value = waiting.get(name)) {
      waiting.delete(name);
      await send(name, value);
    }
    running.delete(name);
  };
  return {
    put: (name, value) => {
      waiting.set(name, value);
      if (!running.has(name)) running.set(name, drain(name));
    },
    settle: async (ms) => {
      const over = new AbortController();
      // Real time, whatever clock the release runs by: it is the network that is waited for.
      const timeout = delay(ms, undefined, { signal: over.signal }).catch(() => {});
      await Promise.race([Promise.all(running.values()), timeout]);
      over.abort();
    },
  };
}
