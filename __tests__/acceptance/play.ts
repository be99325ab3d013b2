import { type Scenario, type ScenarioOptions, startScenario } from './scenario.js';

/** A release mostly waits, so a few side by side cost little more than one; more of them would skew measurements. */
const AT_ONCE = 3;

let playing = 0;
/** Whether the scenarios that play now run the action in this process. */
let areInside = false;
const waiting: { readonly isInside: boolean; readonly start: () => void }[] = [];

/** The body of a concurrent test with a scenario of its own, which is stopped whatever happens. */
export function play(
  options: ScenarioOptions,
  body: (scenario: Scenario) => Promise<void>,
): () => Promise<void> {
  return async () => {
    await new Promise<void>((start) => {
      waiting.push({ isInside: options.startAction !== undefined, start });
      startNext();
    });
    try {
      const scenario = await startScenario(options);
      try {
        await body(scenario);
      } finally {
        await scenario.stop();
      }
    } finally {
      playing--;
      startNext();
    }
  };
}

/**
 * In their order, and never an action in this process beside one apart: its work would hold up the service that the
 * other measures.
 */
function startNext(): void {
  const [next] = waiting;
  if (next === undefined || playing >= AT_ONCE || (playing > 0 && next.isInside !== areInside)) return;
  waiting.shift();
  playing++;
  areInside = next.isInside;
  next.start();
  startNext();
}
