import { describe, expect, test } from '@jest/globals';
import { agreementOf } from '../../src/gates/agreement.js';
import { loosened } from '../../src/gates/loosened.js';
import type { PullFacts } from '../../src/gates/sign-off-facts.js';
import { tightened } from '../../src/gates/tightened.js';
import { planChanges } from '../../src/plan/changes.js';
import { parseEvery } from '../../src/plan/every.js';
import type { Plan } from '../../src/plan/plan.js';

const STRICT = {
  service: 'shop',
  environment: 'production',
  promote: './deploy.sh',
  verify: {
    unit: 'npm test',
    load: { run: './load.sh', report: 'load.json', limits: { p95: '<= 300' } },
    scan: { run: './scan.sh', sarif: 's.sarif', 'fail-on': 'high' },
  },
  backup: {
    when: ['src/**', 'migrations/**'],
    store: { directory: '/b', 'same-machine': true },
    sources: { a: { files: ['a/**'] }, b: { files: ['b/**'] } },
  },
  overrides: { from: ['@alice'] },
  paths: ['shop/**', 'lib/**'],
  ready: 'https://shop.example/',
  watch: { for: '10m' },
  rollback: { 'irreversible-when': ['migrations/**'] },
  'promoted-in': { environment: 'staging', within: '7d' },
  requires: {
    tools: ['jq > 1.6'],
    env: ['A'],
    disk: '10GB',
    checks: ['build'],
    permissions: { contents: 'write' },
  },
  window: {
    timezone: 'Europe/Berlin',
    open: ['Mon-Thu 22:00-05:00'],
    freeze: [{ from: '2026-12-18', to: '2027-01-04', reason: 'Year end' }],
  },
  approvals: [{ role: 'business', from: ['@alice', '@bob'], count: 2 }],
  blockers: { labels: ['release-blocker'] },
  documents: [{ when: ['src/api/**'], require: ['docs/api/**'], reason: 'A promise' }],
};
type Written = Readonly<Record<string, unknown>>;

const NOW = Date.parse('2026-03-03T12:00:00Z');

function planOf(written: Written): Plan {
  const outcome = parseEvery({ text: JSON.stringify(written), source: 'plan.yml', defaultService: 'shop' });
  const [first] = 'plans' in outcome ? outcome.plans : [];
  if (first === undefined) throw new Error(JSON.stringify(outcome));
  return first.plan;
}

const less = (change: Written) => loosened(planOf(STRICT), planOf({ ...STRICT, ...change }), NOW);
const { window, approvals, requires, verify, backup } = STRICT;
const [rule] = STRICT.documents;
const role = approvals[0];

