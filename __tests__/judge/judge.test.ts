import { describe, expect, test } from '@jest/globals';
import type { MetricBatch } from '../../src/judge/batches.js';
import {
  type JudgeOptions,
  type JudgeState,
  type JudgeVerdict,
  onBatch,
  onPhase,
  startJudge,
  verdict,
} from '../../src/judge/judge.js';
import { bakeTime } from '../../src/judge/phase.js';
import { type ErrorsRule, type GaugeRule, type MetricRule, sameOnBothSides } from '../../src/judge/rules.js';
import { RULES } from './worlds.js';

const MINUTE = 60_000;
const HISTORY = Array.from({ length: 60 }, (_, i) => ({ failed: 5 + (i % 2) * 3, total: 600 }));
const ERRORS = {
  kind: 'errors',
  importance: 'normal',
  minimumSamples: 100,
  comparison: sameOnBothSides({ absolute: 0.005, relative: null }),
  limit: null,
} as const satisfies ErrorsRule;

function begin(
  metrics: Readonly<Record<string, MetricRule>>,
  {
    history = HISTORY,
    ...options
  }: Partial<Omit<JudgeOptions, 'history'>> & { history?: typeof HISTORY } = {},
): JudgeState {
  const rules = { metrics, falseAlarm: 0.01, falsePass: 0.05 };
  const histories = Object.fromEntries(Object.keys(metrics).map((name) => [name, history]));
  return startJudge(rules, { at: 0, plannedMs: 60 * MINUTE, history: histories, ...options });
}

/** So many failures of 600 requests in both arms. */
function errors(canary: number, baseline = 6): MetricBatch {
  return {
    kind: 'errors',
    canary: { total: 600, failed: canary },
    baseline: { total: 600, failed: baseline },
  };
}

/** One batch a minute. */
function run(
  state: JudgeState,
  batches: readonly Readonly<Record<string, MetricBatch>>[],
  first = 0,
): JudgeState {
  return batches.reduce(
    (before, metrics, i) =>
      onBatch(before, { from: (first + i) * MINUTE, to: (first + i + 1) * MINUTE, metrics }),
    state,
  );
}

function times(count: number, batch: MetricBatch, name = 'errors') {
  return Array.from({ length: count }, () => ({ [name]: batch }));
}

/** At the end of so many minutes, with the deadline far off. */
function look(state: JudgeState, minute: number, deadline = 1000): JudgeVerdict {
  return verdict(state, { now: minute * MINUTE, deadline: deadline * MINUTE });
}

test('a metric may have the name of what every object has', () => {
  const rules = { metrics: { constructor: ERRORS }, falseAlarm: 0.01, falsePass: 0.05 };
  const state = startJudge(rules, { at: 0, plannedMs: MINUTE });
  expect(Object.keys(state.metrics)).toEqual(['constructor']);
});

