import { describe, expect, test } from '@jest/globals';
import { rulesOfPlan } from '../../src/judge/plan-rules.js';
import { retry } from '../../src/judge/trial.js';
import type { Batch, MetricBatch } from '../../src/metrics/contract.js';
import type { Metric } from '../../src/plan/plan.js';
import { parseSamples } from '../../src/release/samples.js';
import { type Observation, Trial } from '../../src/stages/trial.js';
import { binomial, randomFrom } from '../judge/samples.js';

const AT = Date.parse('2026-11-22T10:00:00Z');
const SECOND = 1000;
const MINUTE = 60 * SECOND;

function metric(name: string, change: Partial<Metric> = {}): Metric {
  return {
    name,
    kind: 'errors',
    source: { kind: 'run', run: { run: 'true', timeoutMs: SECOND }, everyMs: SECOND },
    worseBy: { absolute: 0.005, relative: null },
    limit: null,
    quantile: 0.95,
    better: 'lower',
    importance: 'normal',
    minimumSamples: 100,
    ...change,
  };
}

const ERRORS = metric('errors');
const LATENCY = metric('latency', { kind: 'latency', worseBy: { absolute: null, relative: 0.1 } });
const MEMORY = metric('memory', {
  kind: 'gauge',
  worseBy: { absolute: null, relative: 0.15 },
  minimumSamples: 30,
});

/** A trial whose record is kept as the ledger would keep it. */
function begin(metrics: readonly Metric[], plannedMs = 20 * MINUTE) {
  const lines: string[] = [];
  const journal = {
    keep<T extends object>(_file: string, line: T): T {
      lines.push(JSON.stringify(line));
      return line;
    },
  };
  const trial = Trial.begin(journal, metrics, {
    stage: 'canary',
    at: AT,
    plannedMs,
    intervalMs: 20 * SECOND,
    rules: rulesOfPlan(metrics, 0.01),
    history: { errors: Array.from({ length: 60 }, (_, i) => ({ failed: 5 + (i % 3), total: 1000 })) },
    latencies: {
      latency: Array.from({ length: 20 }, (_, i) => ({ first: 160, counts: [20, 30 + (i % 3), 9] })),
    },
    readings: { memory: Array.from({ length: 40 }, (_, i) => 100 + (i % 5) / 5) },
  });
  return { trial, lines };
}

type Stream = (second: number) => MetricBatch;

/** One step: a batch of each stream at a time, and a look after it. */
function step(
  trial: Trial,
  streams: Readonly<Record<string, Stream>>,
  options: {
    readonly from: number;
    readonly seconds: number;
    readonly early?: boolean;
    /** How many seconds lie between two batches. */
    readonly every?: number;
  },
): Observation & { readonly lasted: number } {
  const { from, seconds, early = false, every = 1 } = options;
  const start = AT + from * SECOND;
  const deadline = start + seconds * SECOND;
  trial.phase({ at: start, weight: 5, wave: null, warmUpMs: 0, bakeMs: 10 * SECOND, share: null });
  trial.listen(start);
  for (let i = every; i <= seconds; i += every) {
    const at = start + i * SECOND;
    for (const [name, stream] of Object.entries(streams)) {
      trial.take(name, { ...stream(i), from: at - every * SECOND, to: at } as Batch);
    }
    if (at < deadline && trial.look({ at, deadline, early })) {
      return { ...trial.conclude({ at, deadline }), lasted: i };
    }
  }
  return { ...trial.conclude({ at: deadline, deadline }), lasted: seconds };
}

function healthy(seed: number, rate = 0.005): Readonly<Record<string, Stream>> {
  const random = randomFrom(seed);
  const counts = (chance: number) => ({ total: 50, failed: binomial(random, 50, chance) });
  const values = () => ({ values: Array.from({ length: 20 }, () => 50 + 40 * random()) });
  return {
    errors: () => ({ kind: 'errors', canary: counts(rate), baseline: counts(0.005) }),
    latency: () => ({ kind: 'latency', canary: values(), baseline: values() }),
    memory: () => ({ kind: 'gauge', canary: 100 + random(), baseline: 100 + random() }),
  };
}

