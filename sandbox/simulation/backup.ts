import type { BackupResult, BackupRunner, DataRestorer } from '../../src/backup/contract.js';
import type { Data } from './data.js';
import type { StepProcess } from './step-process.js';
import type { VirtualTime } from './time.js';

export interface BackupOptions {
  readonly process: StepProcess;
  readonly data: Data;
  readonly time: VirtualTime;
  /** Called when a restored copy is about to take the place of the live data. */
  readonly onSwap: (rollback: string) => void;
}

const TAKE_WITHIN_MS = 15 * 60_000;
/** What the real one is given by its stage: renames, after those who are connected were sent away. */
const SWAP_WITHIN_MS = 2 * 60_000;
const LOOK_WITHIN_MS = 30_000;
const NOTHING = { sources: [], notes: [], showsParts: false } as const;

/** Backups and their restores by contract, over the simulated data. */
export function simulatedBackup({ process, data, time, onSwap }: BackupOptions): BackupRunner {
  return {
    take: (_plan, { release }) =>
      process.call<BackupResult>({
        port: 'backup.take',
        about: release,
        work: () => {
          const sources = [data.save(release, time.now)];
          return { ...NOTHING, verdict: 'passed', reason: null, summary: 'identical', sources };
        },
        fail: () => ({ ...NOTHING, verdict: 'errored', reason: 'backup-failed', summary: 'no store' }),
        patienceMs: TAKE_WITHIN_MS,
      }),
    restorer: (_plan, { release, backups }): DataRestorer => {
      const call = <T>(port: string, work: () => T, patienceMs = LOOK_WITHIN_MS): Promise<T> =>
        process.call({ port: `restorer.${port}`, work, fail: failed, patienceMs });
      return {
        check: () => call('check', () => backups),
        unsavable: async () => null,
        restoreBeside: () =>
          call('restoreBeside', () => data.restoreBeside(release, backups), TAKE_WITHIN_MS),
        swap: () => {
          onSwap(release);
          return call('swap', () => data.swap(release), SWAP_WITHIN_MS);
        },
        look: () => call('look', () => data.look(release)),
        commands: async () => ({ finish: ['finish the swap'], undo: ['undo the swap'] }),
      };
    },
  };
}

function failed(): never {
  throw new Error('the database did not answer (simulated)');
}
