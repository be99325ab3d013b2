import { type Scenario, type ScenarioOptions, startScenario } from './scenario.js';

/** A release mostly waits, so a few side by side cost little more than one; more of them would skew measurements. */
const AT_ONCE = 3;

let playing = 0;
const waiting: (() => void)[] = [];

/** The body of a concurrent test with a scenario of its own, which is stopped whatever happens. */
export function play(
  options: ScenarioOptions,
  body: (scenario: Scenario) => Promise<void>,
): () => Promise<void> {
  return async () => {
    if (playing >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    playing++;
    try {
      const scenario = await startScenario(options);
      try {
        await body(scenario);
      } finally {
        await scenario.stop();
      }
    } finally {
      playing--;
      waiting.shift()?.();
    }
  };
}
