import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createScale } from '../../../src/metrics/prometheus/distribution.js';
import type { Series } from '../../../src/metrics/prometheus/envelope.js';
import {
  type Histogram,
  histogramIncrease,
  histogramsOf,
} from '../../../src/metrics/prometheus/histograms.js';

const NAME = 'seconds_bucket';

/** Buckets of classic histograms: values up to each edge. */
function classic(
  pods: Readonly<Record<string, Readonly<Record<string, number>>>>,
  name: string | null = NAME,
): Series[] {
  return Object.entries(pods).flatMap(([pod, buckets]) =>
    Object.entries(buckets).map(([le, value]) => ({
      labels: { ...(name === null ? {} : { __name__: name }), pod, le },
      points: [{ at: 0, value }],
    })),
  );
}

/** `[index, count]`: buckets `(2^((i-1)/2^schema), 2^(i/2^schema)]`. */
function native(schema: number, counts: readonly (readonly [number, number])[], pod = 'a'): Series[] {
  const edge = (i: number) => 2 ** (i / 2 ** schema);
  const buckets = counts.map(([i, count]) => ({ lower: edge(i - 1), upper: edge(i), count }));
  return [{ labels: { __name__: 'seconds', pod }, points: [{ at: 0, value: { buckets } }] }];
}

const histograms = (series: readonly Series[]) => histogramsOf(series, 'canary.buckets');
const increase = (before: readonly Series[], now: readonly Series[]) =>
  histogramIncrease(histograms(before), histograms(now));
const put = (canary: readonly Histogram[] | null, baseline: readonly Histogram[] | null = null) =>
  createScale('s').put({ canary, baseline });

