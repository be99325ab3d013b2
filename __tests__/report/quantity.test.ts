import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { baselineText, metricFact, tellingMetric, valueText } from '../../src/report/measure.js';
import { between, clock, count, duration, moment, percent } from '../../src/report/quantity.js';
import { compared, errors, latency } from './story.js';

test.each([
  [0, '0 s'],
  [0.4, '1 ms'],
  [850, '850 ms'],
  [59_999, '59 s'],
  [200_000, '3 min 20 s'],
  [3_600_000, '1 h'],
  [3_900_000, '1 h 5 min'],
  [183_600_000, '2 d 3 h'],
  [-1, '–'],
  [Number.NaN, '–'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, '0 %'],
  [0.0512, '5.12 %'],
  [0.012345, '1.23 %'],
  [0.00034, '0.034 %'],
  [1, '100 %'],
  [12, '1,200 %'],
  [1e-9, 'under 0.0001 %'],
  [Number.POSITIVE_INFINITY, '–'],
])('the share %d is %s', (share, text) => {
  expect(percent(share)).toBe(text);
});

test('numbers, times and spans read as people write them', () => {
  expect(count(1_204_041)).toBe('1,204,041');
  expect(clock('2026-11-22T10:02:11.123Z')).toBe('10:02:11');
  expect(moment('2026-11-22T10:02:11Z')).toBe('2026-11-22 10:02:11 UTC');
  expect(between('2026-11-22T10:02:11Z', '2026-11-22T10:03:12Z')).toBe('1 min 1 s');
  expect(between('2026-11-22T10:02:11Z', null)).toBe('–');
});

test('no number makes a duration or a percentage throw or grow long', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(duration(value).length).toBeLessThan(60);
      expect(percent(value).length).toBeLessThan(40);
    }),
  );
});

describe('metrics', () => {
  test('a value past its limit never looks equal to it', () => {
    expect(valueText(errors(0.010001))).toBe('1.0001 %');
    expect(valueText(errors(0.01))).toBe('1 %');
  });

  test('shares are percent, latencies milliseconds, gauges plain numbers', () => {
    expect(baselineText(latency(210))).toBe('181 ms');
    expect(valueText({ ...latency(1536.2), kind: 'gauge' })).toBe('1,536');
    expect(metricFact(compared(errors(0.0512)))).toBe('errors 5.12 % of 12,041 requests, baseline 0.12 %');
    expect(metricFact(errors(0.0512))).toBe('errors 5.12 % of 12,041 requests, limit 1 %');
  });

  test('without a value the fact is the reason', () => {
    expect(metricFact(errors(null))).toBe('errors: the target refused the connection');
  });

  test('too few samples are told as such, not by the value they happen to give', () => {
    const few = errors(0, { verdict: 'inconclusive', reason: '3 requests, at least 100 are needed' });
    expect(metricFact(few)).toBe('errors: 3 requests, at least 100 are needed');
  });

  test('the telling metric is the worst, then the furthest past its limit', () => {
    const near = latency(310, { metric: 'near' });
    expect(tellingMetric([errors(0.001), near, errors(0.05)])?.metric).toBe('errors');
    expect(tellingMetric([errors(null), near])?.metric).toBe('near');
    expect(tellingMetric([])).toBeNull();
  });
});
