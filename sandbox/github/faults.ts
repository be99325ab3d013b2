import type { Answer } from './answer.js';
import { exceeded, type Resource } from './rate-limits.js';

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

/** What the client gets: an answer, a broken connection, or nothing. */
export type Outcome = Answer | 'drop' | 'hang';

interface Circumstances {
  readonly fault: FaultOptions | null;
  readonly resource: Resource;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Carries out a request under a fault; without one, as it is. */
export async function underFault(
  { fault, resource, now }: Circumstances,
  effect: () => Promise<Answer>,
): Promise<Outcome> {
  if (fault === null) return effect();
  const happens = fault.when === 'after' || fault.kind === 'drop-after' || fault.kind === 'garbage';
  if (happens) await effect();
  switch (fault.kind) {
    case 'drop-before':
    case 'drop-after':
      return 'drop';
    case 'hang':
      return 'hang';
    case 'garbage':
      return { status: 200, body: fault.body ?? '<html>Unicorn!', headers: { 'content-type': 'text/html' } };
    case 'graphql-error':
      return { status: 200, body: { data: null, errors: [fault.body ?? SOMETHING_WENT_WRONG] } };
    case 'rate-limit':
      return limited(fault, resource, now);
    case 'status':
      return {
        status: fault.status ?? 500,
        body: fault.body ?? { message: 'Server Error' },
        headers: retry(fault),
      };
  }
}

const SOMETHING_WENT_WRONG = {
  message: 'Something went wrong while executing your query. Please try again.',
};

function limited(fault: FaultOptions, resource: Resource, now: number): Answer {
  const { status, body, retryAfter } = fault;
  if (retryAfter !== undefined) {
    const message =
      'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
    return { status: status ?? 403, body: body ?? { message }, headers: retry(fault) };
  }
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(now / 1000) + 60) };
  const { message, type } = exceeded();
  if (resource === 'graphql')
    return { status: status ?? 200, body: body ?? { errors: [{ type, message }] }, headers };
  return { status: status ?? 403, body: body ?? { message }, headers };
}

function retry({ retryAfter }: FaultOptions): Record<string, string> {
  return retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
}
