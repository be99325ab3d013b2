import type { Cell } from './cell.js';
import type { CellOutcomes } from './simulate.js';
import { type Summary, summarise } from './summary.js';

/** What came of all judges in one cell. */
export interface CellResult {
  readonly cell: Pick<Cell, 'family' | 'id' | 'facts'>;
  readonly of: Readonly<Record<string, Summary>>;
}

export function resultsOf(cells: readonly Cell[], outcomes: readonly CellOutcomes[]): readonly CellResult[] {
  return cells.map((cell, i) => ({
    cell,
    of: Object.fromEntries(
      Object.entries(outcomes[i] ?? {}).map(([name, list]) => [name, summarise(list)] as const),
    ),
  }));
}

type Facts = Readonly<Record<string, string | number>>;

/** One judge's summaries in the cells of a family whose facts hold. */
export function pick(
  results: readonly CellResult[],
  {
    family,
    judge,
    where,
  }: { readonly family: string; readonly judge: string; readonly where: (facts: Facts) => boolean },
): readonly (Summary & { readonly id: string; readonly facts: Facts })[] {
  return results
    .filter(({ cell, of }) => cell.family === family && of[judge] !== undefined && where(cell.facts))
    .flatMap(({ cell, of }) => {
      const summary = of[judge];
      return summary === undefined ? [] : [{ ...summary, id: cell.id, facts: cell.facts }];
    });
}

/** The judges that the goals speak of, by their names in the worlds. */
export const LOOSE = 'ours, no margin, 5%';
export const STRICT = 'ours, no margin, 1%';
export const WITHOUT_HISTORY = 'ours, no margin, 1%, no history';

export function isHealthy({ change }: Facts): boolean {
  return change === 'healthy';
}

export function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((all, item) => all + of(item), 0);
}

export function mean(values: readonly number[]): number {
  return sum(values, (value) => value) / values.length;
}
