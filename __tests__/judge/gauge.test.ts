import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { intervalOf } from '../../src/judge/effect-grid.js';
import {
  differenceOf,
  gaugeCandidates,
  gaugeFail,
  gaugeMargins,
  gaugePass,
  type Pair,
  signsFail,
  startGauge,
  updateGauge,
} from '../../src/judge/gauge.js';
import { logLevelShift } from '../../src/judge/level-shift.js';
import { forecast } from '../../src/judge/prewhitening.js';
import { sameOnBothSides } from '../../src/judge/rules.js';
import { normal, randomFrom } from './samples.js';

const RATIO = sameOnBothSides({ absolute: null, relative: 0.1 });
const DIFFERENCE = sameOnBothSides({ absolute: 10, relative: null });

function judge(pairs: readonly Pair[], better: 'lower' | 'higher' = 'lower', comparison = RATIO) {
  return pairs.reduce(
    (state, pair) => updateGauge(state, { better, comparison }, pair),
    startGauge(comparison),
  );
}

function pairsOf(times: number, { count = 60, seed = 2 } = {}): readonly Pair[] {
  const random = randomFrom(seed);
  const noisy = () => 100 * Math.exp(0.05 * normal(random));
  return Array.from({ length: count }, () => ({ canary: times * noisy(), baseline: noisy() }));
}

test('what doubles fails within 20 pairs, and what is the same passes', () => {
  expect(gaugeFail(judge(pairsOf(2, { count: 20 })))).toBeGreaterThan(Math.log(100));
  expect(gaugePass(judge(pairsOf(2)))).toBeLessThan(0);
  expect(gaugeFail(judge(pairsOf(1)))).toBeLessThan(0);
  expect(gaugePass(judge(pairsOf(1)))).toBeGreaterThan(Math.log(20));
});

test('where more is better the arms change places', () => {
  const halved = pairsOf(0.5);
  expect(gaugeFail(judge(halved, 'higher'))).toBeGreaterThan(Math.log(100));
  expect(gaugeFail(judge(halved, 'lower'))).toBeLessThan(0);
  const { failAbove } = gaugeMargins({ better: 'higher', comparison: RATIO });
  expect(differenceOf({ better: 'higher', comparison: RATIO }, { canary: 90, baseline: 100 })).toBeCloseTo(
    failAbove,
  );
});

test('a difference is compared in its own unit, and may be of any sign', () => {
  const rule = { better: 'lower', comparison: DIFFERENCE } as const;
  expect(differenceOf(rule, { canary: -5, baseline: -20 })).toBe(15);
  const random = randomFrom(8);
  const pairs = Array.from({ length: 60 }, () => ({ canary: normal(random) + 25, baseline: normal(random) }));
  expect(gaugeFail(judge(pairs, 'lower', DIFFERENCE))).toBeGreaterThan(Math.log(100));
});

test('a pair brings at most log 2, however large it is', () => {
  const calm = judge(pairsOf(1, { count: 10 }));
  const rule = { better: 'lower', comparison: RATIO } as const;
  const shocked = updateGauge(calm, rule, { canary: 1e12, baseline: 1e-12 });
  expect(gaugeFail(shocked) - gaugeFail(calm)).toBeLessThanOrEqual(Math.log(2));
  expect(gaugeFail(shocked)).toBeGreaterThan(gaugeFail(calm));
});

test('nothing against nothing is no difference, and three pairs decide nothing', () => {
  expect(differenceOf({ better: 'lower', comparison: RATIO }, { canary: 0, baseline: 0 })).toBe(0);
  const three = judge(pairsOf(9, { count: 3 }));
  expect(signsFail(three)).toBe(0);
  expect(gaugeFail(three)).toBeLessThan(Math.log(3));
  expect(gaugePass(three)).toBe(0);
});

test('a larger last value never lowers the signs of FAIL nor raises PASS', () => {
  const readings = fc.double({ min: 1, max: 1e4, noNaN: true });
  fc.assert(
    fc.property(fc.array(readings, { minLength: 4, maxLength: 30 }), readings, (past, last) => {
      const before = judge(past.map((canary) => ({ canary, baseline: 100 })));
      const rule = { better: 'lower', comparison: RATIO } as const;
      const found = updateGauge(before, rule, { canary: last, baseline: 100 });
      const worse = updateGauge(before, rule, { canary: last * 1.5, baseline: 100 });
      expect(signsFail(worse)).toBeGreaterThanOrEqual(signsFail(found));
      expect(gaugePass(worse)).toBeLessThanOrEqual(gaugePass(found));
    }),
  );
});

test('with a history a jump is found within 8 pairs, and an outlier among them is none', () => {
  const random = randomFrom(3);
  const noisy = () => 100 * Math.exp(0.05 * normal(random));
  const readings = Array.from({ length: 60 }, noisy);
  const follow = (pairs: readonly Pair[]) => {
    const rule = { better: 'lower', comparison: RATIO } as const;
    return pairs.reduce((state, pair) => updateGauge(state, rule, pair), startGauge(RATIO, readings));
  };
  const jumped = Array.from({ length: 8 }, () => ({ canary: 1.5 * noisy(), baseline: noisy() }));
  expect(gaugeFail(follow(jumped))).toBeGreaterThan(Math.log(100));
  const calm = Array.from({ length: 8 }, () => ({ canary: noisy(), baseline: noisy() }));
  const once = calm.map((pair, i) => (i === 4 ? { ...pair, canary: 100 * pair.canary } : pair));
  expect(gaugeFail(follow(calm))).toBeLessThan(0);
  expect(gaugeFail(follow(once))).toBeLessThan(Math.log(3));
});

test('a level shift does not depend on the unit of the noise', () => {
  const values = pairsOf(1.3, { count: 20 }).map(({ canary, baseline }) => Math.log(canary / baseline));
  const shift = (unit: number) =>
    logLevelShift({ values: values.map((value) => unit * value), before: 0, known: null });
  expect(shift(1)).toBeGreaterThan(3);
  expect(shift(1000)).toBeCloseTo(shift(1), 9);
  expect(shift(1e-6)).toBeCloseTo(shift(1), 9);
});

test.each([
  ['nothing but zeros', [0, 0, 0, 0, 0]],
  ['one value again and again', [1, 1, 1, 1, 1]],
  ['the widest span', [-55, 55, -55, 55, 55]],
  ['a single pair', [7]],
])('%s gives a finite level shift', (_, values) => {
  const known = { correlation: 0.5, scatter: 1e-12 };
  expect(logLevelShift({ values, before: 0, known: null })).toBeLessThan(1e6);
  expect(logLevelShift({ values, before: 0, known })).not.toBeNaN();
});

test('constant readings have a forecast, too', () => {
  expect(forecast([1, 1, 1, 1, 1])).toEqual({ correlation: expect.any(Number), last: 1, scatter: 1e-12 });
  expect(forecast([1, 1])).toBeNull();
});

test('the confidence sequence holds the true ratio', () => {
  const { effect } = judge(pairsOf(1.5, { count: 200 }));
  const { low, high } = intervalOf(effect, gaugeCandidates(RATIO));
  expect(low).toBeGreaterThanOrEqual(1.1);
  expect(low).toBeLessThanOrEqual(1.5);
  expect(high).toBeGreaterThanOrEqual(1.5);
  expect(high).toBeLessThanOrEqual(2);
});