describe('a canary', () => {
  test('that is as good passes as soon as it is shown, and from the record anybody finds the same', () => {
    const { trial, lines } = begin([ERRORS, LATENCY, MEMORY]);
    const first = step(trial, healthy(1), { from: 0, seconds: 300, early: true, every: 2 });
    expect(first).toMatchObject({ verdict: 'passed', reason: expect.stringContaining('good enough') });
    expect(first.lasted).toBeLessThan(200);
    const second = step(trial, healthy(2), { from: 400, seconds: 300, every: 5 });
    expect(second).toMatchObject({ verdict: 'passed', lasted: 300 });
    expectRetried(lines, [first, second]);
  });

  test('that is worse fails long before its step ends, and the look that saw it is in the record', () => {
    const { trial, lines } = begin([ERRORS, LATENCY, MEMORY]);
    const seen = step(trial, healthy(3, 0.2), { from: 0, seconds: 600 });
    expect(seen.verdict).toBe('failed');
    expect(seen.lasted).toBeLessThan(60);
    const [errors, latency] = seen.metrics;
    expect(errors).toMatchObject({ metric: 'errors', verdict: 'failed' });
    expect(errors?.reason).toMatch(/^\d+ % of [\d,]+ requests failed; the baseline .*, allowed 0.5 pp$/);
    expect(latency?.verdict).not.toBe('failed');
    expect(seen.combined.logE ?? 0).toBeGreaterThanOrEqual(seen.combined.logLimit ?? Infinity);
    expectRetried(lines, [seen]);
  });

  test('has one chance of a false alarm for all steps: what failed once stays failed', () => {
    const { trial, lines } = begin([ERRORS]);
    const first = step(trial, healthy(3, 0.2), { from: 0, seconds: 120 });
    const second = step(trial, healthy(4), { from: 200, seconds: 60 });
    expect([first.verdict, second.verdict]).toEqual(['failed', 'failed']);
    expectRetried(lines, [first, second]);
  });

  test('of which too little is known is inconclusive, and says how much more would decide', () => {
    const { trial } = begin([metric('errors', { worseBy: { absolute: 0.0005, relative: null } })]);
    const seen = step(trial, healthy(5), { from: 0, seconds: 30 });
    expect(seen.verdict).toBe('inconclusive');
    expect(seen.metrics[0]?.reason).toContain('is not yet shown to be within its margin');
  });
});

test('a record of an hour with three metrics stays small, and its trail can be drawn', () => {
  const { trial, lines } = begin([ERRORS, LATENCY, MEMORY], 60 * MINUTE);
  const seen = step(trial, healthy(6), { from: 0, seconds: 3600, every: 10 });
  expect(lines.length).toBeLessThan(700);
  expect(lines.join('\n').length).toBeLessThan(250_000);
  expect(seen.trail.length).toBeLessThanOrEqual(60);
  expect(seen.trail.at(-1)?.good).toMatchObject({ errors: expect.any(Number), memory: expect.any(Number) });
});

