import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sharesOf } from '../../src/judge/alternatives.js';
import type { Block } from '../../src/judge/block.js';
import { logFactor } from '../../src/judge/block.js';
import { devalue, startBlockProcess, updateBlockProcess } from '../../src/judge/block-process.js';
import { addGains, deductionsOf, startBursts } from '../../src/judge/bursts.js';
import { gainsOf } from '../../src/judge/capital.js';
import {
  closeInterval,
  intervalsToLeave,
  needsTwoIntervals,
  phiOf,
  startDispersion,
} from '../../src/judge/dispersion.js';
import { intervalOf } from '../../src/judge/effect-grid.js';
import { effectMargins, valueOfMargin } from '../../src/judge/effect-margins.js';
import {
  type ErrorsComparison,
  errorsFail,
  errorsPass,
  errorTotals,
  startErrors,
  updateErrors,
} from '../../src/judge/errors.js';
import type { Margin } from '../../src/judge/margin.js';
import { type Comparison, sameOnBothSides, type WorseBy } from '../../src/judge/rules.js';
import { binomial, randomFrom } from './samples.js';

const ABSOLUTE = sameOnBothSides({ absolute: 0.005, relative: null });
const RELATIVE = sameOnBothSides({ absolute: null, relative: 0.25 });
const BOTH = sameOnBothSides({ absolute: 0.005, relative: 0.25 });
const CALM = Array.from({ length: 60 }, (_, i) => ({ failed: 5 + (i % 2) * 3, total: 600 }));

/** Each block is one minute. */
function judge(blocks: readonly Block[], comparison: Comparison, history = CALM): ErrorsComparison {
  return blocks.reduce(
    (state, block, i) => updateErrors(state, comparison, { block, clock: { tick: i, interval: i } }),
    startErrors(comparison, history),
  );
}

function blocksOf(rates: { baseline: number; canary: number }, { size = 600, count = 20, seed = 1 } = {}) {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => ({
    xb: binomial(random, size, rates.baseline),
    nb: size,
    xc: binomial(random, size, rates.canary),
    nc: size,
  }));
}

test('a regression is evidence of FAIL and none of PASS, and a healthy canary the other way round', () => {
  const worse = judge(blocksOf({ baseline: 0.01, canary: 0.04 }), ABSOLUTE);
  expect(errorsFail(worse)).toBeGreaterThan(Math.log(100));
  expect(errorsPass(worse)).toBeLessThan(0);
  const healthy = judge(blocksOf({ baseline: 0.01, canary: 0.01 }), ABSOLUTE);
  expect(errorsPass(healthy)).toBeGreaterThan(Math.log(20));
  expect(errorsFail(healthy)).toBeLessThan(0);
});

test('with both margins FAIL is the least of both e-values, and PASS their mean', () => {
  const blocks = blocksOf({ baseline: 0.01, canary: 0.02 });
  const [both, absolute, relative] = [BOTH, ABSOLUTE, RELATIVE].map((comparison) =>
    judge(blocks, comparison),
  );
  if (both === undefined || absolute === undefined || relative === undefined) throw new Error('three judges');
  expect(errorsFail(both)).toBe(Math.min(errorsFail(absolute), errorsFail(relative)));
  const mean = (Math.exp(errorsPass(absolute)) + Math.exp(errorsPass(relative))) / 2;
  expect(Math.exp(errorsPass(both))).toBeCloseTo(mean, 10);
});

test('a block with one arm empty says nothing until the other arm comes, and is then merged', () => {
  const [first, second] = [
    { xb: 3, nb: 300, xc: 0, nc: 0 },
    { xb: 0, nb: 0, xc: 12, nc: 300 },
  ];
  const waiting = judge([first], ABSOLUTE);
  expect(errorsFail(waiting)).toBe(0);
  expect(errorTotals(waiting)).toEqual(first);
  const clock = { tick: 0, interval: 0 };
  const merged = updateErrors(
    updateErrors(startErrors(ABSOLUTE, CALM), ABSOLUTE, { block: first, clock }),
    ABSOLUTE,
    {
      block: second,
      clock,
    },
  );
  expect(errorsFail(merged)).toBe(errorsFail(judge([{ xb: 3, nb: 300, xc: 12, nc: 300 }], ABSOLUTE)));
});

test('without a history evidence is divided by three, and neither one minute decides nor the first two', () => {
  const burst = [
    { xb: 5, nb: 600, xc: 5, nc: 600 },
    { xb: 5, nb: 600, xc: 90, nc: 600 },
  ];
  expect(phiOf(startDispersion([]))).toBe(3);
  expect(needsTwoIntervals(startDispersion([]))).toBe(true);
  expect(errorsFail(judge(burst, ABSOLUTE))).toBeGreaterThan(Math.log(1000));
  expect(errorsFail(judge(burst, ABSOLUTE, []))).toBeLessThan(Math.log(3));
  const lasting = Array.from({ length: 6 }, () => ({ xb: 5, nb: 600, xc: 90, nc: 600 }));
  expect(errorsFail(judge(lasting, ABSOLUTE, []))).toBeGreaterThan(Math.log(1000));
});

