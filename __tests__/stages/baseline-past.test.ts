import { expect, test } from '@jest/globals';
import { rulesOfPlan } from '../../src/judge/plan-rules.js';
import type { MetricBatch, MetricSource, Past } from '../../src/metrics/contract.js';
import type { Metric } from '../../src/plan/plan.js';
import { readBaselinePast } from '../../src/stages/baseline-past.js';
import type { ReleaseContext } from '../../src/stages/context.js';

const source = { kind: 'run', run: { run: 'true', timeoutMs: 1 }, everyMs: 15_000 } as const;
const metric = (name: string, kind: Metric['kind'], change: Partial<Metric> = {}): Metric => ({
  name,
  kind,
  source,
  worseBy: { absolute: null, relative: 0.1 },
  limit: null,
  quantile: 0.95,
  better: 'lower',
  importance: 'normal',
  minimumSamples: 1,
  ...change,
});

/** A world in which the source remembers what `remembers` says. */
function world(remembers: Readonly<Record<string, readonly MetricBatch[] | { problem: string }>>) {
  const asked: Past[] = [];
  const told: string[] = [];
  const metrics: MetricSource = {
    measure: async () => undefined,
    hasHistory: ({ name }) => Object.hasOwn(remembers, name),
    history: async (past) => {
      asked.push(past);
      const found = past.metrics.map(({ name }) => {
        const batches = remembers[name] ?? [];
        if ('problem' in batches) return [name, batches];
        return [name, batches.map((batch, i) => ({ ...batch, from: i, to: i + 1 }))];
      });
      return Object.fromEntries(found);
    },
  };
  const state = { started: { previous: null }, weight: 0 };
  const session = { current: { lease: { fence: 1 } } };
  const context = {
    ports: { metrics, clock: { now: () => 4_000_000 }, log: { info: (line: string) => told.push(line) } },
    journal: { state, session },
    signal: new AbortController().signal,
  } as unknown as ReleaseContext;
  return { context, asked, told };
}

test('each kind of metric brings its own past of the baseline, as far apart as it will be judged', async () => {
  const counts = { total: 100, failed: 1 };
  const metrics = [
    metric('errors', 'errors'),
    metric('latency', 'latency'),
    metric('memory', 'gauge'),
    metric('alone', 'errors', { worseBy: null, limit: 0.01 }),
    metric('new', 'errors'),
    metric('down', 'errors'),
  ];
  const { context, asked, told } = world({
    errors: [
      { kind: 'errors', canary: null, baseline: counts },
      { kind: 'errors', canary: null, baseline: { total: 5, failed: 9 } },
      { kind: 'errors', canary: counts, baseline: null },
    ],
    latency: [{ kind: 'latency', canary: null, baseline: { values: [10, 10, 10] } }],
    memory: [
      { kind: 'gauge', canary: null, baseline: 7 },
      { kind: 'gauge', canary: null, baseline: Number.NaN },
    ],
    alone: [{ kind: 'errors', canary: counts, baseline: counts }],
    down: { problem: 'connection refused' },
  });
  const { metrics: rules } = rulesOfPlan(metrics, 0.01);
  const past = await readBaselinePast(context, { metrics, rules, intervalMs: 60_000, wave: 'eu' });
  expect(past).toEqual({
    history: { errors: [counts] },
    latencies: { latency: [{ first: expect.any(Number), counts: [3] }] },
    readings: { memory: [7] },
  });
  expect(asked.map(({ everyMs, metrics: of }) => [everyMs, of.map(({ name }) => name)])).toEqual([
    [60_000, ['errors', 'latency', 'down']],
    [15_000, ['memory']],
  ]);
  expect(asked[0]).toMatchObject({ from: 400_000, to: 4_000_000, wave: 'eu' });
  expect(told).toEqual([expect.stringContaining('`down` could not be read, and its judge is more careful')]);
});