describe('a plan asks for less when', () => {
  test.each<[string, Written, RegExp]>([
    ['anybody may override', { overrides: undefined }, /anybody may override gates/],
    ['one more may override', { overrides: { from: ['@alice', '@eve'] } }, /@eve may now override/],
    ['the order is gone', { 'promoted-in': undefined }, /no longer waits for staging/],
    [
      'the order is another',
      { 'promoted-in': { environment: 'test' } },
      /waits for test, no longer for staging/,
    ],
    ['a promotion may be older', { 'promoted-in': { environment: 'staging' } }, /longer ago/],
    ['a tool may be older', { requires: { ...requires, tools: ['jq > 1.5'] } }, /asks for jq > 1.6/],
    ['a check is not asked for', { requires: { ...requires, checks: [] } }, /the check build/],
    ['less disk is enough', { requires: { ...requires, disk: '1GB' } }, /free disk/],
    ['the window is gone', { window: undefined }, /the window is gone/],
    ['the window is wider', { window: { ...window, open: ['Mon-Fri 22:00-05:00'] } }, /open at more times/],
    ['the window is always open', { window: { ...window, open: undefined } }, /open at more times/],
    ['the zone is another', { window: { ...window, timezone: 'UTC' } }, /one of UTC/],
    ['a freeze is gone', { window: { ...window, freeze: [] } }, /“Year end” is gone/],
    ['a role is gone', { approvals: [] }, /sign-off by business is gone/],
    ['a role needs fewer', { approvals: [{ ...role, count: 1 }] }, /needs 1 instead of 2/],
    [
      'a role has more people',
      { approvals: [{ ...role, from: ['@alice', '@bob', '@eve'] }] },
      /@eve may now sign off/,
    ],
    ['authors may sign off', { approvals: [{ ...role, self: true }] }, /their own change/],
    ['a label does not block', { blockers: { labels: ['other'] } }, /no longer looks for release-blocker/],
    ['documents are not asked for', { documents: [] }, /A promise/],
    ['a suite is gone', { verify: { unit: verify.unit, scan: verify.scan } }, /the suite load/],
    ['no backup is taken', { backup: undefined }, /no backup/],
    [
      'less is backed up',
      { backup: { ...STRICT.backup, sources: { a: { files: ['a/**'] } } } },
      /b is no longer backed up/,
    ],
    [
      'documents are asked for in another case',
      { documents: [{ ...rule, when: ['SRC/API/**'] }] },
      /A promise/,
    ],
    ['a variable is in another case', { requires: { ...requires, env: ['a'] } }, /asks for A/],
    ['a suite does nothing', { verify: { ...verify, unit: 'true' } }, /unit does nothing/],
    [
      'a suite is run again',
      { verify: { ...verify, unit: { run: 'npm test', retries: 5 } } },
      /again 5 times/,
    ],
    [
      'a limit is higher',
      { verify: { ...verify, load: { ...verify.load, limits: { p95: '<= 400' } } } },
      /report evidence of load/,
    ],
    [
      'findings may be worse',
      { verify: { ...verify, scan: { ...verify.scan, 'fail-on': 'critical' } } },
      /sarif evidence of scan/,
    ],
    ['a backup is rarer', { backup: { ...backup, when: ['src/**'] } }, /fewer changes/],
    [
      'other files are backed up',
      { backup: { ...backup, sources: { ...backup.sources, a: { files: ['none'] } } } },
      /backup of a is of something else/,
    ],
    ['fewer files belong to it', { paths: ['shop/**'] }, /`paths` is narrower/],
    ['it is watched for a shorter time', { watch: { for: '5m' } }, /watch is gone or shorter/],
    ['nothing is irreversible', { rollback: undefined }, /migrations/],
    [
      'the change stays in git',
      { rollback: { ...STRICT.rollback, commit: 'none' } },
      /no longer takes the change out of git/,
    ],
    ['it is proved less', { backup: { ...STRICT.backup, prove: 'stored' } }, /proved as stored/],
  ])('%s', (_name, change, words) => {
    const found = less(change);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(words);
  });

  test.each<[string, Written]>([
    ['nothing changed', {}],
    ['a script changed', { promote: './other.sh', verify: { ...verify, unit: 'npm run unit' } }],
    ['a role has fewer people', { approvals: [{ ...role, from: ['@bob', '@alice'], count: 2 }] }],
    ['the window is narrower', { window: { ...window, open: ['Mon-Wed 23:00-04:00'] } }],
    [
      'a freeze is longer',
      { window: { ...window, freeze: [{ from: '2026-12-01', to: '2027-01-10', reason: 'Longer' }] } },
    ],
    [
      'a freeze is written as two that adjoin',
      {
        window: {
          ...window,
          freeze: [
            { from: '2026-12-18', to: '2026-12-31', reason: 'Old' },
            { from: '2027-01-01', to: '2027-01-04', reason: 'New' },
          ],
        },
      },
    ],
    ['the zone has another name', { window: { ...window, timezone: 'Europe/Vaduz' } }],
    ['a tool must be newer', { requires: { ...requires, tools: ['jq >= 1.7'] } }],
    ['a limit is lower', { verify: { ...verify, load: { ...verify.load, limits: { p95: '< 300' } } } }],
    ['findings must be less bad', { verify: { ...verify, scan: { ...verify.scan, 'fail-on': 'low' } } }],
    ['a backup is taken for each release', { backup: { ...backup, when: undefined } }],
    ['more files belong to it', { paths: ['shop/**', 'lib/**', 'x/**'] }],
    ['a promotion must be newer', { 'promoted-in': { environment: 'staging', within: '1d' } }],
    [
      'more is asked for',
      {
        requires: { ...requires, checks: ['build', 'test'] },
        blockers: { labels: ['release-blocker', 'x'] },
      },
    ],
  ])('not when %s', (_name, change) => {
    expect(less(change)).toEqual([]);
  });

  test('nothing asks afterwards whether the service is well', () => {
    expect(less({ ready: undefined, watch: undefined })).toEqual([
      '`ready` is no longer asked',
      'the watch is gone or shorter',
    ]);
  });

  test('not for a freeze that is over', () => {
    const later = Date.parse('2027-02-01T00:00:00Z');
    const after = planOf({ ...STRICT, window: { ...window, freeze: [] } });
    expect(loosened(planOf(STRICT), after, later)).toEqual([]);
  });
});

