import { expect, test } from '@jest/globals';
import { digestPlan } from '../../src/plan/digest.js';
import { parsePlan } from '../../src/plan/parse.js';

const base = 'service: shop\nverify: {a: ./a.sh, b: ./b.sh}\npromote: {run: ./deploy.sh, timeout: 15m}\n';

test('the digest is 64 hexadecimal digits, and the same for what says the same', () => {
  expect(digest(base)).toMatch(/^[0-9a-f]{64}$/);
  expect(
    digest('# a comment\npromote: "./deploy.sh"\nverify:\n  a: ./a.sh\n  b: {run: ./b.sh}\nservice: shop\n'),
  ).toBe(digest(base));
});

test('the order of headers makes no difference', () => {
  const withHeaders = (headers: string) =>
    `${base}metrics: {e: {kind: errors, probe: {canary: {url: "https://c.example/", headers: ${headers}}}, limit: 1%}}\n`;
  expect(digest(withHeaders('{A: x, B: y, C: z}'))).toBe(digest(withHeaders('{C: z, A: x, B: y}')));
});

test('the digest does not know where the plan came from', () => {
  expect(digest(base, 'other.yml')).toBe(digest(base));
});

test.each([
  ['another script', base.replace('./deploy.sh', './ship.sh')],
  ['another timeout', base.replace('15m', '16m')],
  ['another order of suites', base.replace('a: ./a.sh, b: ./b.sh', 'b: ./b.sh, a: ./a.sh')],
  ['another variable', `${base}ready: "\${A}"\n`],
])('%s gives another digest', (_, text) => {
  expect(digest(text)).not.toBe(digest(base));
});

function digest(text: string, source = 'plan.yml'): string {
  const outcome = parsePlan({ text, source, environment: 'production' });
  if ('plan' in outcome) return digestPlan(outcome.plan);
  throw new Error(JSON.stringify(outcome.problems));
}