test('a history in bursts makes evidence dearer, and switches the two-interval rule on', () => {
  const bursts = Array.from({ length: 60 }, (_, i) => ({ failed: i % 4 === 0 ? 24 : 0, total: 600 }));
  expect(phiOf(startDispersion(bursts))).toBeGreaterThan(2);
  expect(needsTwoIntervals(startDispersion(bursts))).toBe(true);
  expect(phiOf(startDispersion(CALM))).toBe(1);
  expect(needsTwoIntervals(startDispersion(CALM))).toBe(false);
});

test('all evidence is divided by the design effect', () => {
  const bursts = Array.from({ length: 60 }, (_, i) => ({ failed: i % 4 === 0 ? 26 : 0, total: 600 }));
  const block = { xb: 6, nb: 600, xc: 12, nc: 600 };
  const gains = [CALM, bursts].map((history) => {
    const { cash, stakes } = judge([block], ABSOLUTE, history).fail[0]?.capital ?? { cash: 0, stakes: [] };
    return (stakes[3] ?? 0) - ((cash ?? 0) + Math.log(0.18));
  });
  expect((gains[0] ?? 0) / (gains[1] ?? 1)).toBeCloseTo(phiOf(startDispersion(bursts)), 9);
});

test('without a history two intervals are needed even when the canary has been calm for long', () => {
  let dispersion = startDispersion([]);
  for (let i = 0; i < 60; i++) dispersion = closeInterval(dispersion, { xb: 6, nb: 600, xc: 6, nc: 600 });
  expect(phiOf(dispersion)).toBe(1);
  expect(needsTwoIntervals(dispersion)).toBe(true);
});

test('a constant regression and a shared incident are no dispersion', () => {
  let dispersion = startDispersion(CALM);
  for (let i = 0; i < 30; i++) {
    const incident = i >= 10 && i < 15 ? 50 : 0;
    dispersion = closeInterval(dispersion, { xb: 6 + incident, nb: 600, xc: 30 + incident, nc: 600 });
  }
  expect(phiOf(dispersion)).toBe(1);
});

test('a regression that sets in is one large difference, and does not make its own evidence worthless', () => {
  let dispersion = startDispersion(CALM);
  for (let i = 0; i < 40; i++) {
    dispersion = closeInterval(dispersion, { xb: 60, nb: 6000, xc: i < 30 ? 60 : 600, nc: 6000 });
  }
  expect(phiOf(dispersion)).toBeLessThan(1.5);
});

test('bursts that come again and again are dispersion, and soon known to be', () => {
  let dispersion = startDispersion([]);
  for (let i = 0; i < 6; i++) {
    dispersion = closeInterval(dispersion, { xb: i % 2 === 0 ? 600 : 30, nb: 6000, xc: 60, nc: 6000 });
  }
  expect(phiOf(dispersion)).toBeGreaterThan(20);
  expect(intervalsToLeave(dispersion)).toBe(2);
});

test('what was won before bursts were known is divided by what they cost, and what was lost stays lost', () => {
  let process = startBlockProcess('fail', { countsBursts: true });
  const context = {
    side: 'fail',
    margin: { kind: 'absolute', by: 0.005 },
    baseline: 0.01,
    expected: 0.01,
    phi: 1,
    tick: 0,
    isNewInterval: true,
  } as const;
  process = updateBlockProcess(process, { xb: 6, nb: 600, xc: 20, nc: 600 }, context);
  const gains = (of: typeof process) => gainsOf(of.capital, { shares: sharesOf('fail') });
  const before = gains(process);
  const after = gains(devalue(process, 'fail', 4));
  expect(before.some((gain) => (gain ?? 0) > 0) && before.some((gain) => (gain ?? 0) < 0)).toBe(true);
  before.forEach((gain, k) => {
    expect(after[k]).toBeCloseTo((gain ?? 0) > 0 ? (gain ?? 0) / 4 : (gain ?? 0), 9);
  });
  expect(devalue(process, 'fail', 1)).toEqual(process);
});

test('the two-interval rule takes what the best interval brought, the running one included', () => {
  let bursts = startBursts(2);
  bursts = addGains(bursts, [1, -1], { isNew: true });
  bursts = addGains(bursts, [2, -1], { isNew: false });
  expect(deductionsOf(bursts)).toEqual([3, 0]);
  bursts = addGains(bursts, [1, 4], { isNew: true });
  expect(deductionsOf(bursts)).toEqual([3, 4]);
});

const margin: fc.Arbitrary<Margin> = fc.oneof(
  fc.double({ min: 0, max: 0.3, noNaN: true }).map((by) => ({ kind: 'absolute' as const, by })),
  fc.double({ min: 1, max: 3, noNaN: true }).map((times) => ({ kind: 'relative' as const, times })),
);
const rate = fc.double({ min: 1e-4, max: 0.3, noNaN: true });

