import { ReleaseProblem } from '../release/problem.js';

/**
 * Throws when the release must stop. The reason travels as the signal's own reason; a signal that was aborted
 * without one is a cancel.
 */
export function stopIfAsked(signal: AbortSignal): void {
  if (!signal.aborted) return;
  if (signal.reason instanceof ReleaseProblem) throw signal.reason;
  throw new ReleaseProblem('cancelled', 'the run was cancelled', { verdict: 'errored' });
}
