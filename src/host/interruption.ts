/** What can end a script before it ends by itself. The first one counts. */
export interface Interruption {
  /** Resolves when one happened. */
  readonly happened: Promise<void>;
  kind(): 'timed-out' | 'aborted' | 'broken' | null;
  /** Why it was broken off, for people. */
  reason(): string | null;
  /** Its input or output failed, so that it would go on with half of the data. */
  breakOff(reason: string): void;
  stopWatching(): void;
}

/** A timer set for longer than this fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function watchForInterruption(timeoutMs: number, signal: AbortSignal | undefined): Interruption {
  let kind: ReturnType<Interruption['kind']> = null;
  let reason: string | null = null;
  let resolve: () => void = () => undefined;
  const happened = new Promise<void>((settle) => {
    resolve = settle;
  });
  const happen = (what: NonNullable<typeof kind>) => {
    kind ??= what;
    resolve();
  };
  const abort = () => happen('aborted');
  const timer = setTimeout(() => happen('timed-out'), Math.min(timeoutMs, LONGEST_TIMER_MS));
  signal?.addEventListener('abort', abort, { once: true });
  // It may have come while bash was being started, and is not told twice.
  if (signal?.aborted) abort();
  return {
    happened,
    kind: () => kind,
    reason: () => reason,
    breakOff(why) {
      if (kind === null) reason = why;
      happen('broken');
    },
    stopWatching() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}