describe('the decision table', () => {
  test('a regression fails as soon as the evidence is enough', () => {
    const found = look(run(begin({ errors: ERRORS }), times(2, errors(60))), 2);
    expect(found.decision).toBe('fail');
    expect(found.by).toEqual(['errors']);
    expect(found.logE ?? 0).toBeGreaterThanOrEqual(found.logLimit ?? Number.POSITIVE_INFINITY);
    expect(found.metrics.errors?.canary).toMatchObject({ samples: 1200, failed: 120, value: 0.1 });
    expect(found.reason).toBe('The canary is worse than the baseline by more than the margin: errors.');
  });

  test('a healthy canary passes when it is shown to be, and not before', () => {
    const state = run(begin({ errors: ERRORS }), times(3, errors(6)));
    expect(look(state, 3)).toMatchObject({ decision: 'continue', by: ['errors'] });
    expect(look(run(state, times(27, errors(6)), 3), 30)).toMatchObject({ decision: 'pass', by: ['errors'] });
  });

  test('what is not decided at the deadline is inconclusive, and says how many requests would have decided', () => {
    const found = look(run(begin({ errors: ERRORS }), times(3, errors(6))), 3, 3);
    expect(found).toMatchObject({ decision: 'inconclusive', by: ['errors'] });
    expect(found.metrics.errors?.needed).toMatchObject({ verdict: 'pass' });
    const more = found.metrics.errors?.needed?.requests ?? 0;
    expect(more).toBeGreaterThan(1000);
    expect(more).toBeLessThan(100_000);
    expect(found.metrics.errors?.lacks).toBe('is not yet shown to be within its margin');
  });

  test('a failure stays one, whatever comes after it and however late anybody looks', () => {
    const failed = run(begin({ errors: ERRORS }), times(2, errors(60)));
    const later = run(failed, times(50, errors(0, 20)), 2);
    expect(look(later, 52).decision).toBe('fail');
    expect(later.failed).toEqual(failed.failed);
  });

  test('all metrics that are not advisory must pass', () => {
    const metrics = { errors: ERRORS, other: ERRORS };
    const both = Array.from({ length: 40 }, (_, i) => ({
      errors: errors(6),
      ...(i < 3 ? { other: errors(6) } : {}),
    }));
    const found = look(run(begin(metrics), both), 40);
    expect(found).toMatchObject({ decision: 'continue', by: ['other'] });
    const advised = { errors: ERRORS, other: { ...ERRORS, importance: 'advisory' as const } };
    expect(look(run(begin(advised), both), 40).decision).toBe('pass');
  });

  test('an advisory metric never fails a release, and alone never passes one', () => {
    const advisory = { ...ERRORS, importance: 'advisory' as const, limit: 0.02 };
    const state = run(begin({ errors: advisory }), times(10, errors(300)));
    expect(look(state, 10).decision).toBe('continue');
    expect(look(state, 10, 10)).toMatchObject({ decision: 'inconclusive', by: [] });
    expect(look(run(begin({ errors: advisory }), times(60, errors(6))), 60, 60).decision).toBe(
      'inconclusive',
    );
  });

  test('critical metrics weigh double, and weights add up to one', () => {
    const metrics = {
      errors: { ...ERRORS, importance: 'critical' as const },
      latency: RULES.latency,
      gauge: RULES.gauge,
    };
    const found = look(begin(metrics), 0).metrics;
    expect([found.errors?.weight, found.latency?.weight, found.gauge?.weight]).toEqual([0.6, 0.3, 0.1]);
  });

  test('under suspicion nothing passes, though it is shown to be within the margin', () => {
    const strict = {
      failAbove: { absolute: 0, relative: null },
      passBelow: { absolute: 0.05, relative: null },
    };
    let state = begin({ errors: { ...ERRORS, comparison: strict } });
    let found = look(state, 0);
    for (let i = 0; i < 60 && found.metrics.errors?.lacks !== 'is under suspicion of being worse'; i++) {
      state = run(state, times(1, errors(11)), i);
      found = look(state, i + 1);
    }
    expect(found.metrics.errors?.pass.logE ?? 0).toBeGreaterThan(Math.log(20));
    expect(found.decision).toBe('continue');
  });

  test('it does not pass before the bake time is over, unless the deadline comes first', () => {
    const state = run(begin({ errors: ERRORS }, { bakeMs: 45 * MINUTE }), times(40, errors(6)));
    expect(look(state, 40)).toMatchObject({ decision: 'continue' });
    expect(look(state, 40).reason).toContain('has not run for long enough');
    expect(look(state, 45).decision).toBe('pass');
    expect(look(state, 40, 40).decision).toBe('pass');
    expect(look(onPhase(state, { at: 40 * MINUTE, bakeMs: 5 * MINUTE }), 44).decision).toBe('continue');
    expect([4, 10, 60].map((minutes) => bakeTime(minutes * MINUTE) / MINUTE)).toEqual([2, 5, 15]);
  });

  test('too few samples never pass', () => {
    const state = run(begin({ errors: { ...ERRORS, minimumSamples: 1e6 } }), times(40, errors(6)));
    expect(look(state, 40, 40)).toMatchObject({ decision: 'inconclusive' });
    expect(look(state, 40).reason).toBe('errors had too few samples of the canary.');
  });

  test('without any metric nothing passes', () => {
    expect(look(begin({}), 10, 10)).toMatchObject({ decision: 'inconclusive' });
  });

  test('a time that is no number ends it, and passes nothing', () => {
    const state = run(begin({ errors: ERRORS }, { bakeMs: MINUTE }), times(3, errors(6)));
    expect(verdict(state, { now: Number.NaN, deadline: 1 }).decision).toBe('inconclusive');
  });
});

