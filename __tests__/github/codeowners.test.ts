import { expect, test } from '@jest/globals';
import { ownersOf } from '../../src/github/codeowners.js';

const owners = (text: string, ...files: readonly string[]) => ownersOf(text, files).join(' ');

test.each([
  ['* @all', 'deep/in/it.js', '@all'],
  ['*.js @js', 'deep/in/it.js', '@js'],
  ['*.js @js', 'it.jsx', ''],
  ['/build/logs/ @ops', 'build/logs/deep/a.txt', '@ops'],
  ['/build/logs/ @ops', 'x/build/logs/a.txt', ''],
  ['apps/ @apps', 'x/apps/deep/a.txt', '@apps'],
  ['apps/ @apps', 'apps', ''],
  ['docs/* @docs', 'docs/a.md', '@docs'],
  ['docs/* @docs', 'docs/deep/a.md', ''],
  ['docs/*  @docs', 'x/docs/a.md', ''],
  ['/docs @docs', 'docs/deep/a.md', '@docs'],
  ['**/logs @logs', 'deep/logs/a.txt', '@logs'],
  ['src/cart @cart', 'src/cart/a.ts', '@cart'],
  ['src/cart @cart', 'src/cart.ts', ''],
  ['My\\ Files/ @me', 'My Files/a.txt', '@me'],
  ['/.github/ @ops', '.github/workflows/a.yml', '@ops'],
  ['src/(a)/ @a', 'src/(a)/b.ts', '@a'],
  ['!src/ @a', 'src/b.ts', ''],
  ['src/[ab].ts @a', 'src/a.ts', ''],
  ['\\#x @a', '#x', ''],
  ['* @All', 'a', '@All'],
  ['SRC/ @a', 'src/a.ts', ''],
  ['* @a @acme/b-team mail@shop.example # @c', 'x', '@a @acme/b-team'],
  ['# * @a', 'x', ''],
])('`%s` gives `%s` to "%s"', (text, file, wanted) => {
  expect(owners(text, file)).toBe(wanted);
});

test('the last pattern that matches counts, also one that takes the owners away', () => {
  const text = '* @all\n\n/src/ @src\r\n/src/vendored/\n';
  expect(owners(text, 'a.txt')).toBe('@all');
  expect(owners(text, 'src/a.ts')).toBe('@src');
  expect(owners(text, 'src/vendored/a.ts')).toBe('');
});

test('each owner is named once, who owns most of the files first', () => {
  expect(owners('/a/ @a @both\n/b/ @b @both\n', 'a/1', 'b/1', 'b/2', 'b/2')).toBe('@both @b @a');
});
