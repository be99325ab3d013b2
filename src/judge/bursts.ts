const { ceil, max } = Math;

/** What an interval lost beyond this is not remembered: it could only make up for gains in the same one. */
const LEAST_GAIN = -20;

/** What each stake won or lost in the interval that runs, and the most that it won in any before; in nats. */
export interface Bursts {
  readonly gains: readonly number[];
  readonly largest: readonly number[];
}

export function startBursts(alternatives: number): Bursts {
  const zeros = Array.from({ length: alternatives }, () => 0);
  return { gains: zeros, largest: zeros };
}

/** Adds what a block brought to each stake; the first one of an interval begins anew. */
export function addGains(
  { gains, largest }: Bursts,
  logFactors: readonly number[],
  { isNew }: { readonly isNew: boolean },
): Bursts {
  return {
    gains: logFactors.map((factor, k) => short((isNew ? 0 : (gains[k] ?? 0)) + factor)),
    largest: isNew ? largest.map((most, k) => max(most, tenths(gains[k] ?? 0))) : largest,
  };
}

/**
 * What the two-interval rule takes from the logarithm of each stake: all that its best interval brought, so that no
 * single burst decides. It only ever lowers an e-value.
 */
export function deductionsOf({ gains, largest }: Bursts): readonly number[] {
  return largest.map((most, k) => max(most, gains[k] ?? 0));
}

/** After a loss of worth of a stake's evidence, see `devalue`. */
export function devalueGains({ gains, largest }: Bursts, lost: readonly number[]): Bursts {
  const less = (values: readonly number[]) => values.map((value, k) => short(value / (lost[k] ?? 1)));
  return { gains: less(gains), largest: less(largest) };
}

/** Rounded up, which is the careful direction, so that the state stays small. */
function short(gain: number): number {
  return max(LEAST_GAIN, ceil(gain * 100) / 100) + 0;
}

function tenths(gain: number): number {
  return ceil(gain * 10) / 10 + 0;
}
