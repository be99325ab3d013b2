/** `set-failed`, `read-failed`: the script did. `unreadable`: it ran, and what it printed is no weight. */
export type TrafficErrorKind = 'set-failed' | 'read-failed' | 'unreadable';

export class TrafficError extends Error {
  readonly kind: TrafficErrorKind;
  /** The last lines of the script, redacted. */
  readonly tail: readonly string[];

  constructor(kind: TrafficErrorKind, message: string, tail: readonly string[]) {
    super(message);
    this.name = 'TrafficError';
    this.kind = kind;
    this.tail = tail;
  }
}
