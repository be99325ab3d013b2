import { Worker } from 'node:worker_threads';
import type { Cell } from './cell.js';
import type { CellOutcomes } from './simulate.js';
import type { Task, WorkerOptions } from './worker.js';

interface Done {
  readonly cell: number;
  readonly from: number;
  readonly outcomes: CellOutcomes;
}

const RUNS_PER_TASK = 20;
const WORKERS = 2;
const PROGRESS_MS = 5000;

/** Simulates all cells on two cores. What comes of it does not depend on which worker did what. */
export async function simulateAll(
  cells: readonly Cell[],
  options: WorkerOptions,
): Promise<readonly CellOutcomes[]> {
  const tasks = cells.flatMap((cell, index) => tasksOf(cell, index));
  const progress = startProgress(tasks.length);
  const parts: Done[] = [];
  const workers = Array.from(
    { length: WORKERS },
    () => new Worker(new URL('./worker.js', import.meta.url), { workerData: options }),
  );
  try {
    await Promise.all(
      workers.map((worker) =>
        work(worker, tasks, (done) => {
          parts.push(done);
          progress.step();
        }),
      ),
    );
  } finally {
    progress.end();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return cells.map((_, index) => merge(parts.filter(({ cell }) => cell === index)));
}

function tasksOf({ runs }: Cell, cell: number): Task[] {
  return Array.from({ length: Math.ceil(runs / RUNS_PER_TASK) }, (_, i) => ({
    cell,
    from: i * RUNS_PER_TASK,
    to: Math.min(runs, (i + 1) * RUNS_PER_TASK),
  }));
}

function work(worker: Worker, tasks: Task[], onDone: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = () => {
      const task = tasks.shift();
      if (task === undefined) resolve();
      else worker.postMessage(task);
    };
    worker.on('message', (done: Done) => {
      onDone(done);
      next();
    });
    worker.on('error', reject);
    next();
  });
}

function merge(parts: readonly Done[]): CellOutcomes {
  const inOrder = [...parts].sort((a, b) => a.from - b.from);
  const names = Object.keys(inOrder[0]?.outcomes ?? {});
  return Object.fromEntries(
    names.map((name) => [name, inOrder.flatMap(({ outcomes }) => outcomes[name] ?? [])]),
  );
}

function startProgress(total: number): { readonly step: () => void; readonly end: () => void } {
  const started = performance.now();
  let [done, shown] = [0, started];
  const show = () => {
    const seconds = Math.round((performance.now() - started) / 1000);
    process.stderr.write(`judge: ${Math.floor((100 * done) / total)}% simulated after ${seconds} s\n`);
  };
  return {
    step: () => {
      done += 1;
      if (performance.now() - shown < PROGRESS_MS) return;
      shown = performance.now();
      show();
    },
    end: show,
  };
}
