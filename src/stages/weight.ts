import type { StageName } from '../release/events.js';
import { asProblem, ReleaseProblem } from '../release/problem.js';
import type { TrafficDriver } from '../traffic/contract.js';
import type { ReleaseContext } from './context.js';
import type { EffectDone } from './effect.js';
import { fenced, scriptEnvironment } from './script.js';

/** The plan's traffic driver, or null when the plan moves no traffic. */
export function trafficOf(
  context: ReleaseContext,
  stage: StageName,
  target: 'released' | 'previous',
): TrafficDriver | null {
  const traffic = context.plan.canary?.traffic;
  if (!traffic) return null;
  return context.ports.traffic(traffic, () => scriptEnvironment(context, { stage, target }));
}

/** Sets the weight and reads it back. Throws `traffic-failed` or `weight-differs`. */
export async function setWeight(
  driver: TrafficDriver,
  weight: number,
  signal?: AbortSignal,
): Promise<EffectDone> {
  try {
    await driver.set(weight, signal);
  } catch (error) {
    throw problem('traffic-failed', `traffic could not be set to ${weight} %`, error);
  }
  const read = await readWeight(driver, signal);
  if (read === null) return { weight, verified: false };
  if (read !== weight) {
    throw new ReleaseProblem('weight-differs', `traffic was set to ${weight} %, and ${read} % was read back`);
  }
  return { weight, verified: true };
}

async function readWeight(driver: TrafficDriver, signal?: AbortSignal): Promise<number | null> {
  try {
    return await driver.read(signal);
  } catch (error) {
    throw problem('traffic-failed', 'the weight could not be read back', error);
  }
}

function problem(reason: 'traffic-failed', what: string, error: unknown): ReleaseProblem {
  const cause = asProblem(error);
  const tail = tailOf(error);
  return new ReleaseProblem(reason, `${what}: ${cause.message}`, {
    cause: error,
    evidence: tail.length > 0 ? fenced(tail) : [],
  });
}

function tailOf(error: unknown): readonly string[] {
  const tail: unknown = error instanceof Error && 'tail' in error ? error.tail : null;
  return Array.isArray(tail) ? tail.filter((line) => typeof line === 'string') : [];
}
