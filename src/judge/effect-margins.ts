import type { Margin } from './margin.js';
import type { Comparison } from './rules.js';

const UNITS = [-4, -2, -1, -0.5, 0, 0.25, 0.5, 1, 2, 4, 8, 32] as const;
const RATIOS = [0.2, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10] as const;
/** The unit of the differences where the plan's margin is zero. */
const DEFAULT_UNIT = 0.005;

/**
 * The candidates of the effect on an error rate, rising: differences in units of the plan's absolute margin where it
 * has one, else ratios, with the plan's own among them.
 */
export function effectMargins(comparison: Comparison): readonly Margin[] {
  const known = KNOWN.get(comparison);
  if (known !== undefined) return known;
  const margins = marginsFor(comparison);
  KNOWN.set(comparison, margins);
  return margins;
}

/** They are asked for with every block, and depend on the plan alone. */
const KNOWN = new WeakMap<Comparison, readonly Margin[]>();

function marginsFor(comparison: Comparison): readonly Margin[] {
  const { failAbove, passBelow } = comparison;
  const absolute = passBelow.absolute ?? failAbove.absolute;
  if (absolute === null) {
    return ratiosFor(comparison).map((times) => ({ kind: 'relative', times }));
  }
  const unit = absolute > 0 ? absolute : DEFAULT_UNIT;
  const differences = rising([...UNITS.map((steps) => steps * unit), failAbove.absolute]);
  return differences.filter((by) => Math.abs(by) < 1).map((by) => ({ kind: 'absolute', by }));
}

/** Candidates of a ratio, rising; those of both thresholds' relative margins are among them. */
export function ratiosFor(comparison: Comparison): readonly number[] {
  const known = KNOWN_RATIOS.get(comparison);
  if (known !== undefined) return known;
  const found = ratios([comparison.failAbove.relative, comparison.passBelow.relative]);
  KNOWN_RATIOS.set(comparison, found);
  return found;
}

const KNOWN_RATIOS = new WeakMap<Comparison, readonly number[]>();

function ratios(margins: readonly (number | null)[]): readonly number[] {
  return rising([...RATIOS, ...margins.map((margin) => (margin === null ? null : 1 + margin))]);
}

/** Candidates of a difference in units of a margin, rising. */
export function differences(margin: number): readonly number[] {
  return UNITS.map((steps) => steps * (margin > 0 ? margin : 1));
}

/** The value that people read: a difference or a ratio. */
export function valueOfMargin(margin: Margin): number {
  return margin.kind === 'absolute' ? margin.by : margin.times;
}

function rising(values: readonly (number | null)[]): readonly number[] {
  return [...new Set(values.filter((value) => value !== null))].sort((a, b) => a - b);
}
