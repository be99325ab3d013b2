import { formatDuration } from '../duration.js';
import type { Finding } from '../finding.js';
import { lengthOf } from '../length.js';
import type { Canary, Plan } from '../plan.js';
import { lookBeforeMs } from '../watched.js';
import { longestOpening } from '../windows/wall.js';

/** What makes a plan longer than the time it has. */

/** Waits only: how long scripts take is not known before, and most end long before their timeout. */
export function fitsTheRunner(plan: Plan): Finding[] {
  const { canary, onBusy, ready, watch, runnerLimitMs } = plan;
  const waits = onBusy.do === 'wait';
  const needed =
    (waits ? onBusy.withinMs : 0) +
    stepsMs(canary) +
    (canary?.ready?.withinMs ?? 0) +
    (ready?.withinMs ?? 0) +
    lookBeforeMs(plan) +
    (watch?.forMs ?? 0);
  if (needed <= runnerLimitMs) return [];
  const limit = formatDuration(runnerLimitMs);
  return [
    {
      path: ['runner-limit'],
      rule: `${waits ? 'The wait for its turn, steps' : 'Steps'}, warm-ups, readiness and watch may take ${formatDuration(needed)}, but the job may run ${limit} at most`,
      found: limit,
      remedy:
        'Shorten the steps or the watch; on a runner of your own that may run longer, raise `runner-limit`.',
    },
  ];
}

/** Waits only, as for the runner: a window that is too short for these never lets a release through. */
export function fitsTheWindow(plan: Plan): Finding[] {
  if (plan.window === null) return [];
  const [needed, longest] = [lengthOf(plan).waitsMs, longestOpening(plan.window)];
  if (needed <= longest) return [];
  return [
    {
      path: ['window', 'open'],
      rule: `Steps, warm-ups and watch take ${formatDuration(needed)}, and the window is never open for longer than ${formatDuration(longest)}`,
      remedy: 'Widen the window, or shorten the steps or the watch.',
    },
  ];
}

function stepsMs(canary: Canary | null): number {
  // A parked release waits without a runner.
  if (canary === null || canary.park !== null) return 0;
  return canary.steps.reduce((sum, step) => sum + canary.warmUpMs + step.forMs, 0);
}
