import { hasPlace } from '../templates.js';
import { type Counters, increase } from './counters.js';
import type { Series } from './envelope.js';
import { type Histogram, type Histograms, histogramIncrease, histogramsOf } from './histograms.js';
import { countersOf } from './readings.js';

/** What one answer tells of the interval since the one before. */
export interface Taken<Amount> {
  /** Null at the first reading of counters: what they say began nobody knows when. */
  readonly amount: Amount | null;
  readonly notes: readonly string[];
}

/** Follows one query from answer to answer. */
export interface Track<Amount> {
  /** Throws `Unmeasured`. */
  take(series: readonly Series[]): Taken<Amount>;
  /** The reading failed: what comes next is the first one again, and belongs to no interval that was measured. */
  miss(): void;
}

/** A query with `{{window}}` answers amounts, any other counters. */
export function countTrack(query: string, what: string): Track<number> {
  if (isAmount(query)) return amountTrack((series) => sumOf(countersOf(series, what)));
  return counterTrack({
    read: (series) => countersOf(series, what),
    since: (before, now) => {
      const { amount, notes, counters } = increase(before, now);
      return { amount, notes, known: counters };
    },
  });
}

/** The same for histograms. */
export function histogramTrack(query: string, what: string): Track<readonly Histogram[]> {
  if (isAmount(query)) return amountTrack((series) => [...histogramsOf(series, what).values()]);
  return counterTrack({
    read: (series) => histogramsOf(series, what),
    since: (before: Histograms, now: Histograms) => {
      const { increases, notes, histograms } = histogramIncrease(before, now);
      return { amount: increases, notes, known: histograms };
    },
  });
}

export function isAmount(query: string): boolean {
  return hasPlace(query, ['window']);
}

function amountTrack<Amount>(read: (series: readonly Series[]) => Amount): Track<Amount> {
  return { take: (series) => ({ amount: read(series), notes: [] }), miss: () => undefined };
}

function counterTrack<Reading, Amount>({
  read,
  since,
}: {
  readonly read: (series: readonly Series[]) => Reading;
  readonly since: (before: Reading, now: Reading) => Taken<Amount> & { readonly known: Reading };
}): Track<Amount> {
  let known: Reading | null = null;
  return {
    take(series) {
      const before = known;
      known = null;
      const now = read(series);
      // What could not be told from the last reading can be told from this one the next time.
      known = now;
      if (before === null) return { amount: null, notes: [] };
      const taken = since(before, now);
      known = taken.known;
      return { amount: taken.amount, notes: taken.notes };
    },
    miss() {
      known = null;
    },
  };
}

function sumOf(counters: Counters): number {
  return [...counters.values()].reduce((sum, { value }) => sum + value, 0);
}
