import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dealPast, isEnoughPast, type PastSample } from '../../src/judge/pairing.js';
import type { Batch } from '../../src/metrics/contract.js';

const past = (count: number, everyMs = 1000): PastSample[] =>
  Array.from({ length: count }, (_, i) => ({
    from: i * everyMs,
    to: (i + 1) * everyMs,
    kind: 'errors' as const,
    sample: { total: 10 + i, failed: i % 2 },
  }));

function live(from: number, to: number): Batch {
  return { kind: 'errors', from, to, canary: { total: 5, failed: 0 }, baseline: null };
}

describe('the past beside a watch', () => {
  test('is dealt out once, all of it by the end, and by the times alone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 40 }),
        (count, lengths) => {
          const samples = past(count);
          const start = 1_000_000;
          const end = start + lengths.reduce((all, one) => all + one, 0);
          const deal = dealPast(samples, { from: start, to: end });
          let at = start;
          let total = 0;
          for (const length of lengths) {
            const dealt = deal(live(at, at + length));
            at += length;
            expect(dealt).toMatchObject({ kind: 'errors', canary: { total: 5, failed: 0 } });
            total += dealt.kind === 'errors' ? (dealt.baseline?.total ?? Number.NaN) : Number.NaN;
          }
          expect(total).toBe(
            samples.reduce(
              (all, one) =>
                all +
                ('sample' in one && typeof one.sample === 'object' && 'total' in one.sample
                  ? one.sample.total
                  : 0),
              0,
            ),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  test('keeps its order: the first half of the watch meets the first half of the past', () => {
    const deal = dealPast(past(10), { from: 0, to: 100_000 });
    expect(deal(live(0, 50_000))).toMatchObject({ baseline: { total: 10 + 11 + 12 + 13 + 14 } });
    expect(deal(live(50_000, 100_000))).toMatchObject({ baseline: { total: 15 + 16 + 17 + 18 + 19 } });
    expect(deal(live(100_000, 101_000))).toMatchObject({ baseline: { total: 0, failed: 0 } });
  });

  test('of latencies comes in the form of the live ones', () => {
    const values: PastSample = { from: 0, to: 1000, kind: 'latency', sample: { values: [3, 4] } };
    const buckets: PastSample = {
      from: 0,
      to: 1000,
      kind: 'latency',
      sample: { edges: [5], counts: [2, 1] },
    };
    const batch = (canary: object) =>
      ({ kind: 'latency', from: 0, to: 1000, canary, baseline: null }) as Batch;
    const watch = { from: 0, to: 1000 };
    expect(dealPast([values], watch)(batch({ values: [1] }))).toMatchObject({ baseline: { values: [3, 4] } });
    expect(dealPast([buckets], watch)(batch({ edges: [5], counts: [1, 0] }))).toMatchObject({
      baseline: { edges: [5], counts: [2, 1] },
    });
    expect(dealPast([buckets], watch)(batch({ edges: [6], counts: [1, 0] }))).toMatchObject({
      baseline: { edges: [6], counts: [0, 0] },
    });
  });

  test('of a gauge is enough when it covers most of the watch, of the others when there is any', () => {
    const gauge = past(5).map(({ from, to }) => ({ from, to, kind: 'gauge' as const, sample: 1 }));
    expect(isEnoughPast(gauge, 5_000)).toBe(true);
    expect(isEnoughPast(gauge, 10_000)).toBe(false);
    expect(isEnoughPast(past(1), 600_000)).toBe(true);
    expect(isEnoughPast([], 1_000)).toBe(false);
  });
});
