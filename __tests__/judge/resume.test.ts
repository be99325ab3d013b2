import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { onBatch, verdict } from '../../src/judge/judge.js';
import { standingOf } from '../../src/judge/metric.js';
import { binomial, normal, randomFrom } from './samples.js';
import { follow, startAll, steps } from './worlds.js';

test('stopped and resumed anywhere, the state is bit for bit that of the straight run', () => {
  fc.assert(
    fc.property(steps, fc.nat(), (all, some) => {
      const at = some % all.length;
      const straight = follow(all);
      const resumed = follow(all, (state, i) => (i === at ? viaJson(state) : state));
      expect(JSON.stringify(resumed.state)).toBe(JSON.stringify(straight.state));
      const look = { now: straight.now, deadline: straight.now };
      expect(verdict(viaJson(straight.state), look)).toEqual(verdict(straight.state, look));
    }),
    { numRuns: 60 },
  );
});

test('resumed before every batch, it is still the same', () => {
  fc.assert(
    fc.property(steps, (all) => {
      expect(JSON.stringify(follow(all, viaJson).state)).toBe(JSON.stringify(follow(all).state));
    }),
    { numRuns: 20 },
  );
});

test('whatever comes, all of the state and the verdict is a finite number or null, and JSON loses nothing', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { state, now } = follow(all);
      expect(oddNumbersIn(state)).toEqual([]);
      const found = verdict(state, { now, deadline: now + 1 });
      expect(oddNumbersIn(found)).toEqual([]);
      expect(viaJson(state)).toEqual(state);
      for (const metric of Object.values(state.metrics)) {
        expect(standingOf(metric).logFail).not.toBeNaN();
        expect(standingOf(metric).logPass).not.toBeNaN();
      }
    }),
    { numRuns: 60 },
  );
});

test('a metric needs at most 2 kB beside its rule and its sketches, and an update little time', () => {
  const random = randomFrom(5);
  let state = startAll();
  const spent: number[] = [];
  for (let i = 0; i < 500; i++) {
    const values = () => ({ values: Array.from({ length: 50 }, () => 100 * Math.exp(0.6 * normal(random))) });
    const counts = () => ({ total: 500, failed: binomial(random, 500, 0.02) });
    const reading = () => 100 * Math.exp(0.05 * normal(random));
    const [from, to] = [state.startedAt + i * 10_000, state.startedAt + (i + 1) * 10_000];
    const metrics = {
      errors: { kind: 'errors', canary: counts(), baseline: counts() },
      latency: { kind: 'latency', canary: values(), baseline: values() },
      gauge: { kind: 'gauge', canary: reading(), baseline: reading() },
    } as const;
    const started = performance.now();
    state = onBatch(state, { from, to, metrics });
    spent.push(performance.now() - started);
  }
  for (const metric of Object.values(state.metrics)) {
    const { rule, ...rest } = metric;
    expect(bytesOf(rest)).toBeLessThanOrEqual(2048);
  }
  // 14 streams and three confidence sequences; ten times the goal, since the machine may be busy with other things.
  expect(median(spent)).toBeLessThan(14 * 0.5);
});

function viaJson<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}

function bytesOf(state: object): number {
  return JSON.stringify(state, (key, value) => (key === 'past' && !Array.isArray(value) ? undefined : value))
    .length;
}

/** The paths of numbers that JSON cannot hold. */
function oddNumbersIn(value: unknown, path = ''): readonly string[] {
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? [] : [`${path}: ${value}`];
  if (value === undefined) return [`${path}: undefined`];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => oddNumbersIn(inner, `${path}.${key}`));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
