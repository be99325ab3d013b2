import { NothingFound, Unmeasured } from '../unmeasured.js';
import type { Counter } from './counters.js';
import type { Point, Series } from './envelope.js';
import { keyOf, nameOf } from './labels.js';

/** The one number of a gauge. Throws `Unmeasured` where there is none, or more than one. */
export function oneNumber(series: readonly Series[], what: string): number {
  const [first, second] = series;
  if (first === undefined) throw nothingFound(what);
  if (second !== undefined) {
    throw new Unmeasured(
      `${what} answered ${series.length} series, for example ${nameOf(first.labels)} and ${nameOf(second.labels)}, and a gauge is one number; join them by sum(…), avg(…) or max(…)`,
    );
  }
  const value = numberIn(first, what);
  if (Number.isFinite(value)) return value;
  throw notFinite(what, { name: nameOf(first.labels), value });
}

/** The counters by their labels. Throws `Unmeasured` unless there is at least one, and each is a count. */
export function countersOf(series: readonly Series[], what: string): ReadonlyMap<string, Counter> {
  if (series.length === 0) throw nothingFound(what);
  return new Map(
    series.map((one) => [keyOf(one.labels), { labels: one.labels, value: countOf(one, what) }] as const),
  );
}

/** A number of requests. */
export function countOf(series: Series, what: string): number {
  const value = numberIn(series, what);
  if (!Number.isFinite(value)) throw notFinite(what, { name: nameOf(series.labels), value });
  if (value >= 0) return value;
  throw new Unmeasured(
    `${what} answered ${value} for ${nameOf(series.labels)}, and a count is not below zero`,
  );
}

export function nothingFound(what: string): NothingFound {
  return new NothingFound(
    `${what} found no series, and no data is never a pass; check the labels, and that the service is scraped. A counter that is there only after the first failure needs "or vector(0)"`,
  );
}

function notFinite(
  what: string,
  { name, value }: { readonly name: string; readonly value: number },
): Unmeasured {
  return new Unmeasured(
    `${what} answered ${value} for ${name}, and a finite number is needed; 0/0 is NaN in PromQL: ask for counts rather than for their ratio`,
  );
}

function numberIn(series: Series, what: string): number {
  const { value } = lastPoint(series, what);
  if (typeof value === 'number') return value;
  throw new Unmeasured(
    `${what} answered a histogram for ${nameOf(series.labels)}, and a number is needed; ask for histogram_count(…), or make the metric one of latency`,
  );
}

export function lastPoint({ labels, points }: Series, what: string): Point {
  const point = points.at(-1);
  if (point === undefined) throw new Unmeasured(`${what} answered ${nameOf(labels)} without a value`);
  return point;
}
