import { describe, expect, test } from '@jest/globals';
import { parsePlan } from '../../src/plan/parse.js';

const rest = 'service: shop\npromote: ./deploy.sh\n';

function rulesOf(text: string | Uint8Array) {
  const outcome = parsePlan({ text, source: 'plan.yml', environment: 'production' });
  return 'problems' in outcome ? outcome.problems.map(({ line, rule }) => `${line}: ${rule}`) : [];
}

describe('a file is read', () => {
  test('as bytes as well as text, with or without a byte order mark', () => {
    expect(rulesOf(rest)).toEqual([]);
    expect(rulesOf(`\uFEFF${rest}`)).toEqual([]);
    expect(rulesOf(new TextEncoder().encode(`\uFEFF${rest}`))).toEqual([]);
  });

  test('with the line ends of Windows, and lines count the same', () => {
    expect(rulesOf(`${rest}oidc: 5\n`.replaceAll('\n', '\r\n'))).toEqual(['3: This must be true or false']);
  });

  test('with words that YAML 1.1 would take for booleans as text', () => {
    expect(rulesOf(`${rest}verify: {on: yes, off: no}\n`)).toEqual([]);
  });
});

describe('a file is refused', () => {
  test('when it is not UTF-8, at the line where it is not', () => {
    const bytes = new Uint8Array([...new TextEncoder().encode(`${rest}# `), 0xff, 0xfe, 0x0a]);
    expect(rulesOf(bytes)).toEqual(['3: A plan is UTF-8 text']);
  });

  test('when it is larger than 1 MiB', () => {
    const limit = 1024 * 1024;
    expect(rulesOf(`${rest}#${'x'.repeat(limit - rest.length - 1)}`)).toEqual([]);
    expect(rulesOf(`${rest}#${'x'.repeat(limit - rest.length)}`)).toEqual(['1: A plan is at most 1 MiB']);
    expect(rulesOf('ä'.repeat(limit / 2 + 1))).toEqual(['1: A plan is at most 1 MiB']);
  });

  test('when its aliases multiply', () => {
    const levels = 'bcdefghi'
      .split('')
      .map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(9)}]`);
    expect(rulesOf(`a: &a [x]\n${levels.join('\n')}\n`)).toEqual([expect.stringMatching(/^1: Aliases/)]);
  });

  test('when it has too many aliases to resolve them in time', () => {
    const list = Array.from({ length: 101 }, () => '*a').join(', ');
    expect(rulesOf(`a: &a x\nb: [${list}]\n`)).toEqual([
      '2: Aliases (`*name`) are resolved at most 100 times',
    ]);
  });

  test.each([
    ['to what it is part of', 'a: &a [*a]\n'],
    ['to nothing', 'a: *b\n'],
  ])('when an alias leads %s', (_, text) => {
    expect(rulesOf(text)).toEqual([
      '1: An alias stands for a value before it, and not for one that it is part of',
    ]);
  });

  test.each([
    ['brackets', `a: ${'['.repeat(200_000)}`],
    ['closed brackets', `a: ${'['.repeat(33)}${']'.repeat(33)}`],
    ['braces', `${'{a: '.repeat(33)}b${'}'.repeat(33)}`],
    ['aliases', `a: &a {x: ${'['.repeat(30)}1${']'.repeat(30)}}\nb: {c: {d: {e: *a}}}`],
  ])('when it is nested too deep by %s', (_, text) => {
    expect(rulesOf(text).join()).toMatch(/at most 32 levels deep|not nested this deep/);
  });

  test('when a mapping is too large to judge in time', () => {
    const text = Array.from({ length: 100_000 }, (_, index) => `k${index}: 1`).join('\n');
    expect(rulesOf(text)).toEqual(['1: A mapping or list in a plan has at most 1000 items']);
  });

  test.each([
    ['__proto__: {promote: x}\n', /^1: A key is plain text/],
    ['promote: x\nverify:\n  __proto__: y\n', /^3: A key is plain text/],
    ['? [a]\n: b\n', /^1: A key is plain text/],
    ['"a": 1\na: 2\n', /^2: A key stands once/],
    ['{', /^1: A plan is valid YAML/],
    ['promote: !!binary aGk=\n', /^1: Tags/],
  ])('%j, and says why', (text, rule) => {
    expect(rulesOf(text)[0]).toMatch(rule);
  });
});
