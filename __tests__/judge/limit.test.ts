import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addBatch, type LimitBatch, type LimitRule, startLimit, verdictOf } from '../../src/judge/limit.js';
import type { Sample } from '../../src/judge/tally.js';
import type { MetricVerdict } from '../../src/judge/verdict.js';

const errors: LimitRule = { name: 'errors', kind: 'errors', quantile: 0.95, limit: 0.01, minimumSamples: 50 };
const latency: LimitRule = {
  name: 'latency',
  kind: 'latency',
  quantile: 0.95,
  limit: 300,
  minimumSamples: 50,
};

function sample(total: number, failed: number, ms = 20): Sample {
  const latenciesMs = Array.from({ length: total }, () => ms);
  return { total, failed, latenciesMs, failures: failed > 0 ? { 'status 500': failed } : {} };
}

function batch(canary: Sample | null, more: Partial<LimitBatch> = {}): LimitBatch {
  return { from: 0, to: 1000, canary, baseline: null, ...more };
}

function judge(rule: LimitRule, batches: readonly LimitBatch[], final = true): MetricVerdict | 'continue' {
  return verdictOf(batches.reduce(addBatch, startLimit(rule)), { final });
}

function finalOf(rule: LimitRule, batches: readonly LimitBatch[]): MetricVerdict {
  const verdict = judge(rule, batches);
  if (verdict === 'continue') throw new Error('a final verdict is never "continue"');
  return verdict;
}

function verdictWord(verdict: MetricVerdict | 'continue'): string {
  return verdict === 'continue' ? verdict : verdict.verdict;
}

describe('the final verdict', () => {
  test.each([
    [
      'within the limit',
      [sample(400, 4)],
      'passed',
      '1 % of 400 requests failed (mostly status 500), the limit is 1 %',
    ],
    ['no failure', [sample(400, 0)], 'passed', '0 % of 400 requests failed, the limit is 1 %'],
    [
      'above',
      [sample(400, 21)],
      'failed',
      '5.25 % of 400 requests failed (mostly status 500), the limit is 1 %',
    ],
    [
      'hardly above',
      [sample(99_999, 1000)],
      'failed',
      '1.00001 % of 99999 requests failed (mostly status 500), the limit is 1 %',
    ],
    ['too few', [sample(49, 0)], 'inconclusive', 'Only 49 requests were measured, 50 are needed.'],
    ['none', [], 'errored', 'No request to the canary was measured.'],
    ['only empty batches', [sample(0, 0)], 'errored', 'No request to the canary was measured.'],
  ])('errors: %s', (_name, samples, verdict, reason) => {
    expect(
      finalOf(
        errors,
        samples.map((one) => batch(one)),
      ),
    ).toMatchObject({ verdict, reason });
  });

  test('latency: the quantile decides, exactly at the limit', () => {
    const slow = (count: number): Sample => ({
      total: 100,
      failed: 0,
      failures: {},
      latenciesMs: Array.from({ length: 100 }, (_, i) => (i < count ? 300.001 : 300)),
    });
    expect(finalOf(latency, [batch(slow(5))])).toMatchObject({ verdict: 'passed', value: 300 });
    const failed = finalOf(latency, [batch(slow(6))]);
    expect(failed.verdict).toBe('failed');
    expect(failed.reason).toBe('95 % of 100 requests took at most 306 ms, the limit is 300 ms');
  });

  test('only problems are an error that names the last one', () => {
    const verdict = finalOf(errors, [batch(null, { problem: 'the canary URL is not a URL' })]);
    expect(verdict).toMatchObject({ verdict: 'errored', value: null, samples: 0 });
    expect(verdict.reason).toContain('the canary URL is not a URL');
  });

  test('a canary that went unmeasured for most of the time is inconclusive', () => {
    const gap = batch(null, { from: 1000, to: 3000 });
    expect(finalOf(errors, [batch(sample(100, 0)), gap]).verdict).toBe('inconclusive');
    expect(finalOf(errors, [batch(sample(100, 0)), batch(sample(100, 0)), gap]).verdict).toBe('passed');
  });

  test('the baseline is for information and decides nothing', () => {
    const bad = { ...sample(10, 5), failed: Number.NaN };
    expect(finalOf(errors, [batch(sample(100, 0), { baseline: sample(200, 20) })])).toMatchObject({
      verdict: 'passed',
      baseline: 0.1,
    });
    expect(finalOf(errors, [batch(sample(100, 0), { baseline: bad })])).toMatchObject({
      verdict: 'passed',
      baseline: null,
    });
  });

  test.each([Number.NaN, -0.1, Number.POSITIVE_INFINITY])('a limit of %p lets nothing through', (limit) => {
    expect(finalOf({ ...errors, limit }, [batch(sample(1000, 0))]).verdict).toBe('errored');
    expect(finalOf({ ...latency, limit }, [batch(sample(1000, 0))]).verdict).toBe('errored');
  });

  test.each([Number.NaN, 0])('a least number of samples of %p lets nothing through', (minimumSamples) => {
    expect(finalOf({ ...errors, minimumSamples }, [batch(sample(1000, 0))]).verdict).toBe('errored');
  });
});

