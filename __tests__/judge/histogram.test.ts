import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { upperTail } from '../../src/judge/binomial.js';
import {
  addValues,
  countAboveUnit,
  countOf,
  emptyHistogram,
  mergeHistograms,
  quantileOf,
} from '../../src/judge/histogram.js';

const unit = fc.double({ min: 0.01, max: 1e5, noNaN: true });
const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
const quantile = fc.constantFrom(0.5, 0.55, 0.9, 0.95, 0.99, 0.999, 1);

test('a quantile is never below the true one, and at most 2 % above it', () => {
  fc.assert(
    fc.property(unit, values, quantile, (one, all, q) => {
      const sorted = [...all].sort((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(q * all.length - 1e-9)) - 1] ?? Number.NaN;
      const read = quantileOf(addValues(emptyHistogram(one), all), q) ?? Number.NaN;
      expect(read).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
      expect(read).toBeLessThanOrEqual(Math.max(exact * 1.02 * (1 + 1e-12), one * 1e-6 * 1.02));
    }),
  );
});

test('how many values are above the unit is exact, at the unit itself too', () => {
  fc.assert(
    fc.property(unit, values, (one, all) => {
      const withEdge = [...all, one, one * (1 + 1e-15), one * (1 - 1e-15)];
      const above = withEdge.filter((value) => value / one > 1).length;
      expect(countAboveUnit(addValues(emptyHistogram(one), withEdge))).toBe(above);
    }),
  );
});

test('merging is adding', () => {
  fc.assert(
    fc.property(unit, values, values, (one, a, b) => {
      const merged = mergeHistograms(addValues(emptyHistogram(one), a), addValues(emptyHistogram(one), b));
      expect(merged).toEqual(addValues(emptyHistogram(one), [...a, ...b]));
      expect(countOf(merged)).toBe(a.length + b.length);
    }),
  );
});

test('histograms of different edges are not merged', () => {
  expect(() => mergeHistograms(emptyHistogram(1), emptyHistogram(2))).toThrow('cannot be merged');
});

test('without values there is no quantile', () => {
  expect(quantileOf(emptyHistogram(1), 0.5)).toBeNull();
});

/** P(X >= successes) by whole numbers only: share is `per` in 10,000. */
function exactTail(successes: number, trials: number, per: number): number {
  let sum = 0n;
  let choose = 1n;
  for (let k = 0; k <= trials; k++) {
    if (k >= successes) sum += choose * BigInt(per) ** BigInt(k) * BigInt(10_000 - per) ** BigInt(trials - k);
    choose = (choose * BigInt(trials - k)) / BigInt(k + 1);
  }
  return Number((sum * 10n ** 30n) / 10_000n ** BigInt(trials)) / 1e30;
}

test('the binomial tail agrees with exact arithmetic', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.nat(),
      fc.integer({ min: 1, max: 9999 }),
      (trials, some, per) => {
        const successes = some % (trials + 1);
        expect(
          Math.abs(upperTail(successes, trials, per / 10_000) - exactTail(successes, trials, per)),
        ).toBeLessThan(1e-11);
      },
    ),
  );
});

test('the tail is right where there is nothing to add up', () => {
  expect(upperTail(0, 10, 0)).toBe(1);
  expect(upperTail(1, 10, 0)).toBe(0);
  expect(upperTail(10, 10, 1)).toBe(1);
  expect(upperTail(11, 10, 0.5)).toBe(0);
});

test('a bound from the tables: 5 failures of 100 have a 99 % lower bound of 1.29 %', () => {
  expect(upperTail(5, 100, 0.0128)).toBeLessThan(0.01);
  expect(upperTail(5, 100, 0.0132)).toBeGreaterThan(0.01);
});

test('millions of requests take no time', () => {
  const started = performance.now();
  expect(upperTail(50_500, 5_000_000, 0.01)).toBeCloseTo(0.0126, 3);
  expect(performance.now() - started).toBeLessThan(100);
});
