export interface FaultMatch {
  readonly method?: string;
  readonly path?: RegExp;
  /** A REST operation id (`git/create-ref`) or the name of a GraphQL field (`createCommitOnBranch`). */
  readonly operation?: string;
  /** The name of the token. */
  readonly token?: string;
}

/**
 * `status`: an HTTP error, before the write happened or after it. `drop-before`, `drop-after`: the connection breaks.
 * `graphql-error`: HTTP 200 with `errors`. `rate-limit`: 403, or 429 by `status`, with `retry-after` when given, else
 * with the headers of a used-up window. `hang`: no answer and no write. `garbage`: HTTP 200 with a body that is not
 * JSON, after the write.
 */
export type FaultKind =
  | 'status'
  | 'drop-before'
  | 'drop-after'
  | 'graphql-error'
  | 'rate-limit'
  | 'hang'
  | 'garbage';

export interface FaultOptions {
  readonly match: FaultMatch;
  readonly kind: FaultKind;
  /** 500 by default. */
  readonly status?: number;
  /** For `status`: whether the write happened; `before` by default. */
  readonly when?: 'before' | 'after';
  /** Seconds. */
  readonly retryAfter?: number;
  /** The body; for `graphql-error` the error itself. */
  readonly body?: unknown;
  /** How many requests it meets; 1 by default. */
  readonly times?: number;
  /** How many matching requests pass first. */
  readonly skip?: number;
  /** Of meeting a request, with a sequence that `seed` fixes. */
  readonly probability?: number;
  readonly seed?: number;
}

export interface FaultSubject {
  readonly method: string;
  readonly path: string;
  readonly operations: readonly string[];
  readonly token: string;
}

interface Pending {
  readonly options: FaultOptions;
  skip: number;
  left: number;
  readonly random: () => number;
}

/** The faults that are set, in the order in which they were. */
export class Faults {
  #pending: Pending[] = [];

  add(options: FaultOptions): void {
    this.#pending.push({
      options,
      skip: options.skip ?? 0,
      left: options.times ?? 1,
      random: sequence(options.seed ?? 1),
    });
  }

  clear(): void {
    this.#pending = [];
  }

  /** The fault that meets a request; each call counts as one request. */
  take(subject: FaultSubject): FaultOptions | null {
    for (const fault of this.#pending) {
      if (fault.left <= 0 || !matches(fault.options.match, subject)) continue;
      if (fault.skip > 0) {
        fault.skip -= 1;
        continue;
      }
      if (fault.random() >= (fault.options.probability ?? 1)) continue;
      fault.left -= 1;
      return fault.options;
    }
    return null;
  }
}

function matches(match: FaultMatch, subject: FaultSubject): boolean {
  return (
    (match.method === undefined || match.method.toUpperCase() === subject.method) &&
    (match.path === undefined || subject.path.search(match.path) >= 0) &&
    (match.operation === undefined || subject.operations.includes(match.operation)) &&
    (match.token === undefined || match.token === subject.token)
  );
}

/** mulberry32: numbers in [0, 1) that the seed alone decides. */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