describe('classic buckets', () => {
  test('become counts of each bucket alone, in milliseconds, over all pods', () => {
    const { amount } = increase(
      classic({ a: { '0.07': 1, '0.25': 1, '+Inf': 2 }, b: { '0.07': 0, '0.25': 0, '+Inf': 0 } }),
      classic({ a: { '0.07': 4, '0.25': 6, '+Inf': 8 }, b: { '0.07': 1, '0.25': 1, '+Inf': 3 } }),
    );
    expect(put(amount).canary).toEqual({ edges: [70, 250], counts: [4, 2, 3] });
  });

  test('are the same however their edges are written', () => {
    const { amount } = increase(classic({ a: { '5': 1, '+Inf': 1 } }), classic({ a: { '5': 2, '+Inf': 2 } }));
    expect(put(amount).canary).toEqual({ edges: [5000], counts: [1, 0] });
    expect(put([...histograms(classic({ a: { '1e-05': 1, '+Inf': 1 } })).values()]).canary).toMatchObject({
      edges: [0.01],
    });
  });

  test('one edge written in two ways is one', () => {
    const found = histograms(classic({ a: { '0.5': 1, '1': 2, '1.0': 3, '+Inf': 9 } }));
    expect(put([...found.values()]).canary).toEqual({ edges: [500, 1000], counts: [1, 4, 4] });
  });

  test('an edge at zero separates nothing', () => {
    const found = histograms(classic({ a: { '0': 1, '0.5': 3, '+Inf': 3 } }));
    expect(put([...found.values()]).canary).toEqual({ edges: [500], counts: [3, 0] });
  });

  test('a pod that restarted counts from zero in all its buckets, and is named', () => {
    const { amount, notes } = increase(
      classic({ a: { '0.1': 90, '+Inf': 100 } }),
      classic({ a: { '0.1': 5, '+Inf': 200 } }),
    );
    expect(put(amount).canary).toEqual({ edges: [100], counts: [5, 195] });
    expect(notes).toEqual(['seconds_bucket{pod="a"} went back and counts from zero again']);
  });

  test('a new pod counts from zero, and is named', () => {
    const { amount, notes } = increase(
      classic({ a: { '0.1': 1, '+Inf': 1 } }),
      classic({ a: { '0.1': 1, '+Inf': 1 }, b: { '0.1': 2, '+Inf': 2 } }),
    );
    expect(put(amount).canary).toEqual({ edges: [100], counts: [2, 0] });
    expect(notes).toEqual(['seconds_bucket{pod="b"} is new and counts from zero']);
  });

  test('a sum by (le) that goes back is refused', () => {
    const sum = (count: number) => classic({ a: { '0.1': count, '+Inf': count } }, null);
    expect(() => increase(sum(10), sum(4))).toThrow(/went back in one of its buckets/);
  });

  test('a hair of rounding is none, a bucket that falls is named', () => {
    const of = (low: number) => classic({ a: { '0.1': low, '0.2': 10, '+Inf': 10 } });
    expect(put([...histograms(of(10.000_000_1)).values()]).canary).toMatchObject({
      counts: [10.000_000_1, 0, 0],
    });
    expect(() => histograms(of(11))).toThrow(
      /seconds_bucket\{pod="a"\} with 10 values up to 0\.2 and 11 up to 0\.1, and buckets must not fall/,
    );
  });

  test.each<[string, Series[], RegExp]>([
    ['no bucket above all edges', classic({ a: { '0.1': 1 } }), /without the bucket le="\+Inf"/],
    ['an edge that is no number', classic({ a: { fast: 1, '+Inf': 1 } }), /le="fast", which is no number/],
    [
      'a count that is none',
      classic({ a: { '0.1': Number.NaN, '+Inf': 1 } }),
      /answered NaN for seconds_bucket/,
    ],
    ['a count below zero', classic({ a: { '0.1': -1, '+Inf': 1 } }), /answered -1 .*not below zero/],
    [
      'no buckets',
      [{ labels: { __name__: 'x' }, points: [{ at: 0, value: 1 }] }],
      /ask for the buckets: name_bucket/,
    ],
    ['a sum without le', [{ labels: {}, points: [{ at: 0, value: 1 }] }], /keep the label: sum by \(le\)/],
    [
      'both kinds at once',
      [...classic({ a: { '+Inf': 1 } }), ...native(3, [[0, 1]])],
      /histograms and numbers together/,
    ],
    ['nothing', [], /found no series/],
  ])('%s is named', (_name, series, says) => {
    expect(() => histograms(series)).toThrow(says);
  });

  test('pods with different edges cannot be added, and that is said', () => {
    const found = histograms(classic({ a: { '0.1': 1, '+Inf': 1 }, b: { '0.2': 1, '+Inf': 1 } }));
    expect(put([...found.values()])).toMatchObject({
      canary: null,
      problem: expect.stringMatching(
        /canary: .*different buckets \(0\.1, Infinity and 0\.2, Infinity\), and cannot be added/,
      ),
    });
  });

  test('arms with different edges cannot be compared, and the canary is still measured', () => {
    const of = (le: string) => [...histograms(classic({ a: { [le]: 1, '+Inf': 1 } })).values()];
    expect(put(of('0.1'), of('0.2'))).toMatchObject({
      canary: { edges: [100] },
      baseline: null,
      problem: expect.stringContaining('edges 100 ms and the baseline with 200 ms'),
    });
  });
});

