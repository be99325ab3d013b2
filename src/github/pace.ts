import type { Clock } from '../host/contract.js';

/** GitHub's secondary limit on requests that create content. */
export const WRITES_PER_MINUTE = 80;
const MINUTE_MS = 60_000;

/**
 * Lets writes pass without any gap until the limit of a minute is used up. The throttling plugin's own pace, one
 * write a second, would add more waiting to a release than all its round trips together.
 */
export function createPace(clock: Clock): () => Promise<void> {
  const passed: number[] = [];
  return async () => {
    for (;;) {
      const now = clock.now();
      while (passed[0] !== undefined && passed[0] <= now - MINUTE_MS) passed.shift();
      const oldest = passed[0];
      if (oldest === undefined || passed.length < WRITES_PER_MINUTE) break;
      await clock.sleep(oldest + MINUTE_MS - now);
    }
    passed.push(clock.now());
  };
}
