import Sequencer from '@jest/test-sequencer';

const WAITS = /\/__tests__\/(?:acceptance|faults)\//;

/**
 * A jest sequencer: tests that mostly wait come first, side by side, and those that only compute come after them, so
 * that neither a core idles nor a measurement of seconds has to share its core with a computation.
 */
export default class WaitingFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const waits = ({ path }) => WAITS.test(path.replaceAll('\\', '/'));
    return [...sorted.filter(waits), ...sorted.filter((test) => !waits(test))];
  }
}
