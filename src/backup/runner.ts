import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Clock, Scripts } from '../host/contract.js';
import type { Environment } from '../plan/variables.js';
import type { BackupResult, BackupRunner } from './contract.js';
import { type Attempt, begun, evidenceOf } from './evidence.js';
import { BackupProblem, messageOf } from './problem.js';
import { Progress } from './progress.js';
import { prove } from './prove.js';
import type { BackupStore, SourceContext } from './provider.js';
import { driverOf } from './sources/registry.js';
import { openStore } from './stores/registry.js';
import { conclude } from './summary.js';

type Options = Parameters<BackupRunner['take']>[1];

interface Run {
  readonly store: BackupStore;
  readonly scripts: Scripts;
  readonly clock: Clock;
  readonly context: SourceContext;
  readonly options: Options;
}

/**
 * Backs up each source and proves it: taken, read back from the store, restored into scratch space, compared.
 * First all are taken, close together in time, then each is proved. A source that fails does not stop the others.
 */
export function createBackupRunner(ports: {
  readonly scripts: Scripts;
  readonly clock: Clock;
  /** Where `${NAME}` in the store's place is read from: the environment of the step. */
  readonly env: Environment;
  /** Where scratch directories are made; the system's temporary directory when absent. */
  readonly temporary?: string;
}): BackupRunner {
  return {
    async take(backup, options): Promise<BackupResult> {
      const attempts = backup.sources.map((source) => begun(source, driverOf(source, ports.scripts)));
      let store: BackupStore | null = null;
      try {
        const workspace = await realWorkspace(options.workspace);
        store = await openStore(backup.store, { workspace, env: ports.env });
        await takeAndProve(attempts, {
          ...ports,
          store,
          options,
          context: contextOf(options, {
            workspace,
            temporary: ports.temporary ?? tmpdir(),
            excluded: store.directories,
          }),
        });
      } catch (error) {
        for (const attempt of attempts) attempt.problem ??= asProblem(error, options.signal);
      }
      return conclude(attempts.map(evidenceOf), {
        problems: attempts.map(({ problem }) => problem),
        caveat: store?.caveat ?? null,
      });
    },
  };
}

async function takeAndProve(attempts: readonly Attempt[], run: Run): Promise<void> {
  for (const attempt of attempts) await timed(attempt, run, () => take(attempt, run));
  for (const attempt of attempts) {
    if (attempt.problem === null) await timed(attempt, run, () => proveAttempt(attempt, run));
  }
}

/** Nothing of a source is in the store unless all of it was read, and read without a fault. */
async function take(attempt: Attempt, { store, context, options, clock }: Run): Promise<void> {
  const { name, kind } = attempt.source;
  const progress = new Progress(clock, (line) => options.onProgress(`backup ${name}: taking, ${line}`));
  const writer = await store.begin(`${options.release}-${name}`, (count) => progress.add(count));
  try {
    const taken = await attempt.driver.take(writer, context);
    context.signal?.throwIfAborted();
    const { release, environment } = options;
    const takenAt = new Date(clock.now()).toISOString();
    attempt.id = await writer.commit({ release, environment, source: name, kind, takenAt, ...taken });
    attempt.taken = taken;
    attempt.proved = 'taken';
    attempt.restore = attempt.driver.restoreCommand(store.byHand(attempt.id));
    options.onProgress(`backup ${name}: taken, ${progress.describe()}`);
  } finally {
    await writer.discard();
  }
}

async function proveAttempt(attempt: Attempt, { store, context, options, clock }: Run): Promise<void> {
  const { name } = attempt.source;
  const progress = new Progress(clock, (line) =>
    options.onProgress(`backup ${name}: restoring for comparison, ${line}`),
  );
  await prove(attempt, { store, context, onBytes: (count) => progress.add(count) });
  options.onProgress(`backup ${name}: restored copy is identical, ${progress.describe()}`);
}

async function timed(attempt: Attempt, { clock, options }: Run, work: () => Promise<void>): Promise<void> {
  const started = clock.now();
  try {
    options.signal?.throwIfAborted();
    await work();
  } catch (error) {
    attempt.problem = asProblem(error, options.signal);
    options.onProgress(`backup ${attempt.source.name}: ${attempt.problem.message}`);
  }
  attempt.durationMs += clock.now() - started;
}

function contextOf(
  { env, signal }: Options,
  places: Pick<SourceContext, 'workspace' | 'temporary' | 'excluded'>,
): SourceContext {
  return { ...places, env, ...(signal === undefined ? {} : { signal }) };
}

async function realWorkspace(workspace: string): Promise<string> {
  return realpath(workspace).catch((error: unknown) => {
    throw new BackupProblem(
      'failed',
      `the workspace ${workspace} cannot be read (${messageOf(error)})`,
      error,
    );
  });
}

function asProblem(error: unknown, signal: AbortSignal | undefined): BackupProblem {
  if (signal?.aborted) return new BackupProblem('cancelled', 'cancelled before it was proved', error);
  if (error instanceof BackupProblem) return error;
  return new BackupProblem('failed', messageOf(error), error);
}
