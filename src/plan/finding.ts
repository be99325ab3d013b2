import type { Path } from './path.js';
import type { Refusal } from './reading.js';

/** Something wrong in the plan of one environment, before it is known where in the file that was written. */
export interface Finding extends Refusal {
  readonly path: Path;
}
