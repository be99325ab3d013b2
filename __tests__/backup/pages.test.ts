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

test('each kind of source and of store has a page with an example', () => {
  const kinds = ['directory', 'files', 'mysql', 'postgres', 'restic', 'run', 'snapshot', 'sqlite'];
  const pages = new Set(examples.map(([name]) => name));
  for (const kind of kinds) expect(pages).toContain(`${kind}.md`);
  expect(pages.size).toBe(readdirSync(folder).length);
});