describe('limits', () => {
  const limited = { ...ERRORS, comparison: null, limit: 0.05 };

  test('a broken limit fails without a baseline', () => {
    const alone: MetricBatch = { kind: 'errors', canary: { total: 600, failed: 90 }, baseline: null };
    const found = look(run(begin({ errors: limited }), times(1, alone)), 1);
    expect(found).toMatchObject({ decision: 'fail', by: ['errors'] });
    expect(found.metrics.errors?.limit).toMatchObject({ broken: true, kept: false, value: 0.05 });
    expect(found.reason).toBe('errors broke the limit, judged without the baseline.');
  });

  test('it fails too when the baseline is just as bad, which a comparison rightly does not see', () => {
    const both = { ...ERRORS, limit: 0.05 };
    expect(look(run(begin({ errors: both }), times(5, errors(120, 120))), 5).decision).toBe('fail');
    expect(look(run(begin({ errors: ERRORS }), times(5, errors(120, 120))), 5).decision).toBe('continue');
  });

  test('a limit that is kept passes early when surely, else at the deadline', () => {
    const sure = run(begin({ errors: limited }), times(3, errors(2)));
    expect(look(sure, 3).decision).toBe('pass');
    const close = run(begin({ errors: limited }), times(3, errors(28)));
    expect(look(close, 3).decision).toBe('continue');
    expect(look(close, 3, 3).decision).toBe('pass');
    const above = run(begin({ errors: limited }), times(3, errors(31)));
    expect(look(above, 3, 3)).toMatchObject({ decision: 'inconclusive' });
    expect(look(above, 3, 3).reason).toBe('errors is above its limit, though not surely.');
  });

  test('a limit of nothing is broken by the first failure', () => {
    const none = { ...limited, limit: 0 };
    expect(look(run(begin({ errors: none }), times(1, errors(1))), 1).decision).toBe('fail');
    expect(look(run(begin({ errors: none }), times(1, errors(0))), 1, 1).decision).toBe('pass');
  });

  test('latencies above the limit count against the share that the quantile allows', () => {
    const rule = { ...RULES.latency, comparison: null, limit: 300 } as const satisfies MetricRule;
    const batch = (slow: number): MetricBatch => ({
      kind: 'latency',
      canary: { values: Array.from({ length: 600 }, (_, i) => (i < slow ? 301 : 300)) },
      baseline: null,
    });
    expect(look(run(begin({ l: rule }), times(1, batch(120), 'l')), 1).decision).toBe('fail');
    const kept = look(run(begin({ l: rule }), times(1, batch(5), 'l')), 1, 1);
    expect(kept.decision).toBe('pass');
    expect(kept.metrics.l?.canary.value ?? 0).toBeCloseTo(300, -1);
  });

  test('buckets above the limit count, and what is above the last edge always does', () => {
    const rule = { ...RULES.latency, comparison: null, limit: 300 } as const satisfies MetricRule;
    const batch = (counts: readonly number[], edges = [100, 300, 1000]): MetricBatch => ({
      kind: 'latency',
      canary: { edges, counts },
      baseline: null,
    });
    expect(look(run(begin({ l: rule }), times(1, batch([200, 280, 60, 60]), 'l')), 1).decision).toBe('fail');
    expect(look(run(begin({ l: rule }), times(1, batch([200, 400, 0, 0]), 'l')), 1, 1).decision).toBe('pass');
    const short = batch([200, 280, 120], [100, 200]);
    expect(look(run(begin({ l: rule }), times(1, short, 'l')), 1).decision).toBe('fail');
  });

  test('a limit between two edges is neither kept nor broken by what lies between them', () => {
    const rule = { ...RULES.latency, comparison: null, limit: 200 } as const satisfies MetricRule;
    const edges = [100, 250, 1000];
    const decide = (counts: readonly number[]) =>
      look(
        run(
          begin({ l: rule }),
          times(1, { kind: 'latency', canary: { edges, counts }, baseline: null }, 'l'),
        ),
        1,
        1,
      );
    expect(decide([0, 600, 0, 0])).toMatchObject({
      decision: 'inconclusive',
      reason: 'l cannot be shown to keep its limit, at which its buckets have no edge.',
    });
    expect(decide([590, 10, 0, 0]).decision).toBe('pass');
    expect(decide([300, 200, 100, 0]).decision).toBe('fail');
  });

  test('a gauge breaks its limit in three of five readings, in the direction that the rule says', () => {
    const rule: GaugeRule = {
      ...RULES.gauge,
      kind: 'gauge',
      comparison: null,
      better: 'lower',
      limit: 5,
      minimumSamples: 5,
    };
    const readings = (values: readonly number[]) =>
      values.map((canary) => ({ log: { kind: 'gauge', canary, baseline: null } as const }));
    const decide = (one: GaugeRule, values: readonly number[]) =>
      look(run(begin({ log: one }), readings(values)), values.length).decision;
    expect(decide(rule, [9, 9, 1, 1, 1, 9, 9, 1, 1, 1])).toBe('continue');
    expect(decide(rule, [1, 9, 1, 9, 9])).toBe('fail');
    expect(decide(rule, [5, 5, 5, 5])).toBe('continue');
    expect(decide(rule, [5, 5, 5, 5, 5])).toBe('pass');
    expect(decide(rule, [5, 5, 5, 5, 6])).toBe('continue');
    expect(decide({ ...rule, better: 'higher' }, [5, 9, 9, 9, 9])).toBe('pass');
    expect(decide({ ...rule, better: 'higher' }, [4, 4, 4, 9, 9])).toBe('fail');
  });

  test('limits and comparisons share one false-alarm budget', () => {
    const both = look(begin({ errors: { ...ERRORS, limit: 0.05 }, other: { ...ERRORS, limit: 0.1 } }), 0);
    const limits = Object.values(both.metrics).map((metric) =>
      Math.exp(-(metric.limit?.fail?.logLimit ?? 0)),
    );
    const compared = Math.exp(-(both.logLimit ?? 0));
    expect(limits.reduce((sum, alpha) => sum + alpha, compared)).toBeCloseTo(0.01, 12);
    expect(Math.exp(-(look(begin({ errors: ERRORS }), 0).logLimit ?? 0))).toBeCloseTo(0.01, 12);
  });
});

