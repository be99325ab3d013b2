import { expect, test } from '@jest/globals';
import { upperTail } from '../../src/judge/binomial.js';
import { errorsFail, errorsPass, startErrors, updateErrors } from '../../src/judge/errors.js';
import { gaugeFail, gaugePass, startGauge, updateGauge } from '../../src/judge/gauge.js';
import { onBatch, startJudge } from '../../src/judge/judge.js';
import { latencyFail, latencyPass, startLatency, updateLatency } from '../../src/judge/latency.js';
import { type Comparison, sameOnBothSides } from '../../src/judge/rules.js';
import { binOf } from '../../src/judge/scale.js';
import { sketchOf } from '../../src/judge/sketch.js';
import { binomial, normal, randomFrom } from './samples.js';

/**
 * The guarantee holds at every level at once. At the verdicts' own few runs say little, so it is tested at a coarse one
 * with confidence, and at the fine one by its rate; `bench/` does it with as many runs as it takes.
 */
const LEVELS = [
  { alpha: 0.05, isSure: false },
  { alpha: 0.2, isSure: true },
] as const;

/** Of runs with a canary exactly at its margin: the most that each logarithm ever was. */
interface Peaks {
  readonly fail: readonly number[];
  readonly pass: readonly number[];
}

test('a canary exactly at its margin of errors is failed, and passes, no more often than allowed', () => {
  const found = peaksOf({ runs: 240, seed: 11, steps: 60, ...errorsAt(sameOnBothSides(points(0.005))) });
  expectAllowed(found);
});

test('the same holds while the rate rises and the share of the canary grows', () => {
  const comparison = sameOnBothSides({ absolute: null, relative: 0.25 });
  const found = peaksOf({
    runs: 400,
    seed: 12,
    steps: 90,
    ...errorsAt(comparison, { isDrifting: true }),
  });
  expectAllowed(found);
});

test('a canary exactly as much slower as allowed is failed, and passes, no more often than allowed', () => {
  const comparison = sameOnBothSides({ absolute: null, relative: 0.1 });
  expectAllowed(peaksOf({ runs: 130, seed: 13, steps: 50, ...latencyAt(comparison) }));
});

test('a gauge exactly at its margin is failed, and passes, no more often than allowed', () => {
  const comparison = sameOnBothSides({ absolute: null, relative: 0.1 });
  expectAllowed(peaksOf({ runs: 250, seed: 14, steps: 60, ...gaugeAt(comparison) }));
});

test('the same holds when the noise of the gauge is known from a history', () => {
  const comparison = sameOnBothSides({ absolute: null, relative: 0.1 });
  const random = randomFrom(16);
  const readings = () => {
    let noise = 0;
    return Array.from({ length: 60 }, () => {
      noise = 0.5 * noise + Math.sqrt(0.75) * normal(random);
      return 100 * Math.exp(0.05 * noise);
    });
  };
  expectAllowed(peaksOf({ runs: 250, seed: 15, steps: 60, ...gaugeAt(comparison, readings) }));
});

test('a canary at the margins of errors, latency and a gauge at once is failed by one judge no more often than allowed', () => {
  const alpha = 0.2;
  const random = randomFrom(17);
  const failed = Array.from({ length: 60 }, () => failsAtAllMargins(random, alpha)).filter(Boolean).length;
  expect(failed / 60).toBeLessThanOrEqual(alpha);
  expect(upperTail(failed + 1, 60, 1.3 * alpha)).toBeGreaterThanOrEqual(0.95);
});

/** The whole judge, with its one budget for all metrics and looks. */
function failsAtAllMargins(random: () => number, falseAlarm: number): boolean {
  const tenth = sameOnBothSides({ absolute: null, relative: 0.1 });
  const common = { importance: 'normal', limit: null, minimumSamples: 1 } as const;
  const metrics = {
    errors: { ...common, kind: 'errors', comparison: sameOnBothSides(points(0.005)) },
    latency: { ...common, kind: 'latency', comparison: tenth, quantile: 0.95 },
    gauge: { ...common, kind: 'gauge', comparison: tenth, better: 'lower' },
  } as const;
  const minute = 60_000;
  const options = { at: 0, plannedMs: 25 * minute, bakeMs: 0, share: null };
  let state = startJudge({ metrics, falseAlarm, falsePass: 0.05 }, options);
  for (let i = 0; i < 25 && state.failed === null; i++) {
    const errors = (rate: number) => ({ total: 400, failed: binomial(random, 400, rate) });
    const latency = (times: number) => ({
      values: Array.from({ length: 30 }, () => times * 100 * Math.exp(0.6 * normal(random))),
    });
    const gauge = (level: number) => level * Math.exp(0.05 * normal(random));
    state = onBatch(state, {
      from: i * minute,
      to: (i + 1) * minute,
      metrics: {
        errors: { kind: 'errors', canary: errors(0.015), baseline: errors(0.01) },
        latency: { kind: 'latency', canary: latency(1.1), baseline: latency(1) },
        gauge: { kind: 'gauge', canary: gauge(110), baseline: gauge(100) },
      },
    });
  }
  return state.failed !== null;
}

