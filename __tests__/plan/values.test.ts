import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseGaugeLimit } from '../../src/plan/gauge-limit.js';
import { parseGlob, pathMatcher } from '../../src/plan/globs.js';
import { mendName, nearest, parseName } from '../../src/plan/names.js';
import { parseQuantile, parseRate, parseStatus } from '../../src/plan/probe-values.js';
import { parseShare } from '../../src/plan/share.js';
import { parseUrl } from '../../src/plan/urls.js';

describe('a share', () => {
  test.each([
    ['1%', 0.01],
    ['0.5 %', 0.005],
    ['0.7%', 0.007],
    ['<= 1%', 0.01],
    ['0', 0],
    [0.01, 0.01],
    ['99.9%', 0.999],
  ])('%s is %d', (text, share) => {
    expect(parseShare(text)).toEqual({ value: share });
  });

  test.each(['', '%', '100%', '1', 5, -0.1, '1pp', '>= 1%', 'NaN', '1%%'])('%s is refused', (text) => {
    expect(parseShare(text)).toHaveProperty('rule');
  });

  test('written with up to two decimals is exactly what it says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), (hundredths) => {
        expect(parseShare(`${(hundredths / 100).toFixed(2)}%`)).toEqual({
          value: Number(`${hundredths}e-4`),
        });
      }),
    );
  });
});

test('a limit with a unit of bytes is refused with the bytes', () => {
  expect(parseGaugeLimit('<= 512Mi', 'lower')).toMatchObject({
    remedy: 'No units: write bytes, `536870912`.',
  });
});

describe('a name', () => {
  test.each(['shop', '9', 'eu-west.1', 'a_b', 'a'.repeat(63)])('%s is one', (name) => {
    expect(parseName(name)).toEqual({ value: name });
  });

  test.each(['', '.a', '-a', 'A', 'a b', 'a/b', 'a'.repeat(64), 'a..b', 'a.', 'a.lock', 'ä'])(
    '`%s` is none',
    (name) => {
      expect(parseName(name)).toHaveProperty('rule');
    },
  );

  test('that is mended is one, and one that is right stays', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.stringMatching(/^[A-Za-z._ -]{0,80}(\.lock)?$/),
    );
    fc.assert(
      fc.property(text, (written) => {
        const mended = mendName(written);
        expect(parseName(mended)).toEqual({ value: mended });
        if ('value' in parseName(written)) expect(mended).toBe(written);
      }),
    );
  });

  test.each([
    ['My Shop', 'my-shop'],
    ['Café', 'cafe'],
    ['shop.lock', 'shop'],
  ])('%s is mended to %s', (written, mended) => {
    expect(mendName(written)).toBe(mended);
  });
});

describe('the nearest known word', () => {
  test.each([
    ['verfy', 'verify'],
    ['warmup', 'warm-up'],
    ['evrify', 'verify'],
    ['Verify', 'verify'],
    ['window', null],
    ['x', null],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, ['verify', 'warm-up', 'watch'])).toBe(expected);
  });
});

describe('a pattern', () => {
  test('matches hidden files, too', () => {
    expect(pathMatcher(['config/**'])('config/.env')).toBe(true);
    expect(pathMatcher(['config/**'])('other/.env')).toBe(false);
  });

  test('of none matches nothing', () => {
    expect(pathMatcher([])('a')).toBe(false);
  });

  test('loses the `./` before it, which would match nothing', () => {
    expect(parseGlob('./shop/**')).toEqual({ value: 'shop/**' });
  });
});

describe('a URL', () => {
  test.each([
    'https://shop.example/health',
    '${URL}',
    '${URL}/health?x=${X}',
    'http://${HOST}:${PORT}/',
    '${SCHEME}://${HOST}/',
    'http://127.0.0.1:8080',
    'http://[::1]:8080/',
  ])('%s is one', (url) => {
    expect(parseUrl(url)).toEqual({ value: url });
  });

  test.each([
    '',
    'shop.example',
    '/health',
    'ftp://x/',
    'file:///etc/passwd',
    'http://',
    'http://a b/',
    'http://x:y/',
    '${lower case}/',
  ])('`%s` is none', (url) => {
    expect(parseUrl(url)).toHaveProperty('rule');
  });
});

test.each([
  ['200', [200, 200]],
  [204, [204, 204]],
  ['200-399', [200, 399]],
  ['200 - 204', [200, 204]],
])('the status %s is a range', (text, range) => {
  expect(parseStatus(text)).toEqual({ value: range });
});

test.each(['20', 20.5, '399-200', '600', '200-', '-200', '2xx', ''])('`%s` is no status', (text) => {
  expect(parseStatus(text)).toHaveProperty('rule');
});

test.each([
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99.9', 0.999],
])('the quantile %s is %d', (text, value) => {
  expect(parseQuantile(text)).toEqual({ value });
});

test.each(['p49', 'p99.99', 'p100', '95', 'p', 'P95', ''])('`%s` is no quantile', (text) => {
  expect(parseQuantile(text)).toHaveProperty('rule');
});

test.each([
  ['20/s', 20],
  ['0.5/s', 0.5],
  ['1000 / s', 1000],
])('the rate %s is %d a second', (text, value) => {
  expect(parseRate(text)).toEqual({ value });
});

test.each(['0/s', '20', '20/m', '1001/s', '-1/s', 'NaN/s', ''])('`%s` is no rate', (text) => {
  expect(parseRate(text)).toHaveProperty('rule');
});
