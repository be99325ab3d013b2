import fc from 'fast-check';
import type { MetricBatch } from '../../src/judge/batches.js';
import { type JudgeState, onBatch, onPhase, startJudge } from '../../src/judge/judge.js';
import { type JudgeRules, type MetricRule, sameOnBothSides } from '../../src/judge/rules.js';

/** One rule of each kind with all that it can have. */
export const RULES: Readonly<Record<'errors' | 'latency' | 'gauge', MetricRule>> = {
  errors: {
    kind: 'errors',
    importance: 'critical',
    minimumSamples: 100,
    comparison: {
      failAbove: { absolute: 0.001, relative: 0.25 },
      passBelow: { absolute: 0.005, relative: 0.25 },
    },
    limit: 0.1,
  },
  latency: {
    kind: 'latency',
    importance: 'normal',
    minimumSamples: 100,
    comparison: sameOnBothSides({ absolute: null, relative: 0.1 }),
    quantile: 0.95,
    limit: 5000,
  },
  gauge: {
    kind: 'gauge',
    importance: 'normal',
    minimumSamples: 30,
    comparison: sameOnBothSides({ absolute: null, relative: 0.1 }),
    better: 'lower',
    limit: 1e6,
  },
};

export const ALL_RULES: JudgeRules = { metrics: RULES, falseAlarm: 0.05, falsePass: 0.05 };

/** What may happen to a judge: a batch of some metrics, or a new phase. */
export type Step =
  | { readonly is: 'batch'; readonly lasts: number; readonly metrics: Readonly<Record<string, MetricBatch>> }
  | { readonly is: 'phase'; readonly share: number; readonly warmUpMs: number };

export function startAll(): JudgeState {
  const history = {
    errors: [
      { failed: 3, total: 300 },
      { failed: 5, total: 310 },
      { failed: 2, total: 290 },
    ],
  };
  const latencies = { latency: [40, 80, 60].map((count) => ({ values: spread(count) })) };
  const readings = { gauge: spread(20) };
  const known = { history, latencies, readings };
  return startJudge(ALL_RULES, { at: 1_700_000_000_000, plannedMs: 600_000, share: 0.5, ...known });
}

function spread(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => 100 + ((i * 37) % 50));
}

/** Carries the steps out one after another; `between` sees and may replace the state before each. */
export function follow(
  steps: readonly Step[],
  between: (state: JudgeState, step: number) => JudgeState = (state) => state,
): { readonly state: JudgeState; readonly now: number } {
  let state = startAll();
  let now = state.startedAt;
  steps.forEach((step, i) => {
    state = between(state, i);
    if (step.is === 'phase') state = onPhase(state, { at: now, share: step.share, warmUpMs: step.warmUpMs });
    else {
      state = onBatch(state, { from: now, to: now + step.lasts, metrics: step.metrics });
      now += step.lasts;
    }
  });
  return { state, now };
}

/** Counts that can be, from none to very many. */
const counts = fc
  .tuple(fc.oneof(fc.nat(500), fc.constantFrom(1e6, 1e12)), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([total, part]) => ({ total, failed: Math.floor(total * part) }));
/** Counts of which some cannot be. */
const anyCounts = fc.oneof(
  { weight: 8, arbitrary: counts },
  fc.constantFrom(
    null,
    { total: Number.NaN, failed: 0 },
    { total: 10, failed: 11 },
    { total: -5, failed: 0 },
    { total: Number.POSITIVE_INFINITY, failed: 1 },
  ),
);
const number = fc.oneof(
  fc.double({ min: 1, max: 1000, noNaN: true }),
  fc.constantFrom(0, 1e-12, 1e12, 1e-300, 1e15),
);
const values = fc.array(number, { maxLength: 60 }).map((list) => ({ values: list }));
const anyValues = fc.oneof(
  { weight: 8, arbitrary: values },
  fc.constantFrom(null, { values: [1, Number.NaN] }),
);
const anyReading = fc.oneof({ weight: 8, arbitrary: number }, fc.constantFrom(null, Number.NaN, -3));

const batch = fc.record({
  is: fc.constant('batch' as const),
  lasts: fc.constantFrom(1000, 10_000, 60_000),
  metrics: fc.record(
    {
      errors: fc.record({ kind: fc.constant('errors' as const), canary: anyCounts, baseline: anyCounts }),
      latency: fc.record({ kind: fc.constant('latency' as const), canary: anyValues, baseline: anyValues }),
      gauge: fc.record({ kind: fc.constant('gauge' as const), canary: anyReading, baseline: anyReading }),
    },
    { requiredKeys: [] },
  ),
});
const phase = fc.record({
  is: fc.constant('phase' as const),
  share: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
  warmUpMs: fc.constantFrom(0, 30_000),
});

/** Any history of a judge, with all that may be wrong in it. */
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof({ weight: 10, arbitrary: batch }, { weight: 1, arbitrary: phase }),
  { minLength: 1, maxLength: 40 },
) as fc.Arbitrary<readonly Step[]>;
