import { setImmediate } from 'node:timers/promises';

/** How long synchronous calls may follow each other, in milliseconds. */
const LONGEST_MS = 20;
/** The clock is asked once in so many calls. */
const CALLS = 32;

/**
 * For long runs of small file operations. One after the other, synchronous calls cost a tenth of the asynchronous
 * ones; now and then the process must still hear of a cancel and say how far it is.
 */
export class Breath {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();
  #calls = 0;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  isDue(): boolean {
    this.#calls += 1;
    return this.#calls % CALLS === 0 && performance.now() - this.#last > LONGEST_MS;
  }

  /** Rejects when the work was cancelled. */
  async take(): Promise<void> {
    await setImmediate();
    this.#signal?.throwIfAborted();
    this.#last = performance.now();
  }
}
