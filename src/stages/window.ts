import { isOpenAt, standingAt } from '../plan/windows/standing.js';
import { standingText } from '../plan/windows/words.js';
import { ReleaseProblem } from '../release/problem.js';
import type { ReleaseContext } from './context.js';

/**
 * Throws `window-closed` when the plan's window is closed at this moment by GitHub's clock. Asked before what raises
 * the risk; lowering and going back never ask.
 */
export function windowMustBeOpen(context: ReleaseContext, before: string): void {
  const { plan, ports, journal } = context;
  if (plan.window === null || journal.state.started.overrides.includes('window')) return;
  const now = ports.github.repository.serverTime();
  if (isOpenAt(plan.window, now)) return;
  const how = standingText(plan.window, standingAt(plan.window, now), now);
  throw new ReleaseProblem('window-closed', `before ${before}, ${how}`);
}
