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
