import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  latencyFail,
  latencyPass,
  latencyScale,
  latencyTotals,
  startLatency,
  updateLatency,
} from '../../src/judge/latency.js';
import { sameOnBothSides } from '../../src/judge/rules.js';
import { binOf, logScale, raisedBin, type Scale, upperEdge } from '../../src/judge/scale.js';
import { addSketches, quantileBin, sketchOf, tailOf, totalOf } from '../../src/judge/sketch.js';
import { normal, randomFrom } from './samples.js';

const TEN_PERCENT = sameOnBothSides({ absolute: null, relative: 0.1 });
const value = fc.double({ min: 1e-12, max: 1e12, noNaN: true });

test('a value lies in its bin, and bins of 10 % are 2.4 % wide', () => {
  const scale = logScale([0.1]);
  fc.assert(
    fc.property(value, (x) => {
      const bin = binOf(scale, x);
      expect(upperEdge(scale, bin)).toBeGreaterThanOrEqual(x * (1 - 1e-9));
      expect(upperEdge(scale, bin - 1)).toBeLessThan(x * (1 + 1e-9));
      expect(upperEdge(scale, bin) / upperEdge(scale, bin - 1)).toBeCloseTo(1.1 ** 0.25, 9);
    }),
  );
});

test('the margin above a threshold is an edge, too', () => {
  fc.assert(
    fc.property(value, fc.constantFrom(0.01, 0.05, 0.1, 0.5, 1), (x, margin) => {
      const scale = logScale([margin]);
      const bin = binOf(scale, x);
      for (const round of ['up', 'down'] as const) {
        const raised = raisedBin(scale, { bin, times: 1 + margin, round });
        expect(raised).toBe(bin + 4);
        expect(upperEdge(scale, raised ?? 0) / upperEdge(scale, bin)).toBeCloseTo(1 + margin, 9);
      }
    }),
  );
});

test('where two margins do not fit one scale, FAIL claims no more and PASS no less than its margin', () => {
  const scale = logScale([0.1, 0.25]);
  const [up, down] = (['up', 'down'] as const).map(
    (round) => raisedBin(scale, { bin: 0, times: 1.25, round }) ?? 0,
  );
  expect(upperEdge(scale, up ?? 0)).toBeGreaterThanOrEqual(1.25);
  expect(upperEdge(scale, down ?? 0)).toBeLessThanOrEqual(1.25);
  expect((up ?? 0) - (down ?? 0)).toBe(1);
});

test('without a margin the threshold is the same for both arms', () => {
  const scale = logScale([0]);
  expect(raisedBin(scale, { bin: 7, times: 1, round: 'up' })).toBe(7);
  expect(raisedBin(scale, { bin: 7, times: 1, round: 'down' })).toBe(7);
});

test('on the edges of a histogram the margin is the next one that the edges allow', () => {
  const scale: Scale = { kind: 'edges', edges: [10, 50, 100, 110, 250] };
  expect(raisedBin(scale, { bin: 2, times: 1.1, round: 'up' })).toBe(3);
  expect(raisedBin(scale, { bin: 1, times: 1.1, round: 'down' })).toBe(2);
  expect(raisedBin(scale, { bin: 4, times: 1.1, round: 'up' })).toBeNull();
  expect(raisedBin(scale, { bin: 5, times: 1.1, round: 'up' })).toBeNull();
  expect([9, 10, 10.1, 250, 251].map((x) => binOf(scale, x))).toEqual([0, 0, 1, 4, 5]);
});

test('a sketch counts as a list of bins does', () => {
  const bins = fc.array(fc.integer({ min: -300, max: 300 }));
  fc.assert(
    fc.property(bins, bins, fc.integer({ min: -350, max: 350 }), (a, b, bin) => {
      const sum = addSketches(sketchOf(a), sketchOf(b));
      const all = [...a, ...b];
      expect(totalOf(sum)).toBe(all.length);
      expect(tailOf(sum).above(bin)).toBe(all.filter((one) => one > bin).length);
      const sorted = [...all].sort((x, y) => x - y);
      expect(quantileBin(sum, 0.5)).toBe(sorted[Math.ceil(all.length / 2) - 1] ?? null);
    }),
  );
});

function judge(times: (i: number) => number, { minutes = 20, size = 200, comparison = TEN_PERCENT } = {}) {
  const random = randomFrom(3);
  let state = startLatency(comparison);
  for (let i = 0; i < minutes; i++) {
    const arm = (factor: number) =>
      sketchOf(
        Array.from({ length: size }, () => binOf(state.scale, factor * 100 * Math.exp(0.6 * normal(random)))),
      );
    const batch = { canary: arm(times(i)), baseline: arm(1) };
    state = updateLatency(state, batch, { comparison, quantile: 0.95, clock: { tick: i, interval: i } });
  }
  return state;
}

