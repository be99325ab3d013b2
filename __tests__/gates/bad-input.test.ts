import { readFileSync } from 'node:fs';
import { symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { judgePromotedIn } from '../../src/gates/promoted-in.js';
import { judgeSignOff } from '../../src/gates/sign-off.js';
import type { PullFacts } from '../../src/gates/sign-off-facts.js';
import type { GateVerdict } from '../../src/gates/verdict.js';
import { judgeWindow } from '../../src/gates/window.js';
import { formatProblems } from '../../src/plan/format.js';
import { parsePlan } from '../../src/plan/parse.js';
import type { EvidenceSource, Plan } from '../../src/plan/plan.js';
import { emptyCurrent } from '../../src/release/current.js';
import { REASON_CODES } from '../../src/release/reasons.js';
import { junit, makeWorkspace, report, sarif, type Workspace } from '../evidence/world.js';

const NOW = Date.parse('2026-03-03T12:00:00Z');
const HEAD = 'a'.repeat(40);
let workspace: Workspace;

beforeAll(async () => {
  workspace = await makeWorkspace();
});
afterAll(() => workspace.remove());

/** Why the bad input opens nothing. Throws when it does open something. */
type Reason = () => string | Promise<string>;

const parse = (keys: object) =>
  parsePlan({
    text: JSON.stringify({ service: 'shop', environment: 'production', promote: './deploy.sh', ...keys }),
    source: 'plan.yml',
  });
const invalid =
  (keys: object, says: RegExp): Reason =>
  () => {
    const outcome = parse(keys);
    if ('plan' in outcome) throw new Error('a valid plan');
    expect(outcome.problems).toHaveLength(1);
    expect(formatProblems(outcome.problems, 'plan.yml')).toMatch(says);
    return 'plan-invalid';
  };

function planOf(keys: object): Plan {
  const outcome = parse(keys);
  if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems));
  return outcome.plan;
}

function reasonOf({ state, reason }: GateVerdict): string {
  if (state === 'open' || reason === null) throw new Error('an open gate');
  return reason;
}

const never: Reason = () => {
  const { window } = planOf({
    window: {
      ...{ timezone: 'UTC', open: ['Mon 10:00-12:00'] },
      freeze: [{ from: '2026-01-01', to: '2100-01-01', reason: 'For ever' }],
    },
  });
  if (window === null) throw new Error('no window');
  return reasonOf(judgeWindow(window, { now: NOW, neededMs: 0 }));
};

interface Said {
  readonly from: readonly string[];
  readonly by: string;
  readonly body?: string;
  readonly isEdited?: boolean;
}
const signedOff =
  ({ from, by, body = `/approve business ${HEAD.slice(0, 7)}`, isEdited = false }: Said): Reason =>
  () => {
    const { approvals } = planOf({ approvals: [{ role: 'business', from }] });
    const about = {
      number: 1,
      url: 'https://x',
      title: 'x',
      author: 'dave',
      state: 'open',
      isFork: false,
    } as const;
    const pull: PullFacts = {
      pull: { ...about, head: HEAD, base: { ref: 'main', sha: HEAD } },
      commits: [],
      headMoves: null,
      reviews: [],
      comments: [{ author: by, body, at: '2026-03-01T00:00:00Z', isEdited, url: 'https://x' }],
    };
    const people = new Map([['acme/leads', null]]);
    const { verdicts } = judgeSignOff(approvals, {
      ...{ environment: 'production', actor: 'erin', sha: HEAD, pulls: [pull], direct: [] },
      ...{ runApprovals: null, people },
    });
    return verdicts.map(reasonOf).join();
  };

const promotedAt =
  (ended: string): Reason =>
  () => {
    const one = {
      release: 'r',
      version: '1',
      sha: HEAD,
      decision: 'promoted' as const,
      started: ended,
      ended,
    };
    const current = { ...emptyCurrent('shop', 'staging'), recent: [one] };
    const facts = { sha: HEAD, now: NOW, current, past: [], url: 'https://x' };
    return reasonOf(judgePromotedIn({ environment: 'staging', withinMs: 3_600_000 }, facts));
  };

let count = 0;
const evidence =
  (source: (path: string) => EvidenceSource, write: (path: string) => Promise<unknown>): Reason =>
  async () => {
    const path = `e${++count}`;
    const said = await workspace.problem(source(path), async () => void (await write(at(path))));
    return said.split(':', 1)[0] ?? '';
  };
const at = (path: string) => join(workspace.directory, path);
const holding = (content: string | Buffer) => (path: string) => writeFile(path, content);
const bench = (): EvidenceSource => report('latency.p95');
const asBench = (content: string) => () => writeFile(at('bench.json'), content);
const SUITE = '<testsuite><testcase name="a"/></testsuite>';

