import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MetricBatch } from '../../src/judge/batches.js';
import { gather, NOTHING_GATHERED, openRows } from '../../src/judge/gathering.js';
import { verdict } from '../../src/judge/judge.js';
import { joinRecorded, recordBatch, recordedBatch } from '../../src/judge/recorded.js';
import type { MetricRule } from '../../src/judge/rules.js';
import { follow, RULES, type Step, steps } from './worlds.js';

/** What was handed over, as the record keeps and gives it back. */
function recorded(step: Step): Step {
  if (step.is === 'phase') return step;
  const metrics = Object.entries(step.metrics).map(([name, batch]) => {
    const rule = RULES[name as keyof typeof RULES];
    return [name, recordedBatch(rule, JSON.parse(JSON.stringify(recordBatch(rule, batch))))];
  });
  return { ...step, metrics: Object.fromEntries(metrics) };
}

function spoken({ state, now }: ReturnType<typeof follow>): string {
  // How traffic is split is counted from what came, odd or not; it decides nothing.
  const { traffic: _, ...said } = verdict(state, { now, deadline: now });
  // In the record the reason for something missing stands with the batch, perhaps in other words.
  return JSON.stringify(said, (key, value) => (key === 'problem' ? undefined : value));
}

test('a judge that is given the record says what one says that is given the samples, whatever came', () => {
  fc.assert(
    fc.property(steps, (all) => {
      expect(spoken(follow(all.map(recorded)))).toBe(spoken(follow(all)));
    }),
    { numRuns: 60 },
  );
});

describe('what cannot be true', () => {
  const table: [string, MetricRule, MetricBatch, string][] = [
    [
      'NaN',
      RULES.errors,
      { kind: 'errors', canary: { total: Number.NaN, failed: 0 }, baseline: null },
      'the canary: NaN is no number of requests',
    ],
    [
      'a negative count',
      RULES.errors,
      { kind: 'errors', canary: { total: 5, failed: 1 }, baseline: { total: 5, failed: -1 } },
      'the baseline: -1 is no number of failed requests',
    ],
    [
      'more failed than there were',
      RULES.errors,
      { kind: 'errors', canary: { total: 5, failed: 6 }, baseline: null },
      'the canary: 6 of 5 requests failed, which is more than all',
    ],
    [
      'a latency below zero',
      RULES.latency,
      { kind: 'latency', canary: { values: [1, -2] }, baseline: { values: [] } },
      'the canary: -2 is no latency',
    ],
    [
      'buckets that do not rise',
      RULES.latency,
      { kind: 'latency', canary: { edges: [2, 1], counts: [0, 0, 0] }, baseline: null },
      'the canary: the bucket edge 1 does not rise',
    ],
    [
      'a reading that is none',
      RULES.gauge,
      { kind: 'gauge', canary: Number.POSITIVE_INFINITY, baseline: 1 },
      'the canary: Infinity is no reading',
    ],
    [
      'samples of another kind',
      RULES.gauge,
      { kind: 'errors', canary: { total: 1, failed: 0 }, baseline: null },
      'samples of errors came for a metric of gauge',
    ],
  ];
  test.each(table)('%s is kept as missing, with its reason', (_, rule, batch, problem) => {
    const kept = recordBatch(rule, batch);
    expect(kept.problem).toBe(problem);
    expect([kept.canary, kept.baseline]).toContain(null);
    expect(JSON.parse(JSON.stringify(kept))).toEqual(kept);
  });
});

test('latencies take the room of their bins, not of their number', () => {
  const values = Array.from({ length: 10_000 }, (_, i) => 20 + (i % 100));
  const kept = recordBatch(RULES.latency, { kind: 'latency', canary: { values }, baseline: { values } });
  expect(JSON.stringify(kept).length).toBeLessThan(1_000);
});

describe('gathering', () => {
  const SECOND = 1000;
  const errors = (failed: number | null): MetricBatch => ({
    kind: 'errors',
    canary: failed === null ? null : { total: 10, failed },
    baseline: { total: 10, failed: 0 },
  });
  /** One batch a second; gives the rows and what is still open. */
  function rowsOf(batches: readonly MetricBatch[], plannedMs: number, rule: MetricRule = RULES.errors) {
    let gathering = NOTHING_GATHERED;
    const rows = batches.flatMap((batch, i) => {
      const came = { name: 'm', rule, batch: { ...batch, from: i * SECOND, to: (i + 1) * SECOND } };
      const next = gather(gathering, came, plannedMs);
      gathering = next.gathering;
      return next.closed;
    });
    return [...rows, ...openRows(gathering)];
  }

  test('keeps no more rows than are needed, and loses no request', () => {
    const rows = rowsOf(
      Array.from({ length: 3600 }, (_, i) => errors(i % 10)),
      3_600_000,
    );
    expect(rows).toHaveLength(120);
    expect(rows.map(({ from }) => from)).toEqual(rows.map((_, i) => i * 30 * SECOND));
    const total = rows.reduce((sum, { metrics: { m } }) => {
      return sum + (m?.kind === 'errors' ? (m.canary?.failed ?? 0) : 0);
    }, 0);
    expect(total).toBe(360 * 45);
  });

  test('keeps each reading of a gauge for as long as it can, then their mean', () => {
    const reading = (value: number): MetricBatch => ({ kind: 'gauge', canary: value, baseline: value * 2 });
    const readings = [1, 2, 3, 6].map(reading);
    expect(rowsOf(readings, 480 * SECOND, RULES.gauge)).toHaveLength(4);
    expect(rowsOf(readings, 480 * 4 * SECOND, RULES.gauge)).toEqual([
      {
        type: 'samples',
        from: 0,
        to: 4 * SECOND,
        metrics: { m: { kind: 'gauge', canary: 3, baseline: 6, of: 4 } },
      },
    ]);
  });

  test('a moment without an arm does not void its neighbours, and does not vanish among them', () => {
    const rows = rowsOf([errors(1), errors(null), errors(1)], 3_600_000);
    expect(rows.map(({ from, to, metrics: { m } }) => [from, to, m?.canary])).toEqual([
      [0, 1000, { total: 10, failed: 1 }],
      [1000, 2000, null],
      [2000, 3000, { total: 10, failed: 1 }],
    ]);
  });

  test('a source that comes and goes for hours fills no record: what cannot be told apart is missing', () => {
    const flapping = Array.from({ length: 7200 }, (_, i) => errors(i % 2 === 0 ? null : 1));
    const rows = rowsOf(flapping, 7_200_000);
    expect(rows.length).toBeLessThan(800);
    expect(rows.at(-2)?.metrics.m).toMatchObject({ canary: null, problem: expect.any(String) });
  });

  test('buckets of other edges are not added up', () => {
    const sample = (edge: number) => {
      const arm = { edges: [edge], counts: [1, 0] };
      return recordBatch(RULES.latency, { kind: 'latency', canary: arm, baseline: arm });
    };
    expect(joinRecorded(sample(1), sample(1))).toMatchObject({ canary: { edges: [1], counts: [2, 0] } });
    expect(joinRecorded(sample(1), sample(2))).toBeNull();
  });
});
