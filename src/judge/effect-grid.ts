import { type Block, logFactor } from './block.js';
import { boundOf, type Margin } from './margin.js';

const { floor, log, max } = Math;

/**
 * A confidence sequence of the effect: for each candidate on a rising grid, the evidence that the true effect is
 * larger, and that it is smaller. Each is an e-process with one plug-in bet, so that the state stays small; the
 * verdict rests on the mixtures, not on these. Plain JSON.
 */
export interface EffectGrid {
  /** Logarithms, rounded down. */
  readonly larger: readonly number[];
  readonly smaller: readonly number[];
  /** How many candidates are refuted, counted from the lower and from the upper end. */
  readonly below: number;
  readonly above: number;
}

/** Each side of the sequence is wrong with at most this chance, ever: 95 % together. */
const ENOUGH = -log(0.025);

export interface Interval {
  /** Null where no candidate is refuted. */
  readonly low: number | null;
  readonly high: number | null;
}

export function startEffectGrid(size: number): EffectGrid {
  const zeros = Array.from({ length: size }, () => 0);
  return { larger: zeros, smaller: zeros, below: 0, above: 0 };
}

/** Adds what a step says of each candidate: logarithms of e-variables, or zero where nothing was bet. */
export function stepGrid(
  grid: EffectGrid,
  step: { readonly larger: readonly number[]; readonly smaller: readonly number[] },
): EffectGrid {
  const size = grid.larger.length;
  const larger = new Array<number>(size);
  const smaller = new Array<number>(size);
  for (let i = 0; i < size; i++) {
    larger[i] = short((grid.larger[i] ?? 0) + (step.larger[i] ?? 0));
    smaller[i] = short((grid.smaller[i] ?? 0) + (step.smaller[i] ?? 0));
  }
  // Only an unbroken row of refuted candidates counts: one event is then wrong at most, not one for each of them.
  let [below, above] = [0, 0];
  while (below < size && (larger[below] ?? 0) >= ENOUGH) below++;
  while (above < size && (smaller[size - 1 - above] ?? 0) >= ENOUGH) above++;
  return { larger, smaller, below: max(grid.below, below), above: max(grid.above, above) };
}

/** Whether a candidate is still possible; what is refuted stays so, and needs no more evidence. */
export function isOpen({ below, above, larger }: EffectGrid, candidate: number): boolean {
  return candidate >= below && candidate < larger.length - above;
}

/** One block for all margins of the grid; `canary` is the canary's rate as it was before the block. */
export function updateRateGrid(
  grid: EffectGrid,
  block: Block,
  context: {
    readonly margins: readonly Margin[];
    readonly baseline: number;
    readonly canary: number;
    readonly phi: number;
  },
): EffectGrid {
  const { margins, baseline, canary, phi } = context;
  const bet = { baseline, canary };
  const larger = new Array<number>(margins.length).fill(0);
  const smaller = new Array<number>(margins.length).fill(0);
  for (let i = 0; i < margins.length; i++) {
    const margin = margins[i];
    if (margin === undefined || !isOpen(grid, i)) continue;
    const [worse, better] = plugInStep(block, bet, margin, phi);
    larger[i] = worse;
    smaller[i] = better;
  }
  return stepGrid(grid, { larger, smaller });
}

const NO_STEP = [0, 0] as const;

/** Bets on the side of the margin where the canary was so far: the logarithms for "larger" and for "smaller". */
export function plugInStep(
  block: Block,
  bet: { readonly baseline: number; readonly canary: number },
  margin: Margin,
  phi: number,
): readonly [larger: number, smaller: number] {
  const bound = boundOf(margin, bet.baseline);
  if (bet.canary === bound) return NO_STEP;
  const evidence = logFactor(block, bet, margin) / phi;
  return bet.canary > bound ? [evidence, 0] : [0, evidence];
}

/** The confidence sequence now; it never widens. `candidates` are the grid's values. */
export function intervalOf(grid: EffectGrid, candidates: readonly number[]): Interval {
  return {
    low: grid.below > 0 ? (candidates[grid.below - 1] ?? null) : null,
    high: grid.above > 0 ? (candidates[candidates.length - grid.above] ?? null) : null,
  };
}

function short(evidence: number): number {
  return floor(evidence * 100) / 100 + 0;
}
