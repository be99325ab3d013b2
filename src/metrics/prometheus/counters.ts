import type { Taken } from '../reading/track.js';
import { Unmeasured } from '../unmeasured.js';
import type { Series } from './envelope.js';
import { nameOf } from './labels.js';

/** The last value of each counter, by its labels. */
export type Counters = ReadonlyMap<string, Counter>;

export interface Counter {
  readonly labels: Series['labels'];
  readonly value: number;
}

/**
 * How much counters rose from one reading to the next. One that went back was started anew, and counts from zero; so
 * does one that was not there at the last reading, as a new pod or the first failure of a kind. Throws `Unmeasured`
 * where a sum of counters goes back: what was lost in it cannot be told from what was started anew.
 */
export function increase(before: Counters, now: Counters): Taken<number> & { readonly known: Counters } {
  const restarted: string[] = [];
  const appeared: string[] = [];
  let amount = 0;
  for (const [key, counter] of now) {
    const last = before.get(key);
    if (last === undefined) appeared.push(nameOf(counter.labels));
    else if (counter.value < last.value) restarted.push(restartOf(counter, last));
    const since = last === undefined || counter.value < last.value ? 0 : last.value;
    amount += counter.value - since;
  }
  return {
    amount,
    notes: [
      ...noteOf(restarted, 'went back and counts from zero again'),
      ...noteOf(appeared, 'is new and counts from zero'),
    ],
    // One that is gone may come back.
    known: new Map([...before, ...now]),
  };
}

/** Functions and sums drop the name of a metric, so what has one is a counter as the service exposes it. */
export function isRaw(labels: Series['labels']): boolean {
  return labels.__name__ !== undefined;
}

/** Throws `Unmeasured` when what went back is no counter of the service itself. */
export function mayRestart(labels: Series['labels'], went: string): void {
  if (isRaw(labels)) return;
  throw new Unmeasured(
    `${nameOf(labels)} went back ${went}: one of the counters in this sum restarted or is gone, or it is no counter; ask for the counters themselves, without sum or rate, or for the amount by increase(…[{{window}}])`,
  );
}

function restartOf({ labels, value }: Counter, last: Counter): string {
  mayRestart(labels, `from ${last.value} to ${value}`);
  return nameOf(labels);
}

const MOST_NAMED = 3;

export function noteOf(names: readonly string[], what: string): readonly string[] {
  if (names.length === 0) return [];
  const others = names.length - MOST_NAMED;
  const rest = others > 0 ? ` and ${others} more` : '';
  return [`${names.slice(0, MOST_NAMED).join(', ')}${rest} ${what}`];
}
