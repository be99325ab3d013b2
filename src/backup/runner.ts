import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { BackupResult, BackupRunner } from './contract.js';
import { type Attempt, begun, evidenceOf } from './evidence.js';
import { expanded } from './expand.js';
import { refuseOverlaps } from './overlap.js';
import { keepGarbageSmall } from './pages.js';
import type { RunnerPorts } from './ports.js';
import { BackupProblem, messageOf } from './problem.js';
import { Progress } from './progress.js';
import { prove } from './prove.js';
import type { BackupStore, ExternalSource, SourceContext, StreamedSource } from './provider.js';
import { createRestorer } from './restorer.js';
import { removeOld } from './retention.js';
import { driverOf } from './sources/registry.js';
import { openStore } from './stores/registry.js';
import { conclude } from './summary.js';
import { tryOut } from './usable.js';

type Plan = Parameters<BackupRunner['take']>[0];
type Options = Parameters<BackupRunner['take']>[1];

interface Run {
  readonly plan: Plan;
  readonly options: Options;
  readonly ports: RunnerPorts;
  /** `null` where the plan names none, since no source needs one. */
  readonly store: BackupStore | null;
  readonly context: SourceContext;
  readonly showsParts: boolean;
}

/**
 * Backs up each source and proves it: taken, read back from the store, restored into scratch space, compared.
 * First all are taken, close together in time, then each is proved. A source that fails does not stop the others.
 */
export function createBackupRunner(ports: RunnerPorts): BackupRunner {
  return {
    restorer: (plan, options) => createRestorer(ports, plan, options),

    async take(plan, options): Promise<BackupResult> {
      keepGarbageSmall();
      const attempts = plan.sources.map((source) => begun(source, driverOf(source, ports)));
      const showsParts = plan.showParts ?? !ports.isPublic();
      const notes: string[] = [];
      let store: BackupStore | null = null;
      try {
        const workspace = await realWorkspace(options.workspace);
        if (plan.store !== null) {
          const { environment } = options;
          store = await openStore(plan.store, { ...ports, workspace, environment, ...signalOf(options) });
        }
        const context = contextOf(options, { ports, workspace, store });
        const run: Run = { plan, options, ports, store, context, showsParts };
        // What cannot be known of a source for now is told when it is taken.
        await refuseOverlaps(plan.sources, { ports, context, onUnknown: () => undefined });
        await takeAndProve(attempts, run);
        if (store !== null && attempts.every(({ problem }) => problem === null))
          notes.push(...(await removeOld({ plan, options, store })));
      } catch (error) {
        for (const attempt of attempts) attempt.problem ??= asProblem(error, options.signal);
      }
      return conclude(attempts.map(evidenceOf), {
        prove: plan.prove,
        problems: attempts.map(({ problem }) => problem),
        caveat: store?.caveat ?? null,
        notes,
        showsParts,
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

async function take(attempt: Attempt, run: Run): Promise<void> {
  const { driver } = attempt;
  if (driver.form === 'external') await takeExternal(attempt, driver, run);
  else await takeStreamed(attempt, driver, { ...run, store: needed(run.store) });
  attempt.proved = 'taken';
}

/** Nothing of a source is in the store unless all of it was read, and read without a fault. */
async function takeStreamed(
  attempt: Attempt,
  driver: StreamedSource,
  run: Run & { readonly store: BackupStore },
): Promise<void> {
  const { store, context, options, ports } = run;
  const { name: source, kind } = attempt.source;
  const progress = new Progress(ports.clock, (line) =>
    options.onProgress(`backup ${source}: taking, ${line}`),
  );
  const { release, service, environment } = options;
  const label = { release, service, environment, source, kind };
  const writer = await store.begin(label, (count) => progress.add(count));
  try {
    // Before the first byte is read: of what is written from then on, nothing is sure to be in it.
    const takenAt = new Date(ports.clock.now()).toISOString();
    const taken = await driver.take(writer, context);
    context.signal?.throwIfAborted();
    attempt.id = await writer.commit({ ...label, takenAt, entries: taken.entries });
    attempt.taken = taken;
    attempt.takenAt = takenAt;
    attempt.original = taken.content;
    attempt.restore = driver.restoreCommand(store.byHand(attempt.id, source), context);
    options.onProgress(`backup ${source}: taken, ${progress.describe()}`);
  } finally {
    await writer.discard();
  }
}

function needed(store: BackupStore | null): BackupStore {
  if (store !== null) return store;
  throw new BackupProblem('failed', 'the plan names no `store` that this source could be kept in');
}

async function takeExternal(attempt: Attempt, driver: ExternalSource, run: Run): Promise<void> {
  const takenAt = new Date(run.ports.clock.now()).toISOString();
  const { id } = await driver.take(run.context);
  run.context.signal?.throwIfAborted();
  attempt.id = id;
  attempt.takenAt = takenAt;
  attempt.restore = driver.restoreCommand(id);
  run.options.onProgress(`backup ${attempt.source.name}: taken as ${id}`);
}

async function proveAttempt(attempt: Attempt, run: Run): Promise<void> {
  const { plan, options, ports, context } = run;
  const { source, driver } = attempt;
  const progress = new Progress(ports.clock, (line) =>
    options.onProgress(`backup ${source.name}: restoring for comparison, ${line}`),
  );
  if (driver.form === 'external') await proveExternal(attempt, driver, run);
  else {
    await prove(attempt, driver, {
      ...run,
      store: needed(run.store),
      prove: plan.prove,
      onBytes: (count) => progress.add(count),
      tryOut: (copy) => tryOut(ports.scripts, { source, copy, context }),
    });
  }
  options.onProgress(`backup ${source.name}: proved ${attempt.proved}, ${progress.describe()}`);
}

async function proveExternal(attempt: Attempt, driver: ExternalSource, run: Run): Promise<void> {
  const { prove: asked } = run.plan;
  if (asked === 'taken' || attempt.id === null) return;
  await driver.prove(attempt.id, { context: run.context, prove: asked });
  attempt.proved = asked;
}

async function timed(
  attempt: Attempt,
  { ports: { clock }, options }: Run,
  work: () => Promise<void>,
): Promise<void> {
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
  options: Options,
  { ports, workspace, store }: { ports: RunnerPorts; workspace: string; store: BackupStore | null },
): SourceContext {
  return {
    workspace,
    excluded: store?.directories ?? [],
    isEncrypted: store?.isEncrypted ?? false,
    env: options.env,
    expand: (text, what) => expanded(text, ports.env, { what }),
    temporary: ports.temporary ?? tmpdir(),
    ...signalOf(options),
  };
}

function signalOf({ signal }: Options): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
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