describe('bad input', () => {
  const counts = (total: number, failed: number) => ({ total, failed });
  const both = (canary: object | number | null, baseline: object | number | null, kind = 'errors') => {
    return { kind, canary, baseline } as MetricBatch;
  };
  const table: [string, Metric, Stream, RegExp][] = [
    ['NaN', ERRORS, () => both(counts(Number.NaN, 0), counts(50, 0)), /NaN is no number of requests/],
    ['a negative count', ERRORS, () => both(counts(50, -1), counts(50, 0)), /-1 is no number of failed/],
    ['failed more than all', ERRORS, () => both(counts(50, 51), counts(50, 0)), /51 of 50 requests failed/],
    [
      'a counter that went back',
      ERRORS,
      () => ({ ...both(null, counts(50, 0)), problem: 'the counter went back from 9 to 3' }),
      /the counter went back from 9 to 3/,
    ],
    ['an empty canary', ERRORS, () => both(counts(0, 0), counts(50, 0)), /no samples of the canary/],
    ['an empty baseline', ERRORS, () => both(counts(50, 0), counts(0, 0)), /not yet shown/],
    ['two empty arms', ERRORS, () => both(counts(0, 0), counts(0, 0)), /no samples of the canary/],
    ['no canary at all', ERRORS, () => both(null, counts(50, 0)), /nothing came of the canary/],
    ['no baseline at all', ERRORS, () => both(counts(50, 0), null), /nothing came of the baseline/],
    [
      'a source that is down',
      ERRORS,
      () => ({ ...both(null, null), problem: 'connection refused' }),
      /connection refused/,
    ],
    ['another type', ERRORS, () => both(1, 2, 'gauge'), /samples of gauge came for a metric of errors/],
    [
      'a latency that is none',
      LATENCY,
      () => both({ values: [Number.NaN] }, { values: [1] }, 'latency'),
      /NaN is no latency/,
    ],
    ['a reading that is none', MEMORY, () => both(Number.NaN, 1, 'gauge'), /NaN is no reading/],
    ['a reading without a ratio', MEMORY, () => both(-1, 1, 'gauge'), /-1 has no ratio/],
  ];

  test.each(table)('%s is named in the evidence, and neither passes nor fails', (_, one, stream, named) => {
    const { trial, lines } = begin([one]);
    const seen = step(trial, { [one.name]: stream }, { from: 0, seconds: 30, early: true });
    expect(['errored', 'inconclusive']).toContain(seen.verdict);
    expect(seen.metrics[0]?.reason).toMatch(named);
    expectRetried(lines, [seen]);
  });

  test('an arm that appears late counts from then on', () => {
    const { trial } = begin([ERRORS]);
    const { errors } = healthy(7);
    const late: Stream = (second) => {
      const batch = errors?.(second) ?? both(null, null);
      return second <= 20 ? ({ ...batch, canary: null } as MetricBatch) : batch;
    };
    expect(step(trial, { errors: late }, { from: 0, seconds: 300 }).verdict).toBe('passed');
  });

  test('a clock that is set back counts nothing twice', () => {
    const { trial, lines } = begin([ERRORS]);
    const start = AT;
    trial.phase({ at: start, weight: 5, wave: null, warmUpMs: 0, bakeMs: 0, share: null });
    trial.listen(start);
    for (let i = 0; i < 60; i++) {
      const from = start + (i < 30 ? i : i - 30) * SECOND;
      trial.take('errors', { ...both(counts(50, 0), counts(50, 0)), from, to: from + SECOND } as Batch);
    }
    const seen = trial.conclude({ at: start + 30 * SECOND, deadline: start + 30 * SECOND });
    expect(seen.metrics[0]?.samples).toBeLessThanOrEqual(31 * 50);
    expectRetried(lines, [seen]);
  });

  test('a source that falls silent is missing for all that time, however good it was before', () => {
    const { trial, lines } = begin([ERRORS]);
    const { errors } = healthy(8);
    const start = AT;
    const deadline = start + 300 * SECOND;
    trial.phase({ at: start, weight: 5, wave: null, warmUpMs: 0, bakeMs: 0, share: null });
    trial.listen(start);
    for (let i = 0; i < 100; i++) {
      const from = start + i * SECOND;
      trial.take('errors', { ...(errors?.(i) ?? both(null, null)), from, to: from + SECOND } as Batch);
    }
    const seen = trial.conclude({ at: deadline, deadline });
    expect(seen.verdict).toBe('errored');
    expect(seen.metrics[0]?.reason).toContain('nothing came for 200 s');
    expectRetried(lines, [seen]);
  });

  test('a source that hangs is missing from its last answer on, however long its timeout, and nothing ends early', () => {
    const slow = metric('errors', {
      source: { kind: 'run', run: { run: 'true', timeoutMs: 60 * SECOND }, everyMs: SECOND },
      worseBy: { absolute: 0.02, relative: null },
    });
    const { trial, lines } = begin([slow], 50 * SECOND);
    const deadline = AT + 50 * SECOND;
    trial.phase({ at: AT, weight: 50, wave: null, warmUpMs: 0, bakeMs: 8 * SECOND, share: null });
    trial.listen(AT);
    for (let i = 0; i < 6; i++) {
      const batch = i < 5 ? both(counts(500, 0), counts(500, 0)) : both(null, null);
      trial.take('errors', { ...batch, from: AT + i * SECOND, to: AT + (i + 1) * SECOND } as Batch);
    }
    expect(trial.look({ at: AT + 10 * SECOND, deadline, early: true })).toBe(false);
    const seen = trial.conclude({ at: deadline + SECOND, deadline });
    expect(seen.verdict).toBe('errored');
    expect(seen.metrics[0]?.reason).toContain('nothing came for 44 s');
    expectRetried(lines, [seen]);
  });

  test('what comes after the verdict changes nothing', () => {
    const { trial, lines } = begin([ERRORS]);
    const start = AT;
    const when = { at: start + SECOND, deadline: start + MINUTE };
    trial.phase({ at: start, weight: 5, wave: null, warmUpMs: 0, bakeMs: 0, share: null });
    trial.listen(start);
    const bad = both(counts(500, 500), counts(500, 0));
    for (let i = 0; i < 50; i++) {
      trial.take('errors', { ...bad, from: start + i * SECOND, to: start + (i + 1) * SECOND } as Batch);
    }
    expect(trial.look({ ...when, early: false })).toBe(true);
    const kept = lines.length;
    const good = both(counts(1e6, 0), counts(1e6, 0));
    trial.take('errors', { ...good, from: start + 50 * SECOND, to: start + 51 * SECOND } as Batch);
    expect(trial.conclude(when).verdict).toBe('failed');
    expect(lines.length).toBe(kept + 1);
  });
});

/** From the lines alone each verdict is found again, to the last digit. */
function expectRetried(lines: readonly string[], seen: readonly Observation[]): void {
  const found = retry(parseSamples(lines.join('\n')));
  expect(found.map(({ given, found: { decision } }) => [given.decision, decision])).toEqual(
    found.map(({ given }) => [given.decision, given.decision]),
  );
  expect(found.map(({ found: { metrics } }) => JSON.stringify(Object.values(metrics)))).toEqual(
    seen.map(({ metrics }) => JSON.stringify(metrics.map(({ evidence }) => evidence))),
  );
}
