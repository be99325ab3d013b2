import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseEvery } from '../../src/plan/every.js';
import { formatProblems } from '../../src/plan/format.js';
import { parsePlan, planFromInputs } from '../../src/plan/parse.js';
import { planFile } from '../../src/plan/schema/file.js';
import { fillReference, referencedKeys } from '../../src/plan/schema/reference.js';
import { VARIABLE_FIELDS } from '../../src/plan/variables.js';

const reference = readFileSync(new URL('../../docs/plan.md', import.meta.url), 'utf8');
const examples = [...reference.matchAll(/^```yaml( whole)?\n([\s\S]*?)^```/gm)].map(
  ([, whole, text = '']) => [text.split('\n', 1)[0] ?? '', whole !== undefined, text] as const,
);

test('the tables of the plan reference are the ones that the code gives', () => {
  expect(fillReference(reference)).toBe(reference);
});

test('the plan reference has a table for each key, once', () => {
  expect(referencedKeys(reference).sort()).toEqual(Object.keys(planFile.shape).sort());
});

test('the plan reference names the fields that read variables', () => {
  const [, listed = ''] = /<!-- variables -->\n([\s\S]*?)\n<!-- end of variables -->/.exec(reference) ?? [];
  expect(listed.replaceAll('`', '').split(', ')).toEqual([...VARIABLE_FIELDS]);
});

test.each(examples)('the example that begins with `%s` is a valid plan', (_, whole, text) => {
  const plan = whole || /^promote:/m.test(text) ? text : `${text}promote: ./deploy.sh\n`;
  const outcome = parsePlan({
    text: plan,
    source: 'example',
    environment: 'production',
    defaultService: 'shop',
  });
  expect('problems' in outcome ? formatProblems(outcome.problems, 'example') : '').toBe('');
});

test.each(examples.filter(([, whole]) => whole))(
  'the whole example that begins with `%s` is one that a check can read',
  (_, __, text) => {
    const outcome = parseEvery({ text, source: 'example', defaultService: 'shop' });
    expect('problems' in outcome ? formatProblems(outcome.problems, 'example') : '').toBe('');
  },
);

test('the reference has examples, and the last one is what the inputs give', () => {
  expect(examples.length).toBeGreaterThan(8);
  const fromFile = parsePlan({ text: examples.at(-1)?.[2] ?? '', source: 'inputs' });
  const fromInputs = planFromInputs({
    service: 'shop',
    environment: 'production',
    promote: './deploy.sh "$RELEASE_TARGET_VERSION"',
    inService: 'curl -fsS https://shop.example/version',
    ready: 'https://shop.example/health',
    watchMs: 600_000,
  });
  expect(fromInputs).toHaveProperty('plan');
  expect(fromInputs).toEqual(fromFile);
});