test('the expectation of a block is at most 1 for all rates within the null', () => {
  fc.assert(
    fc.property(
      margin,
      rate,
      fc.double({ min: 1.01, max: 20, noNaN: true }),
      rate,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      (by, baseline, odds, truth, part, nb, nc) => {
        const bound = Math.min(0.99, by.kind === 'absolute' ? baseline + by.by : baseline * by.times);
        const bet = { baseline, canary: (odds * bound) / (1 - bound + odds * bound) };
        const worst = Math.min(1, by.kind === 'absolute' ? truth + by.by : truth * by.times);
        expect(expectation({ bet, margin: by, truth, canaryTruth: worst * part, nb, nc })).toBeLessThan(
          1 + 1e-9,
        );
        expect(expectation({ bet, margin: by, truth, canaryTruth: worst, nb, nc })).toBeLessThan(1 + 1e-9);
      },
    ),
  );
});

/** Summed over all outcomes. */
function expectation(world: {
  readonly bet: { readonly baseline: number; readonly canary: number };
  readonly margin: Margin;
  readonly truth: number;
  readonly canaryTruth: number;
  readonly nb: number;
  readonly nc: number;
}): number {
  const { bet, margin: by, truth, canaryTruth, nb, nc } = world;
  let sum = 0;
  for (let xb = 0; xb <= nb; xb++) {
    for (let xc = 0; xc <= nc; xc++) {
      const chance = chanceOf(xb, nb, truth) * chanceOf(xc, nc, canaryTruth);
      sum += chance * Math.exp(logFactor({ xb, nb, xc, nc }, bet, by));
    }
  }
  return sum;
}

function chanceOf(x: number, n: number, p: number): number {
  let choose = 1;
  for (let i = 0; i < x; i++) choose *= (n - i) / (i + 1);
  return choose * p ** x * (1 - p) ** (n - x);
}

test('one more failure of the canary never lowers FAIL nor raises PASS, of the baseline the other way round', () => {
  const counts = fc.record({ xb: fc.nat(40), nb: fc.constant(600), xc: fc.nat(40), nc: fc.constant(600) });
  fc.assert(
    fc.property(counts, counts, fc.constantFrom(ABSOLUTE, RELATIVE, BOTH), (before, block, comparison) => {
      const found = judge([before, block], comparison);
      const worse = judge([before, { ...block, xc: block.xc + 1 }], comparison);
      expect(errorsFail(worse)).toBeGreaterThanOrEqual(errorsFail(found));
      expect(errorsPass(worse)).toBeLessThanOrEqual(errorsPass(found));
      const excused = judge([before, { ...block, xb: block.xb + 1 }], comparison);
      expect(errorsFail(excused)).toBeLessThanOrEqual(errorsFail(found));
      expect(errorsPass(excused)).toBeGreaterThanOrEqual(errorsPass(found));
    }),
    { numRuns: 60 },
  );
});

test('a wider margin is never easier to exceed', () => {
  const blocks = blocksOf({ baseline: 0.01, canary: 0.03 });
  const logs = [0, 0.001, 0.002, 0.005, 0.01, 0.05].map((absolute) =>
    errorsFail(judge(blocks, sameOnBothSides({ absolute, relative: null }))),
  );
  expect(logs).toEqual([...logs].sort((a, b) => b - a));
});

test('a late regression is found though the canary was healthy for long', () => {
  const blocks = [
    ...blocksOf({ baseline: 0.01, canary: 0.01 }, { count: 30 }),
    ...blocksOf({ baseline: 0.01, canary: 0.05 }, { count: 6 }),
  ];
  expect(errorsFail(judge(blocks, ABSOLUTE))).toBeGreaterThan(Math.log(100));
});

test.each<[string, WorseBy, number]>([
  ['a difference', { absolute: 0.005, relative: null }, 0.02],
  ['a ratio', { absolute: null, relative: 0.25 }, 3],
])(
  'the confidence sequence of %s holds the true effect, is narrow, and never widens',
  (_, worseBy, truth) => {
    const comparison = sameOnBothSides(worseBy);
    const candidates = effectMargins(comparison).map(valueOfMargin);
    const blocks = blocksOf({ baseline: 0.01, canary: 0.03 }, { count: 60 });
    let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let count = 1; count <= blocks.length; count += 7) {
      const found = intervalOf(judge(blocks.slice(0, count), comparison).effect, candidates);
      expect(found.low ?? low).toBeGreaterThanOrEqual(low);
      expect(found.high ?? high).toBeLessThanOrEqual(high);
      [low, high] = [found.low ?? low, found.high ?? high];
    }
    expect(low).toBeLessThanOrEqual(truth);
    expect(high).toBeGreaterThanOrEqual(truth);
    expect(low).toBeGreaterThanOrEqual(truth / 4);
    expect(high).toBeLessThanOrEqual(truth * 2);
  },
);
