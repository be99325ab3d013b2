import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { INPUTS } from '../../src/inputs.js';
import { parsePlan } from '../../src/plan/parse.js';

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

test('the workflow that the page shows gives the action inputs that it has', () => {
  const [workflow] = blocks.filter(({ kind }) => kind === 'workflow');
  const { jobs } = parse(workflow?.text ?? '') as {
    jobs: { resume: { steps: { uses: string; with?: object }[] } };
  };
  const step = jobs.resume.steps.find(({ uses }) => uses.includes('gated-release'));
  const known = INPUTS.map(({ name }) => name as string);
  expect(known).toEqual(expect.arrayContaining(Object.keys(step?.with ?? {})));
});
