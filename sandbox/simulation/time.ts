interface Timer {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
  cancelled: boolean;
}

/**
 * Time that passes only when nothing else can happen: everything that waits for a moment is kept in order, and the
 * next moment comes once all promises have settled. Hours go by in milliseconds, in the same order each time.
 */
export class VirtualTime {
  #now: number;
  #order = 0;
  readonly #timers: Timer[] = [];

  /** Milliseconds since 1970. */
  constructor(start: number) {
    this.#now = start;
  }

  get now(): number {
    return this.#now;
  }

  /** Gives back what calls it off. */
  after(ms: number, act: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, act, cancelled: false };
    push(this.#timers, timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** As the contract of `Clock`: at once when `signal` is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        callOff();
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const callOff = this.after(ms, wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** Lets time pass until `isDone`, until nothing is left that could happen, or until `limit`. */
  async run(isDone: () => boolean, limit: number): Promise<'done' | 'idle' | 'late'> {
    for (;;) {
      await settled();
      if (isDone()) return 'done';
      const next = this.#next();
      if (!next) return 'idle';
      if (next.at > limit) return 'late';
      pop(this.#timers);
      this.#now = Math.max(this.#now, next.at);
      next.act();
    }
  }

  #next(): Timer | undefined {
    while (this.#timers[0]?.cancelled) pop(this.#timers);
    return this.#timers[0];
  }
}

/** All promises that can settle have settled when the event loop comes round. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}

function push(heap: Timer[], timer: Timer): void {
  let index = heap.push(timer) - 1;
  while (index > 0) {
    const up = (index - 1) >> 1;
    const parent = heap[up];
    if (!parent || isBefore(parent, timer)) break;
    heap[index] = parent;
    index = up;
  }
  heap[index] = timer;
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last || first === last) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    const left = heap[child];
    const right = heap[child + 1];
    if (!left) break;
    if (right && isBefore(right, left)) child++;
    const least = right && isBefore(right, left) ? right : left;
    if (isBefore(last, least)) break;
    heap[index] = least;
    index = child;
  }
  heap[index] = last;
  return first;
}