describe('missing and impossible data', () => {
  const bad: readonly (readonly [string, MetricBatch, string])[] = [
    ['no canary', { ...errors(6), canary: null } as MetricBatch, 'nothing came of the canary'],
    ['no baseline', { ...errors(6), baseline: null } as MetricBatch, 'nothing came of the baseline'],
    [
      'a source that says why',
      { ...errors(6), canary: null, problem: 'timed out' } as MetricBatch,
      'timed out',
    ],
    ['NaN', errors(Number.NaN), 'the canary: NaN is no number of failed requests'],
    ['a negative count', errors(6, -1), 'the baseline: -1 is no number of failed requests'],
    ['more failures than requests', errors(601), '601 of 600 requests failed, which is more than all'],
    ['infinitely many', errors(Number.POSITIVE_INFINITY), 'Infinity is no number of failed requests'],
    ['text', errors('6' as unknown as number), 'no number of failed requests'],
    ['samples of another kind', { kind: 'gauge', canary: 1, baseline: 1 }, 'samples of gauge came'],
  ];

  test.each(bad)('%s is missing, and named', (_, batch, reason) => {
    const state = run(begin({ errors: ERRORS }), times(40, batch));
    const found = look(state, 40, 40);
    expect(found.decision).toBe('inconclusive');
    expect(found.metrics.errors?.coverage.problem).toContain(reason);
    expect(found.metrics.errors?.coverage).toMatchObject({ measuredMs: 0, missingMs: 40 * MINUTE });
  });

  test.each(bad)('%s for less than half of the time does not keep a canary from passing', (_, batch) => {
    const state = run(begin({ errors: ERRORS }), times(40, errors(6)));
    expect(look(run(state, times(30, batch), 40), 70).decision).toBe('pass');
    expect(look(run(state, times(41, batch), 40), 81, 81)).toMatchObject({
      decision: 'inconclusive',
      reason: 'errors was missing for more than half of the time.',
    });
  });

  test('what is mostly missing cannot fail, either', () => {
    const none = { ...errors(6), baseline: null } as MetricBatch;
    const state = run(begin({ errors: ERRORS }), [...times(3, none), ...times(2, errors(60))]);
    expect(look(state, 5)).toMatchObject({ decision: 'continue' });
    expect(look(run(state, times(2, errors(60)), 5), 7).decision).toBe('fail');
  });

  test('a limit needs the canary alone, so that a missing baseline does not hide what it breaks', () => {
    const outage = { ...errors(500), baseline: null } as MetricBatch;
    expect(look(run(begin({ errors: { ...ERRORS, limit: 0.05 } }), times(2, outage)), 2).decision).toBe(
      'fail',
    );
    const unseen = { ...errors(500), canary: null } as MetricBatch;
    const state = run(begin({ errors: { ...ERRORS, limit: 0.05 } }), [
      ...times(3, unseen),
      ...times(1, outage),
    ]);
    expect(look(state, 4).decision).toBe('continue');
  });

  test('one arm empty all the time is no evidence', () => {
    const idle: MetricBatch = {
      kind: 'errors',
      canary: { total: 0, failed: 0 },
      baseline: { total: 600, failed: 6 },
    };
    const found = look(run(begin({ errors: ERRORS }), times(40, idle)), 40, 40);
    expect(found).toMatchObject({ decision: 'inconclusive', reason: 'errors had no samples of the canary.' });
  });

  test('a batch that comes twice, or out of order, counts once', () => {
    const state = run(begin({ errors: ERRORS }), times(2, errors(9)));
    const again = run(state, times(2, errors(9)));
    expect(look(again, 2).metrics.errors?.canary).toEqual(look(state, 2).metrics.errors?.canary);
    expect(look(again, 2).metrics.errors?.fail).toEqual(look(state, 2).metrics.errors?.fail);
    expect(again.metrics.errors?.coverage).toMatchObject({ measuredMs: 2 * MINUTE, missingMs: 0 });
    expect(again.metrics.errors?.coverage.problem).toContain('each must begin where the last one ended');
  });

  test('a span that is none counts as nothing', () => {
    const state = begin({ errors: ERRORS });
    for (const [from, to] of [
      [0, 0],
      [5, 1],
      [Number.NaN, 1],
      [0, Number.POSITIVE_INFINITY],
    ] as const) {
      const found = onBatch(state, { from, to, metrics: { errors: errors(300) } });
      expect(look(found, 1).metrics.errors?.canary.samples).toBe(0);
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    }
  });

  test('buckets whose edges change are missing', () => {
    const batch = (edges: readonly number[]): MetricBatch => {
      const arm = { edges, counts: [500, 90, 10, 0] };
      return { kind: 'latency', canary: arm, baseline: arm };
    };
    const state = run(begin({ l: RULES.latency }), times(5, batch([100, 200, 300]), 'l'));
    expect(look(state, 5).metrics.l).toMatchObject({
      effect: { effectiveMargin: 0.5 },
      canary: { samples: 3000, value: 200 },
    });
    const changed = run(state, times(1, batch([100, 200, 400]), 'l'), 5);
    expect(changed.metrics.l?.coverage.problem).toContain('the edges of the buckets have changed');
  });

  test('samples of a metric that the rules do not have are an error that names those they have', () => {
    expect(() => run(begin({ errors: ERRORS }), times(1, errors(6), 'latency'))).toThrow(
      'samples came for latency, which the rules do not have; they have errors',
    );
  });
});

