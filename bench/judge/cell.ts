import type { Contender } from './outcome.js';
import type { Random } from './random.js';
import type { Trace } from './trace.js';

/** One world and the judges that see its traces. */
export interface Cell {
  readonly family: string;
  readonly id: string;
  /** What the goals choose cells by. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly runs: number;
  readonly trace: (random: Random) => Trace;
  readonly contenders: (trace: Trace) => readonly Contender[];
}

/** How much is simulated. The quick run looks at healthy and late worlds in longer steps. */
export interface Scale {
  readonly isFull: boolean;
  /** Runs of cells whose rate of rare events counts, and of those whose delay does. */
  readonly rare: number;
  readonly delay: number;
}

export const QUICK: Scale = { isFull: false, rare: 200, delay: 60 };
export const FULL: Scale = { isFull: true, rare: 600, delay: 120 };
