import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Program } from '../../../host/contract.js';
import type { StoredObject } from '../../entry.js';
import { dropPages, givePageBack } from '../../pages.js';
import { BackupProblem } from '../../problem.js';
import { type Repository, run, start } from './command.js';
import { failureOf } from './failure.js';
import { listen, type Said } from './messages.js';
import { watchForStall } from './stall.js';

/**
 * Bytes that may be on their way to restic. The pipe alone holds so little that on a busy machine each side would wait
 * for the other to be scheduled after every chunk.
 */
const WINDOW = 4 * 1024 * 1024;

/** For what is only tidiness. */
const UNLOCK_MS = 10_000;

/** One `restic backup --stdin` that runs. */
export interface RunningBackup {
  /** Hands what `fill` writes to restic, which does not see its end. */
  take(fill: (sink: Writable) => Promise<void>): Promise<StoredObject>;
  /** Shows restic the end, and waits until it has saved all of it. Returns the id. */
  save(): Promise<string>;
  /**
   * Interrupts restic: no snapshot stays, and no lock unless the whole run is cancelled in the moment in which one is
   * made. That one is of a process that is gone, and holds up no backup. Harmless once it has saved. Never rejects.
   */
  drop(): Promise<void>;
}

interface Running {
  readonly repository: Repository;
  readonly program: Program;
  readonly said: () => Said;
  readonly onBytes: (count: number) => void;
  /** Bytes handed to restic. */
  size: number;
  /** It has seen the end of its input. */
  isEnding: boolean;
  /** Why it was stopped by us; null while it was not. */
  problem: BackupProblem | null;
}

export function startBackup(
  repository: Repository,
  options: {
    readonly file: string;
    readonly host: string;
    readonly tags: readonly string[];
    readonly onBytes: (count: number) => void;
  },
): RunningBackup {
  const { file, host, tags, onBytes } = options;
  const args = ['backup', '--stdin', '--stdin-filename', file, '--json', '--host', host];
  const program = start(repository, [...args, ...tags.flatMap((tag) => ['--tag', tag])], {
    // A restic whose input ends saves what it has: half of the data, as a snapshot that looks whole.
    guardsInput: true,
  });
  const said = listen(program.stdout);
  const running: Running = { repository, program, said, onBytes, size: 0, isEnding: false, problem: null };
  const stall = watchForStall(repository, {
    isWaitedFor: () => running.isEnding || program.stdin.writableLength > 0,
    progress: () => `${running.size} ${said().bytesDone}`,
    stop: program.stop,
  });
  void program.ended.then(() => {
    stall.end();
    running.problem = stall.problem();
  });
  return {
    take: (fill) => take(running, fill),
    save: () => save(running),
    drop: async () => {
      program.stop();
      const { outcome } = await program.ended;
      // A store that stalled would be waited for once more, and who cancels waits for nothing.
      if (outcome !== 'stopped' || running.problem !== null || repository.signal?.aborted) return;
      // restic forgets a lock that it was just about to make when it was interrupted.
      await run(repository, ['unlock'], UNLOCK_MS);
    },
  };
}

async function take(running: Running, fill: (sink: Writable) => Promise<void>): Promise<StoredObject> {
  const { program, onBytes } = running;
  const hash = createHash('sha256');
  let underWay = 0;
  let wake = (): void => undefined;
  const sink = new Writable({
    highWaterMark: WINDOW,
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      running.size += chunk.length;
      underWay += chunk.length;
      onBytes(chunk.length);
      program.stdin.write(chunk, () => {
        underWay -= chunk.length;
        givePageBack(chunk);
        wake();
      });
      if (underWay < WINDOW) done();
      else wake = once(done);
    },
  });
  let hasEnded = false;
  // restic never ends by itself while its input is open: when it does, it failed.
  void program.ended.then(() => {
    hasEnded = true;
    sink.destroy(new Error('restic has ended'));
  });
  const ended = finished(sink).then(
    () => null,
    (error: Error) => error,
  );
  try {
    await fill(sink);
    if (sink.destroyed && !sink.writableFinished) throw new Error('the data was cut off before its end');
    sink.end();
  } catch (error) {
    sink.destroy();
    throw hasEnded ? await whyItEnded(running) : error;
  }
  const failure = await ended;
  if (failure !== null) throw hasEnded ? await whyItEnded(running) : failure;
  return { sha256: hash.digest('hex'), size: running.size };
}

/** The next chunk may be asked for once; what is acknowledged later has nobody to wake. */
function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

async function save(running: Running): Promise<string> {
  const { program, said, size, repository } = running;
  running.isEnding = true;
  program.stdin.end();
  const end = await program.ended;
  dropPages();
  const { summary } = said();
  if (end.outcome === 'ok' && summary !== null && summary.bytes === size) return summary.id;
  const problem =
    end.outcome === 'ok'
      ? new BackupProblem(
          'store-unusable',
          `restic ended with success, but says that it saved ${summary === null ? 'nothing' : `${summary.bytes} of ${size} bytes`}; see that the version of restic is 0.14 or later`,
        )
      : await whyItEnded(running);
  throw summary === null ? problem : await withoutLeftover(problem, summary.id, repository);
}

async function whyItEnded(running: Running): Promise<Error> {
  const { program, repository } = running;
  const end = await program.ended;
  repository.signal?.throwIfAborted();
  return running.problem ?? failureOf(end, repository, { doing: 'writing to' });
}

/** What was saved although restic then failed (exit code 3: incomplete) must not be taken for a backup. */
async function withoutLeftover(problem: Error, id: string, repository: Repository): Promise<Error> {
  const program = start(repository, ['forget', id]);
  program.stdin.end();
  program.stdout.resume();
  const { outcome } = await program.ended;
  if (outcome === 'ok' || !(problem instanceof BackupProblem)) return problem;
  return new BackupProblem(
    problem.code,
    `${problem.message}. The snapshot ${id} that it left is not to be relied on; remove it by \`restic forget ${id}\``,
  );
}
