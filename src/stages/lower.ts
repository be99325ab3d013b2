import { asProblem, ReleaseProblem } from '../release/problem.js';
import type { ReleaseContext } from './context.js';
import { effectNow } from './effect.js';
import { setWeight, trafficOf } from './weight.js';

const LOWER_TRIES = 3;
const LOWER_AGAIN_AFTER_MS = 1_000;

/** Takes the canary to 0 and reads it back; tried three times, since nothing matters more. */
export async function lowerTraffic(context: ReleaseContext): Promise<void> {
  const { state } = context.journal;
  const byHand = state.started.kind === 'rollback';
  if (!state.effects.traffic.begun && !(byHand && context.plan.canary?.traffic)) return;
  const traffic = context.plan.canary?.traffic;
  const driver = trafficOf(context, 'rollback', 'previous');
  if (!driver || !traffic) {
    throw new ReleaseProblem(
      'cannot-recover',
      'traffic was moved, and this plan has no `canary.traffic` to move it back',
    );
  }
  const options = {
    effect: 'traffic',
    weight: 0,
    timeoutMs: traffic.run.timeoutMs,
    headline: 'traffic back',
  } as const;
  for (let tries = 1; ; tries++) {
    try {
      await effectNow(context, options, () => setWeight(driver, 0, context.signal));
      return;
    } catch (error) {
      const problem = asProblem(error);
      if (tries >= LOWER_TRIES || context.signal.aborted) {
        throw new ReleaseProblem('traffic-back-failed', problem.message, {
          cause: error,
          evidence: problem.evidence,
        });
      }
      context.ports.log.warning(`${problem.message}; trying again`);
      await context.ports.clock.sleep(LOWER_AGAIN_AFTER_MS, context.signal);
    }
  }
}