const BAD: readonly (readonly [what: string, code: string, reason: Reason])[] = [
  [
    'a zone that there is not',
    'plan-invalid',
    invalid({ window: { timezone: 'Europe/Atlantis', open: ['Mon 10:00-12:00'] } }, /Europe\/Atlantis/),
  ],
  [
    'a window that never opens: no range at all',
    'plan-invalid',
    invalid({ window: { timezone: 'UTC', open: [] } }, /window|range|open/),
  ],
  ['a window that never opens: a freeze for ever', 'window-never-opens', never],
  [
    'a freeze upside down',
    'plan-invalid',
    invalid(
      { window: { timezone: 'UTC', freeze: [{ from: '2027-01-04', to: '2026-12-18', reason: 'x' }] } },
      /2026-12-18|2027-01-04|before|after/,
    ),
  ],
  [
    'a role with nobody in it',
    'plan-invalid',
    invalid({ approvals: [{ role: 'business', from: [] }] }, /from|nobody|one/),
  ],
  ['a role with the author alone', 'role-empty', signedOff({ from: ['@dave'], by: 'dave' })],
  ['a team that cannot be read', 'team-unreadable', signedOff({ from: ['@acme/leads'], by: 'lea' })],
  ['a comment by a stranger', 'sign-off-missing', signedOff({ from: ['@bob'], by: 'mallory' })],
  ['a comment that was edited', 'sign-off-missing', signedOff({ from: ['@bob'], by: 'bob', isEdited: true })],
  [
    'a comment on another commit',
    'sign-off-missing',
    signedOff({ from: ['@bob'], by: 'bob', body: `/approve business ${'b'.repeat(40)}` }),
  ],
  [
    'a comment with more than the command',
    'sign-off-missing',
    signedOff({ from: ['@bob'], by: 'bob', body: `> /approve business ${HEAD}\n\nNo!` }),
  ],
  ['a promotion dated in the future', 'not-promoted-before', promotedAt('2026-03-04T12:00:00Z')],
  ['a promotion dated before the time allowed', 'not-promoted-before', promotedAt('2026-03-03T10:59:00Z')],
  [
    'a report dated an hour ago',
    'evidence-stale',
    async () => {
      await workspace.write({ 'forged.xml': SUITE });
      return (await workspace.problem(junit('forged.xml'), {})).split(':', 1)[0] ?? '';
    },
  ],
  [
    'a JUnit file of 200 MB',
    'evidence-too-large',
    evidence(junit, async (path) => {
      await writeFile(path, SUITE);
      await truncate(path, 200_000_000);
    }),
  ],
  [
    'an XML bomb',
    'evidence-invalid',
    evidence(
      junit,
      holding('<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite>&b;</testsuite>'),
    ),
  ],
  [
    'an external entity',
    'evidence-invalid',
    evidence(
      junit,
      holding('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><testsuite>&e;</testsuite>'),
    ),
  ],
  [
    'SARIF of another version',
    'evidence-unsupported',
    evidence(sarif, holding('{"version": "2.0.0", "runs": []}')),
  ],
  ['a report without the path', 'evidence-invalid', evidence(bench, asBench('{"latency": {"p50": 1}}'))],
  [
    'a report with a string where a number belongs',
    'evidence-invalid',
    evidence(bench, asBench('{"latency": {"p95": "300"}}')),
  ],
  [
    'invalid UTF-8 in XML',
    'evidence-invalid',
    evidence(junit, holding(Buffer.from('<testsuite name="\xff"/>', 'latin1'))),
  ],
  [
    'invalid UTF-8 in JSON',
    'evidence-invalid',
    evidence(sarif, holding(Buffer.from('{"version": "\xff"}', 'latin1'))),
  ],
  [
    'a path outside of the workspace, relative',
    'plan-invalid',
    invalid({ verify: { unit: { run: 'true', junit: '../r.xml' } } }, /workspace|outside|\.\./),
  ],
  [
    'a path outside of the workspace, absolute',
    'plan-invalid',
    invalid({ verify: { unit: { run: 'true', junit: '/tmp/r.xml' } } }, /workspace|relative|absolute/),
  ],
  [
    'a symbolic link out of it',
    'evidence-outside',
    evidence(junit, async (path) => {
      await writeFile(at('../secret.xml'), SUITE);
      await symlink('../secret.xml', path);
    }),
  ],
];

test.each(BAD)('%s opens no gate: %s', async (_, code, reason) => {
  expect(await reason()).toBe(code);
});

test('each of these reasons is one that people can look up', () => {
  const page = readFileSync(new URL('../../docs/reason-codes.md', import.meta.url), 'utf8');
  for (const [, code] of BAD) {
    expect(REASON_CODES).toContain(code);
    expect(page).toContain(`| \`${code}\` |`);
  }
});

test('a plan that lists its environments waits for none that is not among them', () => {
  const text = (name: string) =>
    JSON.stringify({
      ...{ service: 'shop', promote: './deploy.sh' },
      environments: { staging: {}, production: { 'promoted-in': { environment: name } } },
    });
  const of = (name: string) => parsePlan({ text: text(name), source: 'plan.yml', environment: 'production' });
  expect(of('staging')).toHaveProperty('plan');
  expect(of('stagign')).toMatchObject({
    problems: [
      { rule: expect.stringContaining('`stagign` is not in'), remedy: expect.stringContaining('`staging`') },
    ],
  });
});
