import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { judgeSignOff } from '../src/gates/sign-off.js';
import { judgeWindow } from '../src/gates/window.js';
import type { PullRequest } from '../src/github/contract.js';
import { planChanges } from '../src/plan/changes.js';
import { type PlanOfFile, parseEvery } from '../src/plan/every.js';
import { lengthOf } from '../src/plan/length.js';
import { checkPage } from '../src/report/preview/check-page.js';
import type { CheckedService } from '../src/report/preview/checked.js';
import { previewOf } from '../src/report/preview/preview.js';

const SOURCE = '.github/gated-release.yml';
const HEAD = '3f2a91c07d5b4e8896a1c2d3e4f5061728394a5b';
/** Tuesday 2026-03-03, 18:40 in Berlin. */
const NOW = Date.parse('2026-03-03T17:40:00Z');

/** What a team would add to the demo's plan. */
const GATES = {
  window: {
    timezone: 'Europe/Berlin',
    open: ['Mon-Thu 22:00-05:00'],
    freeze: [{ from: '2026-12-18', to: '2027-01-04', reason: 'Year end' }],
  },
  approvals: [
    { role: 'business', from: ['@alice', '@bob'] },
    { role: 'security', from: ['@carol'] },
  ],
};

/** `docs/preview.md`: the preview of the demo's plan, and the comment on a pull request that changes the shop. */
export function examplePreview(root: string): string {
  const text = readFileSync(join(root, 'sandbox/shop/repository', SOURCE), 'utf8');
  const tree = parse(text) as Record<string, unknown> & { canary: { steps: object[] } };
  const [first, ...others] = tree.canary.steps;
  const steps = [{ ...first, weight: 5 }, ...others];
  const gated = stringify({ ...tree, ...GATES });
  const changed = stringify({ ...tree, ...GATES, canary: { ...tree.canary, steps } });
  const plain = planIn(text);
  const [before, after] = [planIn(gated), planIn(changed)];
  const page = checkPage({ head: HEAD, broken: [], left: [], services: [commented(before, after)] });
  return [
    '# Two examples of the preview',
    '',
    'Made from the code by `npm run generate`: what [`command: check`](check.md) shows people. First the runbook of the shop that the demo releases:',
    '',
    quoted(previewOf(service(plain))),
    '',
    'And the comment on a pull request that changes the first step of the canary, for the same shop with a window and sign-off by two roles, one of which has been given:',
    '',
    quoted(page.markdown),
    '',
  ].join('\n');
}

function service({ plan }: PlanOfFile): CheckedService {
  return {
    ...{ source: SOURCE, service: plan.service, environment: plan.environment, isAffected: true },
    ...{
      plan,
      isNew: false,
      isBare: false,
      changes: [],
      loosened: [],
      agreedBy: null,
      mends: [],
      gates: [],
      later: [],
      added: [],
    },
    lastPromoted: { version: '1.4.0', sha: '9c81e0f2a3b4c5d6e7f8091a2b3c4d5e6f708192' },
    ...{ irreversible: [], now: NOW },
  };
}

function commented(before: PlanOfFile, after: PlanOfFile): CheckedService {
  const url = 'https://github.com/acme/shop/pull/128';
  const pull: PullRequest = {
    number: 128,
    url,
    title: 'A smaller first step',
    author: 'dave',
    state: 'open',
    head: HEAD,
    isFork: false,
    base: { ref: 'main', sha: HEAD },
  };
  const at = '2026-03-03T16:00:00Z';
  const review = { author: 'alice', association: 'MEMBER', state: 'APPROVED', commit: HEAD, at, url };
  const { approvals, window } = before.plan;
  const signOff = judgeSignOff(approvals, {
    ...{ environment: 'production', actor: '', sha: HEAD, direct: [], runApprovals: null, people: new Map() },
    pulls: [{ pull, commits: [], reviews: [review], comments: [], headMoves: null }],
  });
  const neededMs = lengthOf(before.plan).atMostMs;
  return {
    ...service(after),
    changes: planChanges(before.written, after.written),
    gates: [...(window === null ? [] : [judgeWindow(window, { now: NOW, neededMs })]), ...signOff.verdicts],
  };
}

function planIn(text: string): PlanOfFile {
  const outcome = parseEvery({ text, source: SOURCE, defaultService: 'shop' });
  const [first] = 'plans' in outcome ? outcome.plans : [];
  if (first === undefined) throw new Error(`the example plan is not valid: ${JSON.stringify(outcome)}`);
  return first;
}

function quoted(markdown: string): string {
  return markdown
    .split('\n')
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n');
}
