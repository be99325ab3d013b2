import { expect, test } from '@jest/globals';
import { lengthOf } from '../../src/plan/length.js';
import { parsePlan } from '../../src/plan/parse.js';

const MINUTE = 60_000;
const atMost = (verify: string) => {
  const text = `service: shop\nenvironment: staging\npromote: {run: x, timeout: 0s1ms}\nverify: ${verify}\n`;
  const outcome = parsePlan({ text, source: 'plan' });
  if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems));
  return (lengthOf(outcome.plan).atMostMs - 1) / MINUTE;
};

test.each([
  ['{a: {run: x, timeout: 5m}, b: {run: x, timeout: 7m}}', 12],
  ['{a: {run: x, timeout: 5m, retries: 2}, b: {run: x, timeout: 7m}}', 22],
  ['{parallel: true, a: {run: x, timeout: 5m, retries: 2}, b: {run: x, timeout: 7m}}', 15],
  ['{parallel: true}', 0],
])('verify: %s may take %d minutes', (verify, minutes) => {
  expect(atMost(verify)).toBe(minutes);
});
