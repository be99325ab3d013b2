import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { INPUTS } from '../../src/inputs.js';
import { parseEvery } from '../../src/plan/every.js';
import { formatProblems } from '../../src/plan/format.js';
import { parsePlan } from '../../src/plan/parse.js';

function example(page: string): string {
  return /^```yaml\n([\s\S]*?)^```/m.exec(readFileSync(page, 'utf8'))?.[1] ?? '';
}

test('the plan that the page on gates shows is one for a check, and for a release to each of its environments', () => {
  const asked = { text: example('docs/gates.md'), source: 'docs/gates.md' };
  const every = parseEvery({ ...asked, defaultService: 'shop' });
  expect('problems' in every ? formatProblems(every.problems, asked.source) : '').toBe('');
  expect(parsePlan({ ...asked, environment: 'staging' })).toMatchObject({ plan: { promotedIn: null } });
  expect(parsePlan({ ...asked, environment: 'production' })).toMatchObject({
    plan: {
      promotedIn: { environment: 'staging' },
      approvals: [{ role: 'business' }, { role: 'security', count: 2 }],
    },
  });
});

test('the workflow that the page on the check shows asks for inputs that there are, on the events that it takes', () => {
  const workflow = parse(example('docs/check.md'));
  const [step] = workflow.jobs.check.steps;
  const known = INPUTS.map(({ name }) => name as string);
  expect(step.with.command).toBe('check');
  expect(Object.keys(step.with).filter((name) => !known.includes(name))).toEqual([]);
  expect(Object.keys(workflow.on)).toEqual([
    'pull_request',
    'pull_request_review',
    'merge_group',
    'issue_comment',
  ]);
});

test('the workflow that the page on gates shows asks for inputs that there are, and lets production wait for staging', () => {
  const [text] = [...readFileSync('docs/gates.md', 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm)]
    .map(([, block = '']) => block)
    .filter((block) => /^on:/m.test(block));
  const { jobs, permissions } = parse(text ?? '');
  expect(jobs.production.needs).toBe('staging');
  expect(permissions).toMatchObject({ actions: 'read', 'pull-requests': 'read', statuses: 'read' });
  const known = INPUTS.map(({ name }) => name as string);
  for (const job of ['staging', 'production']) {
    const step = jobs[job].steps.at(-1);
    expect(step.with.environment).toBe(job);
    expect(Object.keys(step.with).filter((name) => !known.includes(name))).toEqual([]);
  }
});
