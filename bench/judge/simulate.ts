import type { Cell } from './cell.js';
import { compete, type Outcome } from './outcome.js';
import { randomOf } from './random.js';

/** The outcomes of each judge by name, in the order of the runs. */
export type CellOutcomes = Readonly<Record<string, readonly Outcome[]>>;

/** A run's trace depends on the seed, the cell and its number alone, so that it can be drawn again by itself. */
export function simulate(
  cell: Cell,
  seed: number,
  runs: { readonly from: number; readonly to: number },
): CellOutcomes {
  const found: Record<string, Outcome[]> = {};
  for (let run = runs.from; run < runs.to; run++) {
    const trace = cell.trace(randomOf(seed, cell.id, run));
    const contenders = cell.contenders(trace);
    compete(trace, contenders).forEach((outcome, i) => {
      const name = contenders[i]?.name ?? '';
      const list = found[name] ?? [];
      found[name] = list;
      list.push(outcome);
    });
  }
  return found;
}
