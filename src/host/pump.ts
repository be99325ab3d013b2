import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A pipe that nobody of the script holds any more has at most this in it. */
const MOST_IN_PIPE = 1024 * 1024;
/** Idle looks after which the pipe counts as empty. Looks and not time: this process may have been held up itself. */
const IDLE_LOOKS = 12;
const LOOK_MS = 20;

/** One of a script's output streams on its way to where it is taken. */
export interface Pump {
  /**
   * To be called when no process of the script is alive. Resolves at the end of the data; a stranger that still
   * holds the pipe cannot keep it open: false says that it was cut there.
   */
  drain(): Promise<boolean>;
  cut(): void;
}

/** `take` returns a promise when it wants no more until that resolves. */
export function pump(source: Readable, take: (chunk: Buffer) => Promise<void> | undefined): Pump {
  const seen = { bytes: 0, ended: false, waiting: false };
  source.on('data', (chunk: Buffer) => {
    seen.bytes += chunk.length;
    const taken = take(chunk);
    if (!taken) return;
    source.pause();
    seen.waiting = true;
    taken.then(
      () => {
        seen.waiting = false;
        source.resume();
      },
      // Whoever takes the data reports its own failure, and then the script is stopped.
      () => undefined,
    );
  });
  source.once('close', () => {
    seen.ended = true;
  });
  // A read error of a pipe is its end.
  source.on('error', () => undefined);

  async function drain(): Promise<boolean> {
    const before = seen.bytes;
    for (let idle = 0, last = before; !seen.ended; last = seen.bytes) {
      if (idle > IDLE_LOOKS || seen.bytes - before > MOST_IN_PIPE) {
        source.destroy();
        return false;
      }
      await sleep(LOOK_MS);
      idle = seen.waiting || seen.bytes > last ? 0 : idle + 1;
    }
    return true;
  }
  return { drain, cut: () => source.destroy() };
}

/** Hands chunks to a stream at its own pace. */
export function writeTo(target: NodeJS.WritableStream): (chunk: Buffer) => Promise<void> | undefined {
  return (chunk) => (target.write(chunk) ? undefined : once(target, 'drain').then(() => undefined));
}