test('a canary that is twice as slow fails, a healthy one passes, and neither does the other', () => {
  const slow = judge(() => 2);
  expect(latencyFail(slow)).toBeGreaterThan(Math.log(1000));
  expect(latencyPass(slow)).toBeLessThan(0);
  const healthy = judge(() => 1);
  expect(latencyFail(healthy)).toBeLessThan(Math.log(3));
  expect(latencyPass(healthy)).toBeGreaterThan(Math.log(20));
});

test('a regression of the tail alone is found', () => {
  const random = randomFrom(4);
  let state = startLatency(TEN_PERCENT);
  for (let i = 0; i < 30; i++) {
    const arm = (tail: number) =>
      sketchOf(
        Array.from({ length: 300 }, () => {
          const one = 100 * Math.exp(0.3 * normal(random));
          return binOf(state.scale, random() < 0.03 ? one * tail : one);
        }),
      );
    const context = { comparison: TEN_PERCENT, quantile: 0.5, clock: { tick: i, interval: i } };
    state = updateLatency(state, { canary: arm(5), baseline: arm(1) }, context);
  }
  expect(latencyFail(state)).toBeGreaterThan(Math.log(100));
  expect(latencyPass(state)).toBeGreaterThan(Math.log(20));
});

test('the first batches have no past to be judged by, and say nothing', () => {
  expect(latencyFail(judge(() => 50, { minutes: 1 }))).toBe(0);
  expect(latencyPass(judge(() => 50, { minutes: 1 }))).toBe(0);
});

test('an arm that comes alone waits for the other', () => {
  const context = { comparison: TEN_PERCENT, quantile: 0.95, clock: { tick: 1, interval: 1 } };
  const state = judge(() => 1, { minutes: 5 });
  const { scale } = state;
  const [none, some] = [sketchOf([]), sketchOf(Array.from({ length: 100 }, () => binOf(scale, 900)))];
  const waiting = updateLatency(state, { canary: some, baseline: none }, context);
  expect(latencyFail(waiting)).toBe(latencyFail(state));
  expect(totalOf(latencyTotals(waiting).canary)).toBe(1100);
  const baseline = sketchOf(Array.from({ length: 100 }, () => binOf(scale, 100)));
  const later = updateLatency(waiting, { canary: none, baseline }, context);
  expect(latencyFail(later)).toBe(latencyFail(updateLatency(state, { canary: some, baseline }, context)));
  expect(latencyPass(later)).toBeLessThan(latencyPass(state));
});

test('no single minute decides, unless a history shows that latencies do not come in bursts', () => {
  const scale = latencyScale(TEN_PERCENT);
  const random = randomFrom(4);
  const sketch = (times: number) =>
    sketchOf(Array.from({ length: 600 }, () => binOf(scale, times * 100 * Math.exp(0.6 * normal(random)))));
  const calm = Array.from({ length: 60 }, () => sketch(1));
  const restless = Array.from({ length: 60 }, () => sketch(Math.exp(0.2 * normal(random))));
  const burst = (history: readonly ReturnType<typeof sketch>[]) =>
    [1, 1, 1, 2].reduce(
      (state, times, i) =>
        updateLatency(
          state,
          { canary: sketch(times), baseline: sketch(1) },
          { comparison: TEN_PERCENT, quantile: 0.95, clock: { tick: i, interval: i } },
        ),
      startLatency(TEN_PERCENT, scale, history),
    );
  expect(latencyFail(burst(calm))).toBeGreaterThan(Math.log(1000));
  expect(latencyFail(burst([]))).toBeLessThan(Math.log(3));
  expect(latencyFail(burst(restless))).toBeLessThan(Math.log(3));
});

test('between two bins FAIL takes the slower threshold and PASS the faster one', () => {
  const comparison = {
    failAbove: { absolute: null, relative: 0.1 },
    passBelow: { absolute: null, relative: 0.25 },
  };
  let state = startLatency(comparison);
  const quick = binOf(state.scale, 100);
  const between = raisedBin(state.scale, { bin: quick, times: 1.25, round: 'up' }) ?? 0;
  const slowest = (bin: number) =>
    sketchOf(Array.from({ length: 300 }, (_, i) => (i % 25 === 0 ? bin : quick)));
  for (let i = 0; i < 10; i++) {
    const context = { comparison, quantile: 0.95, clock: { tick: i, interval: i } };
    state = updateLatency(state, { canary: slowest(between), baseline: slowest(quick + 2) }, context);
  }
  expect(latencyPass(state)).toBeLessThan(0);
});
