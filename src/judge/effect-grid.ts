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
  { larger, smaller }: Pick<EffectGrid, 'larger' | 'smaller'>,
): EffectGrid {
  const next = {
    larger: grid.larger.map((evidence, i) => short(evidence + (larger[i] ?? 0))),
    smaller: grid.smaller.map((evidence, i) => short(evidence + (smaller[i] ?? 0))),
  };
  // Only an unbroken row of refuted candidates counts: one event is then wrong at most, not one for each of them.
  const below = next.larger.findIndex((evidence) => evidence < ENOUGH);
  const above = [...next.smaller].reverse().findIndex((evidence) => evidence < ENOUGH);
  const size = next.larger.length;
  return {
    ...next,
    below: max(grid.below, below < 0 ? size : below),
    above: max(grid.above, above < 0 ? size : above),
  };
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
  const steps = margins.map((margin, i) =>
    isOpen(grid, i) ? plugInStep(block, { baseline, canary }, margin, phi) : NO_STEP,
  );
  return stepGrid(grid, {
    larger: steps.map(([worse]) => worse),
    smaller: steps.map(([, better]) => better),
  });
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