function expectAllowed(peaks: Peaks): void {
  for (const side of [peaks.fail, peaks.pass]) {
    for (const { alpha, isSure } of LEVELS) {
      const crossed = side.filter((peak) => peak >= Math.log(1 / alpha)).length;
      expect(crossed / side.length).toBeLessThanOrEqual(alpha);
      // The upper 95 % Clopper-Pearson limit is at most 1.3 alpha: at that rate so few would come in 5 % of cases.
      if (isSure) expect(upperTail(crossed + 1, side.length, 1.3 * alpha)).toBeGreaterThanOrEqual(0.95);
    }
  }
}

interface Simulation<State> {
  readonly start: () => State;
  readonly step: (state: State, at: { readonly i: number; readonly random: () => number }) => State;
  readonly logs: (state: State) => { readonly fail: number; readonly pass: number };
}

function peaksOf<State>(
  simulation: Simulation<State> & { readonly runs: number; readonly seed: number; readonly steps: number },
): Peaks {
  const { runs, seed, steps, start, step, logs } = simulation;
  const random = randomFrom(seed);
  const peaks = { fail: [] as number[], pass: [] as number[] };
  for (let run = 0; run < runs; run++) {
    let state = start();
    let [fail, pass] = [0, 0];
    for (let i = 0; i < steps; i++) {
      state = step(state, { i, random });
      const found = logs(state);
      fail = Math.max(fail, found.fail);
      pass = Math.max(pass, found.pass);
    }
    peaks.fail.push(fail);
    peaks.pass.push(pass);
  }
  return peaks;
}

function errorsAt(comparison: Comparison, { isDrifting = false } = {}) {
  const history = Array.from({ length: 30 }, (_, i) => ({ failed: 20 + (i % 3) * 4, total: 2400 }));
  const { absolute, relative } = comparison.failAbove;
  return {
    start: () => startErrors(comparison, history),
    step: (
      state: ReturnType<typeof startErrors>,
      { i, random }: Parameters<Simulation<unknown>['step']>[1],
    ) => {
      const rate = isDrifting ? 0.01 * (1 + i / 30) : 0.01;
      const nc = isDrifting ? 40 + i * 4 : 400;
      const nb = isDrifting ? 800 - nc : 400;
      const worse = absolute === null ? rate * (1 + (relative ?? 0)) : rate + absolute;
      const block = { xb: binomial(random, nb, rate), nb, xc: binomial(random, nc, worse), nc };
      return updateErrors(state, comparison, { block, clock: { tick: i, interval: i } });
    },
    logs: (state: ReturnType<typeof startErrors>) => ({ fail: errorsFail(state), pass: errorsPass(state) }),
  };
}

function latencyAt(comparison: Comparison) {
  return {
    start: () => startLatency(comparison),
    step: (
      state: ReturnType<typeof startLatency>,
      { i, random }: Parameters<Simulation<unknown>['step']>[1],
    ) => {
      const sample = (times: number) =>
        sketchOf(
          Array.from({ length: 40 }, () => binOf(state.scale, times * 100 * Math.exp(0.6 * normal(random)))),
        );
      const clock = { tick: i, interval: i };
      return updateLatency(
        state,
        { canary: sample(1.1), baseline: sample(1) },
        { comparison, quantile: 0.95, clock },
      );
    },
    logs: (state: ReturnType<typeof startLatency>) => ({
      fail: latencyFail(state),
      pass: latencyPass(state),
    }),
  };
}

/** Noise with a lag-one correlation of one half. */
function gaugeAt(comparison: Comparison, readings: () => readonly number[] = () => []) {
  const noise = { canary: 0, baseline: 0 };
  const next = (before: number, random: () => number) => 0.5 * before + Math.sqrt(0.75) * normal(random);
  return {
    start: () => startGauge(comparison, readings()),
    step: (state: ReturnType<typeof startGauge>, { random }: Parameters<Simulation<unknown>['step']>[1]) => {
      noise.canary = next(noise.canary, random);
      noise.baseline = next(noise.baseline, random);
      const canary = 110 * Math.exp(0.05 * noise.canary);
      const baseline = 100 * Math.exp(0.05 * noise.baseline);
      return updateGauge(state, { comparison, better: 'lower' }, { canary, baseline });
    },
    // A gauge passes from 30 pairs on only.
    logs: (state: ReturnType<typeof startGauge>) => ({
      fail: gaugeFail(state),
      pass: state.pairs < 30 ? Number.NEGATIVE_INFINITY : gaugePass(state),
    }),
  };
}

function points(absolute: number) {
  return { absolute, relative: null };
}
