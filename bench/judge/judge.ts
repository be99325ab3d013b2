import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Measured } from '../goal.js';
import { type Cell, FULL, QUICK } from './cell.js';
import { cellsOf } from './cells.js';
import { costs } from './cost.js';
import { goalsOf } from './goals.js';
import { figuresPage } from './page.js';
import { simulateAll } from './pool.js';
import { randomOf } from './random.js';
import { type CellResult, resultsOf } from './results.js';
import { tablesOf } from './tables.js';

/**
 * The judge and its peers on the same seeded traces. `--full` is for the documentation and takes several times as long, `--seed`
 * draws other traces, `--write` puts the figures into a Markdown file, `--trace <world> [--run n]` prints the lines of
 * one trace and judges nothing, `--only <text>` takes the worlds whose name has the text, for work on one of them.
 */
export async function judge(flags: readonly string[]): Promise<Measured> {
  const { values } = parseArgs({
    args: [...flags],
    options: {
      json: { type: 'boolean' },
      full: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      write: { type: 'string' },
      trace: { type: 'string' },
      run: { type: 'string', default: '0' },
      only: { type: 'string', default: '' },
    },
  });
  const seed = wholeNumber('seed', values.seed);
  const isFull = values.full;
  const cells = cellsOf(isFull ? FULL : QUICK).filter(({ id }) => id.includes(values.only));
  if (values.trace !== undefined) {
    printTrace(cells, { id: values.trace, run: wholeNumber('run', values.run), seed });
    return { goals: [] };
  }
  const cost = costs(seed);
  const results = resultsOf(cells, await simulateAll(cells, { seed, isFull, only: values.only }));
  const report = tablesOf(results);
  // Goals are over families as a whole.
  const goals = values.only === '' ? [...goalsOf(results), ...cost.goals] : [];
  if (values.write !== undefined) writeFileSync(values.write, figuresPage({ goals, report, seed, isFull }));
  return { goals, figures: [...figuresOf(results), ...cost.figures], report };
}

function figuresOf(results: readonly CellResult[]): readonly Readonly<Record<string, string | number>>[] {
  return results.flatMap(({ cell, of }) =>
    Object.entries(of).map(
      ([
        judge,
        {
          failInterval: [low, high],
          ...summary
        },
      ]) => ({
        world: cell.id,
        judge,
        ...summary,
        failLow: low,
        failHigh: high,
      }),
    ),
  );
}

function printTrace(
  cells: readonly Cell[],
  { id, run, seed }: { readonly id: string; readonly run: number; readonly seed: number },
): void {
  const cell = cells.find((one) => one.id === id);
  if (cell === undefined) {
    throw new RangeError(
      `--trace ${id}: there is no such world; there are\n${cells.map((one) => one.id).join('\n')}`,
    );
  }
  const { past, minutes, steps } = cell.trace(randomOf(seed, cell.id, run));
  process.stdout.write(`${JSON.stringify({ world: cell.id, run, seed, minutes, past })}\n`);
  for (const step of steps) process.stdout.write(`${JSON.stringify(step)}\n`);
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new RangeError(`--${flag} ${text}: a whole number is needed`);
  return Number(text);
}
