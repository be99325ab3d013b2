import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DURATION_PATTERN, formatDuration, parseDuration } from '../../src/plan/duration.js';

test.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['2h', 7_200_000],
  ['1h30m', 5_400_000],
  ['500ms', 500],
  ['1m500ms', 60_500],
  ['1h1m1s1ms', 3_661_001],
  ['0', 0],
  ['0s', 0],
  ['120h', 432_000_000],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toEqual({ value: ms });
});

test.each([
  '',
  ' ',
  '1',
  '10.5',
  '1.5h',
  '-1s',
  '1 m',
  '1m1h',
  '1s1s',
  '5d',
  'm',
  '1M',
  'NaN',
  '1e3s',
  '121h',
  `${'9'.repeat(400)}h`,
])('`%s` is no duration', (text) => {
  expect(parseDuration(text)).toHaveProperty('rule');
});

test('a number without a unit is told which units there are', () => {
  expect(parseDuration(10)).toEqual({
    rule: 'A duration needs a unit: `ms`, `s`, `m` or `h`',
    remedy: 'Write `10s` for seconds or `10m` for minutes.',
  });
});

test('what is formatted reads as the same time again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 432_000_000 }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toEqual({ value: ms });
    }),
  );
});

test('any text is a duration or refused with a rule, and the pattern of the JSON Schema agrees on what is one', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^(\d{1,3}(h|m|s|ms)?){0,5}$/));
  fc.assert(
    fc.property(text, (written) => {
      const reading = parseDuration(written);
      if ('value' in reading) expect(written.trim()).toMatch(new RegExp(DURATION_PATTERN));
      else expect(reading.rule).not.toBe('');
    }),
  );
});
