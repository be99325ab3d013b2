import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { INPUTS, readInputs } from '../../src/inputs.js';
import { parsePlan } from '../../src/plan/parse.js';

interface Workflow {
  readonly jobs: Record<string, { steps: { uses: string; with?: Record<string, unknown> }[] } | undefined>;
}

const PAGE = readFileSync('docs/surviving.md', 'utf8');
const blocks = [...PAGE.matchAll(/```yaml\n# (plan|workflow)\n([\s\S]*?)```/g)].map(([, kind, text]) => ({
  kind,
  text: text ?? '',
}));

test('the plans that the page shows are plans', () => {
  const plans = blocks.filter(({ kind }) => kind === 'plan');
  expect(plans.length).toBeGreaterThan(1);
  for (const { text } of plans) {
    const whole = text.includes('promote:') ? text : `${text}promote: ./deploy.sh\n`;
    const read = parsePlan({ text: `service: shop\nenvironment: production\n${whole}`, source: 'page' });
    expect('problems' in read ? read.problems : []).toEqual([]);
  }
});

test.each(['resume', 'status'] as const)('the workflow of `%s` gives inputs that can be read', (command) => {
  const jobs = blocks
    .filter(({ kind }) => kind === 'workflow')
    .map(({ text }) => (parse(text) as Workflow).jobs[command]);
  const [steps = []] = jobs.flatMap((job) => (job ? [job.steps] : []));
  const given = steps.find(({ uses }) => uses.includes('gated-release'))?.with ?? {};
  const env = Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, String(value)]);
  expect(given.command).toBe(command);
  expect(INPUTS.map(({ name }) => name as string)).toEqual(expect.arrayContaining(Object.keys(given)));
  expect(readInputs(Object.fromEntries(env))).toMatchObject({ inputs: { command } });
});
