import { expect, test } from '@jest/globals';
import { goalsTable } from '../../bench/page.js';

test.each([
  [130.068, '130'],
  [0.0126, '0.0126'],
  [1.2, '1.2'],
  [1842, '1842'],
  [20.04, '20'],
  [Number.POSITIVE_INFINITY, 'never'],
])('the figure %d stands on a page as %s', (figure, shown) => {
  const [, , row] = goalsTable([{ id: 'x', what: 'y', figure, limit: 150, met: true }]).split('\n');
  expect(row).toBe(`| x | y | ${shown} | 150 | yes |`);
});