describe('native histograms', () => {
  test('a bucket that ends before it begins is refused, and the next answer is as good as ever', () => {
    const series = (lower: number, upper: number): Series[] => [
      { labels: {}, points: [{ at: 0, value: { buckets: [{ lower, upper, count: 100 }] } }] },
    ];
    expect(() => histograms(series(2, 1))).toThrow('answered a bucket from 2 to 1');
    const [one] = histograms(series(1, 1.1)).values();
    const many = Array.from({ length: 150_000 }, () => one).filter((found) => found !== undefined);
    expect(put(many).canary).toMatchObject({ counts: expect.arrayContaining([15_000_000]) });
  });

  const countAt = (sample: ReturnType<typeof put>['canary'], ms: number) =>
    sample && 'edges' in sample ? sample.counts[sample.edges.indexOf(ms)] : undefined;

  test('rise bucket by bucket; one that was not there had nothing in it', () => {
    const { amount } = increase(
      native(3, [[0, 5]]),
      native(3, [
        [-8, 2],
        [0, 9],
      ]),
    );
    const { canary } = put(amount);
    expect([countAt(canary, 500), countAt(canary, 1000)]).toEqual([2, 4]);
  });

  test('that became coarser in between are compared in the coarser buckets', () => {
    const { amount } = increase(
      native(3, [
        [7, 1],
        [8, 1],
      ]),
      native(2, [[4, 5]]),
    );
    expect(countAt(put(amount).canary, 2000)).toBe(3);
  });

  test('whose buckets fit no more, without having gone back, are refused', () => {
    expect(() => increase(native(3, [[0, 1]]), native(3, [[1, 5]]))).toThrow(
      /buckets of .* changed while it was measured/,
    );
  });

  test('of which a bucket went back count from zero', () => {
    const { amount, notes } = increase(native(3, [[0, 5]]), native(3, [[0, 2]]));
    expect(countAt(put(amount).canary, 1000)).toBe(2);
    expect(notes).toEqual(['seconds{pod="a"} went back and counts from zero again']);
  });

  test('with a count that is none are named', () => {
    expect(() => histograms(native(3, [[0, Number.NaN]]))).toThrow(/answered NaN in the bucket to 1/);
  });

  test('both arms and all batches have the same edges, as the coarser arm needs them', () => {
    const scale = createScale('s');
    const fine = [...histograms(native(3, [[0, 5]])).values()];
    const coarse = [...histograms(native(1, [[0, 5]])).values()];
    const edges = (sample: ReturnType<typeof scale.put>['canary']) =>
      sample && 'edges' in sample ? sample.edges : [];
    const first = scale.put({ canary: fine, baseline: coarse });
    const second = scale.put({ canary: fine, baseline: fine });
    expect(edges(first.canary)).toEqual(edges(first.baseline));
    expect(edges(second.canary)).toEqual(edges(first.canary));
    expect(first.problem).toBeUndefined();
  });

  test('values below and above all edges are in the outermost buckets', () => {
    const odd: Histogram = {
      labels: {},
      kind: 'native',
      buckets: [
        { lower: -1e-9, upper: 1e-9, count: 1 },
        { lower: 2 ** 20, upper: Infinity, count: 2 },
      ],
    };
    const { canary } = put([odd]);
    expect(canary && 'counts' in canary ? [canary.counts[0], canary.counts.at(-1)] : []).toEqual([1, 2]);
  });

  test('law: no count is lost on the ladder, and each lies at or above its bucket and less than a step too high', () => {
    const bucket = fc.tuple(fc.double({ min: -13, max: 8, noNaN: true }), fc.integer({ min: 1, max: 1e6 }));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 8 }),
        bucket,
        fc.constantFrom('s' as const, 'ms' as const),
        (schema, [doubling, count], unit) => {
          const i = Math.round(doubling * 2 ** schema);
          const found = [...histograms(native(schema, [[i, count]])).values()];
          const { canary } = createScale(unit).put({ canary: found, baseline: null });
          if (!(canary && 'edges' in canary)) throw new Error('no ladder');
          expect(canary.counts.reduce((sum, one) => sum + one, 0)).toBe(count);
          const at = canary.counts.indexOf(count);
          const upper = 2 ** (i / 2 ** schema) * (unit === 's' ? 1000 : 1);
          const step = 2 ** (1 / Math.min(8, 2 ** schema));
          expect(canary.edges[at]).toBeGreaterThanOrEqual(upper * (1 - 1e-9));
          if (at > 0) expect(canary.edges[at]).toBeLessThan(upper * step * (1 + 1e-6));
        },
      ),
    );
  });
});