test('what a plan adds is named, and what it keeps is not', () => {
  const { service, environment, promote } = STRICT;
  const plain = planOf({ service, environment, promote });
  expect(tightened(plain, planOf(STRICT), NOW)).toEqual([
    'a promotion in staging',
    'the check build',
    'a window',
    'sign-off by business',
    'no open issue with release-blocker',
    'documents (A promise)',
  ]);
  expect(tightened(planOf(STRICT), planOf(STRICT), NOW)).toEqual([]);
  const narrow = { window: { ...window, open: ['Mon 22:00-05:00'] } };
  expect(tightened(planOf(STRICT), planOf({ ...STRICT, ...narrow }), NOW)).toEqual(['a narrower window']);
});

describe('those who may agree to less', () => {
  const head = 'a'.repeat(40);
  const facts = (by: string, association = 'MEMBER', commit = head): PullFacts => ({
    pull: {
      ...{ number: 1, url: 'https://x', title: 'x', author: 'dave', state: 'open', head, isFork: false },
      base: { ref: 'main', sha: head },
    },
    commits: [],
    headMoves: null,
    reviews: [{ author: by, association, state: 'APPROVED', commit, at: '', url: '' }],
    comments: [],
  });
  const agreed = (change: Written, pull: PullFacts) =>
    agreementOf(planOf({ ...STRICT, ...change }), pull, new Map()).by;

  test('are the roles of the plan as it stands', () => {
    expect(agreed({ approvals: [{ role: 'business', from: ['@bob'] }] }, facts('bob'))).toBe('bob');
    expect(agreed({ approvals: [{ role: 'business', from: ['@bob'] }] }, facts('eve'))).toBeNull();
  });

  test('are those who may override, where there are no roles', () => {
    expect(agreed({ approvals: [] }, facts('Alice'))).toBe('Alice');
    expect(agreed({ approvals: [] }, facts('eve'))).toBeNull();
  });

  test('are people of the repository other than the author, where nobody is named', () => {
    const nobody = { approvals: [], overrides: undefined };
    expect(agreed(nobody, facts('eve'))).toBe('eve');
    expect(agreed(nobody, facts('eve', 'CONTRIBUTOR'))).toBeNull();
    expect(agreed(nobody, facts('dave'))).toBeNull();
    expect(agreed(nobody, facts('eve', 'MEMBER', 'b'.repeat(40)))).toBeNull();
  });
});

test('what changed between two plans is told by key, with both values', () => {
  const before = { canary: { steps: [{ weight: 5 }, { weight: 50 }] }, watch: { for: '10m' }, paths: ['a'] };
  const after = { canary: { steps: [{ weight: 5 }, { weight: 25 }] }, paths: ['a', 'b'], ready: 'https://x' };
  expect(planChanges(before, after)).toEqual([
    { path: 'canary.steps[1].weight', before: '50', after: '25' },
    { path: 'watch', before: '{"for":"10m"}', after: null },
    { path: 'paths', before: '["a"]', after: '["a","b"]' },
    { path: 'ready', before: null, after: 'https://x' },
  ]);
});

test('a file with sections gives one plan for each environment', () => {
  const text = JSON.stringify({
    ...STRICT,
    environment: undefined,
    environments: { staging: { approvals: [], 'promoted-in': null }, production: {} },
  });
  const outcome = parseEvery({ text, source: 'plan.yml', defaultService: 'shop' });
  const plans = 'plans' in outcome ? outcome.plans : [];
  expect(plans.map(({ plan }) => [plan.environment, plan.approvals.length])).toEqual([
    ['staging', 0],
    ['production', 1],
  ]);
  expect(plans[0]?.written).not.toHaveProperty('promoted-in');
});