describe('phases', () => {
  test('batches of the warm-up are left out, and evidence before it is kept', () => {
    const state = run(begin({ errors: ERRORS }), times(10, errors(6)));
    const moved = onPhase(state, { at: 10 * MINUTE, warmUpMs: 2 * MINUTE });
    const warm = run(moved, times(2, errors(600)), 10);
    expect(warm.metrics).toEqual(state.metrics);
    expect(look(run(warm, times(2, errors(60)), 12), 14).decision).toBe('fail');
  });

  test('a split of the traffic that was not configured is a warning, and no verdict', () => {
    const state = run(begin({ errors: ERRORS }, { share: 0.1 }), times(40, errors(6)));
    const found = look(state, 40);
    expect(found.traffic).toMatchObject({ canary: 24_000, baseline: 24_000, share: 0.1, isSuspicious: true });
    expect(found.decision).toBe('pass');
    const fair = run(begin({ errors: ERRORS }, { share: 0.5 }), times(40, errors(6)));
    expect(look(fair, 40).traffic.isSuspicious).toBe(false);
    expect(look(run(begin({ errors: ERRORS }), times(4, errors(6))), 4).traffic.isSuspicious).toBe(false);
  });
});

describe('rules', () => {
  test.each<[string, MetricRule, string]>([
    ['nothing to judge by', { ...ERRORS, comparison: null }, 'it has neither worse-by nor limit'],
    [
      'a margin above all',
      { ...ERRORS, comparison: sameOnBothSides({ absolute: 1.5, relative: null }) },
      'margin 1.5',
    ],
    [
      'no margin',
      { ...ERRORS, comparison: sameOnBothSides({ absolute: null, relative: null }) },
      'no margin',
    ],
    [
      'NaN',
      { ...ERRORS, comparison: sameOnBothSides({ absolute: Number.NaN, relative: null }) },
      'margin NaN',
    ],
    [
      'thresholds that cross',
      {
        ...ERRORS,
        comparison: {
          failAbove: { absolute: 0.01, relative: null },
          passBelow: { absolute: 0.005, relative: null },
        },
      },
      'failAbove is larger than passBelow',
    ],
    [
      'an absolute margin of latency',
      { ...RULES.latency, comparison: ERRORS.comparison } as MetricRule,
      'relative margins only',
    ],
    ['a quantile of one', { ...RULES.latency, quantile: 1 } as MetricRule, 'the quantile is 1'],
    ['no samples', { ...ERRORS, minimumSamples: 0 }, 'it must be at least 1'],
    ['a limit of NaN', { ...ERRORS, limit: Number.NaN }, 'the limit NaN is no share'],
  ])('%s is refused by name', (_, rule, message) => {
    expect(() => begin({ odd: rule })).toThrow(message);
    expect(() => begin({ odd: rule })).toThrow('odd: ');
  });
});
