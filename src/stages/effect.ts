import type { Effect } from '../release/events.js';
import { asProblem, ReleaseProblem } from '../release/problem.js';
import type { ReleaseContext } from './context.js';
import { stopIfAsked } from './stop.js';

export interface EffectOptions {
  readonly effect: Effect;
  readonly timeoutMs: number;
  readonly weight?: number;
  /** What the ledger's commit says. */
  readonly headline: string;
}

export interface EffectDone {
  readonly weight?: number;
  readonly verified?: boolean;
  readonly note?: string;
}

/**
 * The record tells other runs until when the work may last, counted from its intent. That must have been written
 * within as long as the work may take, but these at least and at most; it is part of what they are told.
 */
const FRESH_MS = { least: 3_000, most: 15_000 };
const TRIES = 3;

/**
 * Write-ahead: the intent is in the ledger before the work begins, which also proves that the lease is held. The
 * outcome is recorded and rides along with the next write. Throws `ledger-unreachable` when GitHub takes so long that
 * each intent is too old once it is written.
 */
export async function effect<T extends EffectDone | undefined>(
  context: ReleaseContext,
  options: EffectOptions,
  work: () => Promise<T>,
): Promise<T> {
  await writeAhead(context, options);
  return carryOut(context, options, work);
}

async function writeAhead(context: ReleaseContext, options: EffectOptions): Promise<void> {
  const { journal } = context;
  for (let tries = 1; tries <= TRIES; tries++) {
    stopIfAsked(context.signal);
    try {
      const since = journal.session.now();
      intend(context, options);
      await journal.commit(options.headline);
      stopIfAsked(context.signal);
      if (journal.session.now() - since <= freshMs(options)) return;
    } catch (error) {
      withdraw(context, options, asProblem(error).message);
      throw error;
    }
    withdraw(context, options, 'its intent was too old when it was written');
  }
  throw new ReleaseProblem(
    'ledger-unreachable',
    `the ledger took the intent of \`${options.effect}\` ${TRIES} times, and each time after more than ${freshMs(options) / 1000} s`,
  );
}

function freshMs({ timeoutMs }: EffectOptions): number {
  return Math.min(FRESH_MS.most, Math.max(FRESH_MS.least, timeoutMs));
}

/** Without waiting for the record: for what lowers risk, which must never wait for GitHub. */
export async function effectNow<T extends EffectDone | undefined>(
  context: ReleaseContext,
  options: EffectOptions,
  work: () => Promise<T>,
): Promise<T> {
  intend(context, options);
  return carryOut(context, options, work);
}

function intend(context: ReleaseContext, options: EffectOptions): void {
  context.journal.record({
    type: 'intent',
    effect: options.effect,
    timeout_ms: options.timeoutMs + freshMs(options),
    ...(options.weight === undefined ? {} : { weight: options.weight }),
  });
}

/** What was certainly not begun needs no taking back, and its change no rollback commit. */
function withdraw({ journal }: ReleaseContext, { effect }: EffectOptions, why: string): void {
  journal.record({
    type: 'outcome',
    effect,
    ok: false,
    note: `not begun: ${why}`,
    duration_ms: 0,
    withdrawn: true,
  });
}

async function carryOut<T extends EffectDone | undefined>(
  context: ReleaseContext,
  options: EffectOptions,
  work: () => Promise<T>,
): Promise<T> {
  const { clock } = context.ports;
  const begun = clock.now();
  const outcome = (ok: boolean, done: EffectDone): void =>
    context.journal.record({
      type: 'outcome',
      effect: options.effect,
      ok,
      duration_ms: Math.max(0, clock.now() - begun),
      ...(options.weight === undefined ? {} : { weight: options.weight }),
      ...done,
    });
  try {
    const done = await work();
    outcome(true, done ?? {});
    return done;
  } catch (error) {
    outcome(false, { note: asProblem(error).message });
    throw error;
  }
}
