import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { formatProblems } from '../../src/plan/format.js';
import { parsePlan } from '../../src/plan/parse.js';

const folder = new URL('../../docs/backup/', import.meta.url);
const examples = readdirSync(folder).flatMap((name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  return [...text.matchAll(/^```yaml\n((?!- )[\s\S]*?)^```/gm)].map(([, plan = '']) => [name, plan] as const);
});

test.each(examples)('the plan that %s shows is a valid one', (_name, text) => {
  const plan = /^promote:/m.test(text) ? text : `service: shop\n${text}promote: ./deploy.sh\n`;
  const outcome = parsePlan({ text: plan, source: 'example', environment: 'production' });
  expect('problems' in outcome ? formatProblems(outcome.problems, 'example') : '').toBe('');
});

test('each kind of database has a page with an example', () => {
  expect(new Set(examples.map(([name]) => name)).size).toBe(readdirSync(folder).length);
});
