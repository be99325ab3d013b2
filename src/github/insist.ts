import type { Clock, Log } from '../host/contract.js';
import { GithubError } from './contract.js';
import { type Failure, failureOf } from './errors.js';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** What GitHub's documentation asks for when a limit comes without a time. */
const UNSAID_LIMIT_MS = 60_000;

export interface Patience {
  readonly clock: Clock;
  readonly log: Log;
  /** How long a write may stay without a known outcome, in milliseconds. */
  readonly withinMs: number;
  readonly signal?: AbortSignal;
}

export interface Write<T> {
  /** For the log and for errors: `write the ledger`. */
  readonly what: string;
  readonly attempt: () => Promise<T>;
  /** Finds what an attempt without a known outcome has done; undefined when it did nothing. */
  readonly readBack?: () => Promise<T | undefined>;
}

/**
 * Makes a write until its outcome is known. After an answer that says nothing (timeout, 5xx, dropped connection) it
 * reads back before it writes again, and once more when that next attempt is refused: the refusal may be the echo of
 * our own first write. Rejects with the error of the attempt, or with a `GithubError` of kind `unreachable` when the
 * time is over or the signal aborts.
 */
export async function insist<T>(write: Write<T>, patience: Patience): Promise<T> {
  const wait = waiting(write.what, patience);
  let unknown = false;
  let refusal: { readonly error: unknown } | null = null;
  for (;;) {
    const seen = unknown && write.readBack !== undefined ? await outcomeOf(write.readBack) : null;
    if (seen !== null && 'failure' in seen) {
      if (!isOpen(seen.failure)) throw seen.error;
      await wait(seen);
      continue;
    }
    if (seen?.value !== undefined) return seen.value;
    if (refusal !== null) throw refusal.error;

    const done = await outcomeOf(write.attempt);
    if ('value' in done) return done.value;
    if (isOpen(done.failure)) {
      unknown ||= done.failure.kind === 'unreachable';
      await wait(done);
    } else if (unknown && write.readBack !== undefined) {
      refusal = done;
    } else {
      throw done.error;
    }
  }
}

interface Failed {
  readonly failure: Failure;
  readonly error: unknown;
}

async function outcomeOf<T>(work: () => Promise<T>): Promise<{ readonly value: T } | Failed> {
  try {
    return { value: await work() };
  } catch (error) {
    return { failure: failureOf(error), error };
  }
}

function isOpen({ kind }: Failure): boolean {
  return kind === 'unreachable' || kind === 'limited';
}

function waiting(
  what: string,
  { clock, log, withinMs, signal }: Patience,
): (failed: Failed) => Promise<void> {
  const deadline = clock.now() + withinMs;
  let pause = FIRST_WAIT_MS;
  return async ({ failure, error }) => {
    const limited = failure.kind === 'limited';
    const ms = limited ? (failure.waitMs ?? UNSAID_LIMIT_MS) : Math.min(pause, deadline - clock.now());
    const over = limited ? clock.now() + ms > deadline : ms <= 0;
    if (over || signal?.aborted)
      throw givenUp({ what, failure, withinMs, aborted: signal?.aborted === true, error });
    const seconds = Math.ceil(ms / 1000);
    if (limited) log.info(limitLine(seconds));
    else log.info(`GitHub gave no answer to "${what}" (${failure.reason}); looking again in ${seconds} s`);
    await clock.sleep(ms, signal);
    if (!limited) pause = Math.min(pause * 2, LONGEST_WAIT_MS);
  };
}

/** Said wherever GitHub's limits make us wait, so that a quiet minute in the log has a reason. */
export function limitLine(seconds: number): string {
  return `GitHub asks to wait ${seconds} s (rate limit)`;
}

function givenUp(end: {
  readonly what: string;
  readonly failure: Failure;
  readonly withinMs: number;
  readonly aborted: boolean;
  readonly error: unknown;
}): GithubError {
  const why = end.aborted
    ? 'stopped waiting for GitHub because this step is ending'
    : end.failure.kind === 'limited'
      ? `GitHub's rate limit asks to wait longer than the ${Math.round(end.withinMs / 1000)} s this may take`
      : `no known outcome within ${Math.round(end.withinMs / 1000)} s`;
  return new GithubError(
    'unreachable',
    `Could not ${end.what}: ${why} (last answer: ${end.failure.reason})`,
    {
      cause: end.error,
    },
  );
}
