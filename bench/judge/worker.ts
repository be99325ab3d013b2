import { parentPort, workerData } from 'node:worker_threads';
import { FULL, QUICK } from './cell.js';
import { cellsOf } from './cells.js';
import { simulate } from './simulate.js';

/** One part of the work: some runs of one cell. */
export interface Task {
  readonly cell: number;
  readonly from: number;
  readonly to: number;
}

/** What each worker makes the same cells of; `only` is a part of their names. */
export interface WorkerOptions {
  readonly seed: number;
  readonly isFull: boolean;
  readonly only: string;
}

const { seed, isFull, only } = workerData as WorkerOptions;
const cells = cellsOf(isFull ? FULL : QUICK).filter(({ id }) => id.includes(only));

parentPort?.on('message', ({ cell, from, to }: Task) => {
  const found = cells[cell];
  if (found === undefined) throw new RangeError(`there is no cell ${cell}`);
  parentPort?.postMessage({ cell, from, outcomes: simulate(found, seed, { from, to }) });
});
