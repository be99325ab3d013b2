/** A limit on a gauge, judged without a baseline and without statistics: so many of the last readings. Plain JSON. */
export interface ReadingLimit {
  /** Whether each of the last readings broke the limit; the newest is last. */
  readonly recent: readonly boolean[];
  readonly readings: number;
}

/** One reading is often an outlier; three of five are a state. */
const REMEMBERED = 5;
const ENOUGH_TO_FAIL = 3;

export const NO_READINGS: ReadingLimit = { recent: [], readings: 0 };

/** Where more is better the limit is the least value that is allowed, else the largest. */
export function addReading(
  state: ReadingLimit,
  value: number,
  { limit, better }: { readonly limit: number; readonly better: 'lower' | 'higher' },
): ReadingLimit {
  const within = better === 'higher' ? value >= limit : value <= limit;
  return { recent: [...state.recent, !within].slice(-REMEMBERED), readings: state.readings + 1 };
}

export function isBroken({ recent }: ReadingLimit): boolean {
  return breaks(recent) >= ENOUGH_TO_FAIL;
}

/** Whether all of the last readings are within the limit, and there are enough of them to say so. */
export function isKept({ recent }: ReadingLimit): boolean {
  return recent.length === REMEMBERED && breaks(recent) === 0;
}

function breaks(recent: readonly boolean[]): number {
  return recent.filter((broken) => broken).length;
}
