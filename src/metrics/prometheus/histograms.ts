import type { Taken } from '../reading/track.js';
import { Unmeasured } from '../unmeasured.js';
import { isRaw, mayRestart, noteOf } from './counters.js';
import type { NativeHistogram, Series } from './envelope.js';
import { keyOf, nameOf } from './labels.js';
import { countOf, lastPoint, nothingFound } from './readings.js';

/** Counts of values above `lower` and at most `upper`; buckets rise and do not overlap. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

export interface Histogram {
  readonly labels: Series['labels'];
  readonly kind: 'classic' | 'native';
  readonly buckets: readonly Bucket[];
}

/** The histograms of one answer, by their labels without `le`. */
export type Histograms = ReadonlyMap<string, Histogram>;

/** Series with `le` are buckets of classic histograms, histogram values are native ones. Throws `Unmeasured`. */
export function histogramsOf(series: readonly Series[], what: string): Histograms {
  if (series.length === 0) throw nothingFound(what);
  const native = series.filter((one) => typeof lastPoint(one, what).value !== 'number');
  if (native.length === 0) return classicOf(series, what);
  if (native.length < series.length) {
    throw new Unmeasured(`${what} answered histograms and numbers together; ask for one of the two`);
  }
  return new Map(
    native.map((one) => {
      const { value } = lastPoint(one, what);
      return [keyOf(one.labels), nativeOf(one.labels, value as NativeHistogram, what)] as const;
    }),
  );
}

/**
 * What came into the buckets from one reading to the next, with the rules of counters: a histogram of which a bucket
 * went back was started anew, one that was not there is new, and sums of histograms must not go back.
 */
export function histogramIncrease(
  before: Histograms,
  now: Histograms,
): Taken<readonly Histogram[]> & { readonly known: Histograms } {
  const restarted: string[] = [];
  const appeared: string[] = [];
  const amount = [...now].map(([key, histogram]) => {
    const last = before.get(key);
    if (last === undefined) {
      appeared.push(nameOf(histogram.labels));
      return histogram;
    }
    const buckets = difference(last, histogram);
    if (buckets !== null) return { ...histogram, buckets };
    mayRestart(histogram.labels, 'in one of its buckets');
    restarted.push(nameOf(histogram.labels));
    return histogram;
  });
  return {
    amount,
    notes: [
      ...noteOf(restarted, 'went back and counts from zero again'),
      ...noteOf(appeared, 'is new and counts from zero'),
    ],
    known: new Map([...before, ...now]),
  };
}

/** Null when a bucket went back. Buckets may have become wider in between, as native ones do when there are many. */
function difference(before: Histogram, now: Histogram): readonly Bucket[] | null {
  const fits = before.buckets.every(
    (old) => old.count === 0 || now.buckets.some((bucket) => holds(bucket, old)),
  );
  if (!fits) {
    if (total(now.buckets) < total(before.buckets)) return null;
    throw new Unmeasured(
      `the buckets of ${nameOf(now.labels)} changed while it was measured, so what came into them cannot be told`,
    );
  }
  const buckets = now.buckets.map((bucket) => {
    const old = before.buckets.filter((one) => holds(bucket, one));
    return { ...bucket, count: bucket.count - total(old) };
  });
  return buckets.some(({ count }) => count < 0) ? null : buckets;
}

/** The same edge at another resolution may be printed with another last digit. */
const SAME_EDGE = 1e-9;

function holds(wide: Bucket, narrow: Bucket): boolean {
  return isAtMost(wide.lower, narrow.lower) && isAtMost(narrow.upper, wide.upper);
}

function isAtMost(a: number, b: number): boolean {
  return a <= b || (Number.isFinite(b) && a - b <= SAME_EDGE * Math.abs(b));
}

function total(buckets: readonly Bucket[]): number {
  return buckets.reduce((sum, { count }) => sum + count, 0);
}

function nativeOf(labels: Series['labels'], { buckets }: NativeHistogram, what: string): Histogram {
  const odd = buckets.find(({ count }) => !(Number.isFinite(count) && count >= 0));
  if (odd !== undefined) {
    throw new Unmeasured(
      `${what} answered ${odd.count} in the bucket to ${odd.upper} of ${nameOf(labels)}, and a count is a finite number not below zero`,
    );
  }
  const reversed = buckets.find(({ lower, upper }) => !(lower <= upper));
  if (reversed !== undefined) {
    throw new Unmeasured(
      `${what} answered a bucket from ${reversed.lower} to ${reversed.upper} of ${nameOf(labels)}, and a bucket does not end below its beginning`,
    );
  }
  return { labels, kind: 'native', buckets: [...buckets].sort((a, b) => a.upper - b.upper) };
}

interface Cumulative {
  readonly le: number;
  readonly count: number;
}

function classicOf(series: readonly Series[], what: string): Histograms {
  const groups = new Map<string, { readonly labels: Series['labels']; readonly counts: Cumulative[] }>();
  for (const one of series) {
    const { le, ...labels } = one.labels;
    if (le === undefined) throw withoutLe(one, what);
    const group = groups.get(keyOf(labels)) ?? { labels, counts: [] };
    group.counts.push({ le: edgeOf(le, what), count: countOf(one, what) });
    groups.set(keyOf(labels), group);
  }
  return new Map(
    [...groups].map(([key, { labels, counts }]) => [
      key,
      { labels, kind: 'classic', buckets: apart(labels, counts, what) },
    ]),
  );
}

function edgeOf(le: string, what: string): number {
  const edge = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
  if (le.trim() !== '' && !Number.isNaN(edge)) return edge;
  throw new Unmeasured(`${what} answered a bucket with le=${JSON.stringify(le)}, which is no number`);
}

function withoutLe({ labels }: Series, what: string): Unmeasured {
  const remedy = isRaw(labels) ? 'ask for the buckets: name_bucket' : 'keep the label: sum by (le) (…)';
  return new Unmeasured(
    `${what} answered the number ${nameOf(labels)}, and a latency needs buckets with the label le, or a native histogram; ${remedy}`,
  );
}

/** Counts that differ by less than this share of all have been rounded. */
const ROUNDING = 1e-6;

/** \`1\` and \`1.0\` are one edge, as two versions of a library write it: their counts add up. */
function onePerEdge(counts: readonly Cumulative[]): readonly Cumulative[] {
  const sums = new Map<number, number>();
  for (const { le, count } of counts) sums.set(le, (sums.get(le) ?? 0) + count);
  return [...sums].map(([le, count]) => ({ le, count })).sort((a, b) => a.le - b.le);
}

/** From counts of all values at most `le` to those of each bucket alone. */
function apart(labels: Series['labels'], counts: readonly Cumulative[], what: string): readonly Bucket[] {
  const rising = onePerEdge(counts);
  const all = rising.at(-1);
  if (all?.le !== Number.POSITIVE_INFINITY) {
    throw new Unmeasured(
      `${what} answered ${nameOf(labels)} without the bucket le="+Inf", so what is above the last edge is unknown`,
    );
  }
  return rising.map(({ le, count }, i) => {
    const below = rising[i - 1] ?? { le: Number.NEGATIVE_INFINITY, count: 0 };
    if (count < below.count - ROUNDING * all.count) {
      throw new Unmeasured(
        `${what} answered ${nameOf(labels)} with ${count} values up to ${le} and ${below.count} up to ${below.le}, and buckets must not fall; are they of one histogram?`,
      );
    }
    return { lower: below.le, upper: le, count: Math.max(0, count - below.count) };
  });
}
