import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { queryFor } from '../../../src/metrics/prometheus/query.js';

const HOSTILE = fc.constantFrom(
  '"',
  "'",
  '`',
  '\\',
  '\n',
  '\0',
  '\u0085',
  '}',
  'a',
  'é',
  '😀',
  '$&',
  '{{window}}',
);

const at = (wave: string | null, ms = 15_000) => ({ from: 0, to: ms, wave });

test('the window is as long as the interval', () => {
  const query = 'sum(increase(x[{{window}}])) / sum(increase(y[{{ window }}]))';
  expect(queryFor(query, at(null))).toBe('sum(increase(x[15s])) / sum(increase(y[15s]))');
  expect(queryFor('x[{{window}}]', at(null, 1500))).toBe('x[1500ms]');
});

test('a query without places stays as it is, braces and all', () => {
  const query = 'sum by (le) (x{a="{{b}}", c=~"{.+}"}) {{other}}';
  expect(queryFor(query, at('eu'))).toBe(query);
});

describe('the wave', () => {
  test('stands in strings and in names', () => {
    expect(queryFor('x_{{wave}}{region="{{wave}}"}', at('eu_west'))).toBe('x_eu_west{region="eu_west"}');
  });

  test.each([
    [
      'x{region="{{wave}}"}',
      'a"} or vector(0) or x{b="',
      'x{region="a\\u0022} or vector(0) or x{b=\\u0022"}',
    ],
    ["x{region='{{wave}}'}", "a'} or vector(0)", "x{region='a\\u0027} or vector(0)'}"],
    ['{a="b"} |= `{{wave}}`', 'x` or `y', '{a="b"} |= `x\\u0060 or \\u0060y`'],
    ['x{a="\\"", region="{{wave}}"}', '\\', 'x{a="\\"", region="\\u005c"}'],
    ['x{region="{{wave}}"}', 'a\nb', 'x{region="a\\u000ab"}'],
    ['x{region="{{wave}}"}', '$& $1 {{window}}', 'x{region="$& $1 15s"}'],
  ])('in %s cannot end the string', (query, wave, filled) => {
    expect(queryFor(query, at(wave))).toBe(filled);
  });

  test.each(['x{region={{wave}}}', 'x{{wave}}', 'x{a="b"} {{wave}} {c="d"}'])(
    'outside quotes, as in %s, is a name or nothing',
    (query) => {
      expect(() => queryFor(query, at('} or vector(0'))).toThrow(
        /cannot stand outside quotes.*write "\{\{wave\}\}"/,
      );
    },
  );

  test('law: inside quotes, whatever it is, no quote, backslash or control character is left', () => {
    fc.assert(
      fc.property(fc.string({ unit: HOSTILE }), fc.constantFrom('"', "'"), (wave, quote) => {
        const filled = queryFor(`x{a=${quote}{{wave}}${quote}}`, at(wave)).slice(5, -2);
        expect(filled.replace(/\\u[0-9a-f]{4}/g, '')).not.toMatch(/["'`\\\p{Cc}]/u);
      }),
    );
  });

  test('of a canary without waves is asked for in vain', () => {
    expect(() => queryFor('x{region="{{wave}}"}', at(null))).toThrow(
      /names \{\{wave\}\}, and this canary has no waves/,
    );
  });
});
