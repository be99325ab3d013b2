import { BackupProblem } from '../../problem.js';
import type { Repository } from './command.js';

/** Looks in one span of time that nothing may take longer than. */
const LOOKS = 20;

export interface Stall {
  /** Why it was stopped; null while it goes on. */
  problem(): BackupProblem | null;
  end(): void;
}

/**
 * Calls `stop` when restic was waited for and `progress` has not changed for the repository's timeout. restic itself tries again for a quarter
 * of an hour when its store does not answer, and some backends wait for ever.
 */
export function watchForStall(
  { timeoutMs, shown }: Repository,
  watched: {
    /** False while restic has nothing to do, since the other side takes its time. */
    readonly isWaitedFor: () => boolean;
    readonly progress: () => number | string;
    readonly stop: () => void;
  },
): Stall {
  const { isWaitedFor, progress, stop } = watched;
  let last = progress();
  let looks = 0;
  let problem: BackupProblem | null = null;
  // Looks and not time: this process may have been held up itself.
  const timer = setInterval(() => {
    const now = progress();
    looks = now === last && isWaitedFor() ? looks + 1 : 0;
    last = now;
    if (looks <= LOOKS || problem !== null) return;
    problem = new BackupProblem(
      'store-unusable',
      `the repository ${JSON.stringify(shown)} neither took nor gave a byte for ${timeoutMs / 1000} s; see that its server answers, or raise \`timeout\` of the store`,
    );
    stop();
  }, timeoutMs / LOOKS);
  return { problem: () => problem, end: () => clearInterval(timer) };
}
