import type { Cell, Scale } from './cell.js';
import { errorCells } from './families/errors.js';
import { faultCells } from './families/faults.js';
import { gaugeCells } from './families/gauge.js';
import { hardshipCells } from './families/hardship.js';
import { latencyCells } from './families/latency.js';

/** All worlds of a run, in the order in which they are reported. */
export function cellsOf(scale: Scale): readonly Cell[] {
  return [
    ...errorCells(scale),
    ...latencyCells(scale),
    ...gaugeCells(scale),
    ...hardshipCells(scale),
    ...faultCells(scale),
  ];
}
