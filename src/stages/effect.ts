import type { Effect } from '../release/events.js';
import { asProblem } from '../release/problem.js';
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
 * Write-ahead: the intent is in the ledger before the work begins, which also proves that the lease is held. The
 * outcome is recorded and rides along with the next write.
 */
export async function effect<T extends EffectDone | undefined>(
  context: ReleaseContext,
  options: EffectOptions,
  work: () => Promise<T>,
): Promise<T> {
  stopIfAsked(context.signal);
  intend(context, options);
  try {
    await context.journal.commit(options.headline);
    stopIfAsked(context.signal);
  } catch (error) {
    withdraw(context, options, asProblem(error).message);
    throw error;
  }
  return carryOut(context, options, work);
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
    timeout_ms: options.timeoutMs,
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
