import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Counters, increase } from '../../../src/metrics/prometheus/counters.js';
import { keyOf } from '../../../src/metrics/prometheus/labels.js';

/** Raw counters of pods. */
function reading(values: Readonly<Record<string, number>>, name: string | null = 'requests_total'): Counters {
  return new Map(
    Object.entries(values).map(([pod, value]) => {
      const labels = { ...(name === null ? {} : { __name__: name }), pod };
      return [keyOf(labels), { labels, value }];
    }),
  );
}

test('counters rise by what came since the last reading', () => {
  expect(increase(reading({ a: 5, b: 1 }), reading({ a: 7, b: 1 }))).toMatchObject({ amount: 2, notes: [] });
});

test('the order of labels does not matter', () => {
  expect(keyOf({ a: '1', b: '2' })).toBe(keyOf({ b: '2', a: '1' }));
  expect(keyOf({ a: '1","b":"2' })).not.toBe(keyOf({ a: '1', b: '2' }));
});

test('one that went back counts from zero, and is named', () => {
  const { amount, notes } = increase(reading({ a: 100, b: 10 }), reading({ a: 4, b: 12 }));
  expect(amount).toBe(6);
  expect(notes).toEqual(['requests_total{pod="a"} went back and counts from zero again']);
});

test('a new one counts from zero, and is named; of many only some are', () => {
  const { amount, notes } = increase(reading({ a: 1 }), reading({ a: 1, b: 1, c: 2, d: 3, e: 4 }));
  expect(amount).toBe(10);
  expect(notes.join()).toContain('and 1 more is new and counts from zero');
});

test('one that is gone takes nothing, and goes on where it was when it comes back', () => {
  const first = increase(reading({ a: 50, b: 7 }), reading({ b: 8 }));
  expect(first.amount).toBe(1);
  expect(increase(first.known, reading({ a: 53, b: 8 })).amount).toBe(3);
});

test('a sum that goes back is refused: what it lost cannot be told from what began anew', () => {
  const before = reading({ a: 1_000_000 }, null);
  expect(() => increase(before, reading({ a: 990_000 }, null))).toThrow(
    /\{pod="a"\} went back from 1000000 to 990000: .*without sum or rate, or for the amount by increase\(…\[\{\{window\}\}\]\)/,
  );
});

describe('law', () => {
  /** How much each of three pods works between two readings, and whether it restarts right after the first one. */
  const step = fc.tuple(
    ...([0, 1, 2] as const).map(() => fc.record({ work: fc.nat(1000), restarts: fc.boolean() })),
  );

  test('never more is counted than was, and all of it where no restart can hide', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        const pods = [10, 20, 30];
        let known = reading(named(pods));
        for (const works of steps) {
          const last = [...pods];
          works.forEach(({ work, restarts }, i) => {
            pods[i] = (restarts ? 0 : (pods[i] ?? 0)) + work;
          });
          const taken = increase(known, reading(named(pods)));
          known = taken.known;
          const worked = works.reduce((sum, { work }) => sum + work, 0);
          const hidden = works.some(({ restarts, work }, i) => restarts && work >= (last[i] ?? 0));
          expect(taken.amount).toBeLessThanOrEqual(worked);
          if (!hidden) expect(taken.amount).toBe(worked);
        }
      }),
    );
  });
});

function named(values: readonly number[]): Record<string, number> {
  return Object.fromEntries(values.map((value, i) => [`pod-${i}`, value]));
}