describe('before the end', () => {
  test.each([
    ['one unlucky request of ten', 10, 1, 'continue'],
    ['two of ten', 10, 2, 'failed'],
    ['all of nine: too few to say', 9, 9, 'continue'],
    ['3 of 100: may be chance', 100, 3, 'continue'],
    ['5 of 100', 100, 5, 'failed'],
    ['within the limit', 10_000, 90, 'continue'],
  ])('errors: %s', (_name, total, failed, expected) => {
    const verdict = judge(errors, [batch(sample(total, failed))], false);
    expect(verdictWord(verdict)).toBe(expected);
  });

  test('latency: clearly too many slow requests stop, a few do not', () => {
    const slow = (total: number, count: number) =>
      batch({
        ...sample(total, 0),
        latenciesMs: Array.from({ length: total }, (_, i) => (i < count ? 301 : 1)),
      });
    expect(judge(latency, [slow(100, 6)], false)).toBe('continue');
    expect(judge(latency, [slow(100, 15)], false)).toMatchObject({ verdict: 'failed' });
  });

  test('a clear breach is no less clear for a step that ended with few samples', () => {
    expect(finalOf(errors, [batch(sample(20, 20))]).verdict).toBe('failed');
  });
});

describe('laws', () => {
  const goodSample = fc.integer({ min: 0, max: 200 }).chain((total) =>
    fc.record({
      total: fc.constant(total),
      failed: fc.integer({ min: 0, max: total }),
      latenciesMs: fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), {
        minLength: total,
        maxLength: total,
      }),
      failures: fc.constant({}),
    }),
  );
  const rule = fc.constantFrom(
    errors,
    latency,
    { ...errors, limit: 0 },
    { ...latency, quantile: 0.5, limit: 20_000 },
  );

  test('whatever is malformed in any batch, nothing passes', () => {
    const odd = fc.constantFrom(
      Number.NaN,
      -1,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0.5,
      1e300,
    );
    const malformed: fc.Arbitrary<[LimitRule, Sample]> = fc.oneof(
      fc.tuple(
        rule,
        odd.map((total): Sample => ({ ...sample(100, 0), total })),
      ),
      fc.tuple(
        rule,
        odd.map((failed): Sample => ({ ...sample(100, 0), failed })),
      ),
      fc.tuple(
        fc.constantFrom(latency),
        fc.constantFrom(Number.NaN, -1, Number.POSITIVE_INFINITY).map((ms): Sample => sample(100, 0, ms)),
      ),
      fc.tuple(fc.constantFrom(latency), fc.constant<Sample>({ ...sample(100, 0), latenciesMs: [1] })),
    );
    fc.assert(
      fc.property(malformed, fc.array(goodSample), fc.nat(), ([one, bad], good, place) => {
        const batches = good.map((each) => batch(each));
        batches.splice(place % (batches.length + 1), 0, batch(bad));
        expect(finalOf(one, batches).verdict).not.toBe('passed');
        expect(verdictWord(judge(one, batches, false))).not.toBe('passed');
      }),
    );
  });

  test('nothing passes without enough samples, and never before the end', () => {
    fc.assert(
      fc.property(rule, fc.array(fc.option(goodSample)), (one, samples) => {
        const batches = samples.map((each) => batch(each));
        const total = samples.reduce((sum, each) => sum + (each?.total ?? 0), 0);
        if (total < one.minimumSamples) expect(finalOf(one, batches).verdict).not.toBe('passed');
        expect(verdictWord(judge(one, batches, false))).not.toBe('passed');
      }),
    );
  });

  test('any grouping of the same samples gives the same verdict', () => {
    fc.assert(
      fc.property(rule, fc.array(goodSample, { minLength: 2 }), fc.nat(), (one, samples, cut) => {
        const at = 1 + (cut % (samples.length - 1));
        const merged = samples.slice(0, at).reduce((a, b) => ({
          total: a.total + b.total,
          failed: a.failed + b.failed,
          latenciesMs: [...a.latenciesMs, ...b.latenciesMs],
          failures: {},
        }));
        const grouped = [batch(merged, { to: 1000 * at }), ...samples.slice(at).map((each) => batch(each))];
        expect(finalOf(one, grouped)).toEqual(
          finalOf(
            one,
            samples.map((each) => batch(each)),
          ),
        );
      }),
    );
  });

  test('one more failure never makes a verdict better', () => {
    const rank = { failed: 0, errored: 0, inconclusive: 1, passed: 2 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.nat(), (total, some) => {
        const failed = some % total;
        const better = finalOf(errors, [batch(sample(total, failed))]);
        const worse = finalOf(errors, [batch(sample(total, failed + 1))]);
        expect(rank[worse.verdict]).toBeLessThanOrEqual(rank[better.verdict]);
      }),
    );
  });

  test('the state survives JSON', () => {
    fc.assert(
      fc.property(rule, fc.array(fc.option(goodSample)), (one, samples) => {
        const batches = samples.map((each) => batch(each));
        const copied = batches.reduce(
          (state, each) => addBatch(JSON.parse(JSON.stringify(state)), each),
          startLimit(one),
        );
        expect(verdictOf(copied, { final: true })).toEqual(finalOf(one, batches));
      }),
    );
  });

  test('an hour of traffic is still a small state', () => {
    const spread = Array.from({ length: 20_000 }, (_, i) => 1.0006 ** i);
    const busy = { total: 20_000, failed: 500, latenciesMs: spread, failures: { 'status 500': 500 } };
    const state = addBatch(startLimit(latency), batch(busy, { baseline: busy }));
    expect(JSON.stringify(state).length).toBeLessThan(16_000);
  });
});
