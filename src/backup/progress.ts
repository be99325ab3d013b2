import type { Clock } from '../host/contract.js';

/** At most one line in this time, in milliseconds. */
const INTERVAL_MS = 2_000;

/** Counts bytes and says so now and then: how many, how fast, for how long. */
export class Progress {
  readonly #clock: Clock;
  readonly #say: (line: string) => void;
  readonly #started: number;
  #last: number;
  #bytes = 0;

  constructor(clock: Clock, say: (line: string) => void) {
    this.#clock = clock;
    this.#say = say;
    this.#started = clock.now();
    this.#last = this.#started;
  }

  add(count: number): void {
    this.#bytes += count;
    const now = this.#clock.now();
    if (now - this.#last < INTERVAL_MS) return;
    this.#last = now;
    this.#say(this.describe());
  }

  /** `12.3 MB in 4.0 s, 3.1 MB/s` */
  describe(): string {
    const seconds = (this.#clock.now() - this.#started) / 1000;
    const rate = seconds > 0 ? `, ${formatBytes(this.#bytes / seconds)}/s` : '';
    return `${formatBytes(this.#bytes)} in ${seconds.toFixed(1)} s${rate}`;
  }
}

/** Decimal units, as disks and networks are sold: `999 B`, `1.2 kB`, `3.4 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB'] as const;
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1] ?? 'TB'}`;
}
