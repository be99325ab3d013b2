import { describe, expect, test } from '@jest/globals';
import { decide } from '../../src/gates/decide.js';
import { judgeDocuments } from '../../src/gates/documents.js';
import { judgeOverrides } from '../../src/gates/overrides.js';
import { judgePromotedIn } from '../../src/gates/promoted-in.js';
import { type FoundTool, judgeChecks, judgeMachine } from '../../src/gates/requires.js';
import { open, shut, waiting } from '../../src/gates/verdict.js';
import { judgeWindow } from '../../src/gates/window.js';
import { isVersion, parseToolNeed } from '../../src/plan/tool-need.js';
import { parseRange } from '../../src/plan/windows/range.js';
import { emptyCurrent } from '../../src/release/current.js';

const SHA = 'a'.repeat(40);
const HOUR = 3_600_000;
const NOW = Date.parse('2026-03-03T12:00:00Z');

describe('all gates together', () => {
  const late = waiting('window', { reason: 'window-closed', text: 'closed', opens: 'Wait' });
  const unsigned = waiting('approvals', { reason: 'sign-off-missing', text: 'missing', opens: 'Ask' });
  const blocker = shut('blockers', { reason: 'blocker-open', text: 'open', opens: 'Close it' });

  test('let a release go only when each is open', () => {
    expect(decide([])).toEqual({ kind: 'go' });
    expect(decide([open('window', 'open')])).toEqual({ kind: 'go' });
  });

  test('let it wait when only time and people are missing, and block it else, always naming all', () => {
    expect(decide([late])).toEqual({
      kind: 'waiting',
      reason: 'window-closed',
      summary: 'window: closed. Wait',
    });
    expect(decide([late, unsigned])).toMatchObject({ kind: 'waiting', reason: 'gates-shut' });
    const all = decide([late, unsigned, blocker, open('documents', 'there')]);
    expect(all).toMatchObject({ kind: 'blocked', reason: 'blocker-open' });
    expect('summary' in all && all.summary.split('\n')).toEqual([
      '3 gates are not open',
      ...['window: closed. Wait', 'approvals: missing. Ask', 'blockers: open. Close it'],
    ]);
  });
});

describe('the window', () => {
  const range = parseRange('Tue 12:00-14:00');
  const window = { timezone: 'UTC', open: 'value' in range ? [range.value] : [], freeze: [] };

  test('is open when the release fits, and waited for when it would end too late', () => {
    expect(judgeWindow(window, { now: NOW, neededMs: 2 * HOUR })).toMatchObject({ state: 'open' });
    const late = judgeWindow(window, { now: NOW + HOUR, neededMs: 2 * HOUR });
    expect(late).toMatchObject({ state: 'waiting', reason: 'window-too-short' });
    expect(late.text).toContain('the next opening that is long enough opens Tue 2026-03-10 12:00 UTC');
  });

  test('is shut when no opening is long enough, or none comes', () => {
    expect(judgeWindow(window, { now: NOW, neededMs: 3 * HOUR })).toMatchObject({
      state: 'shut',
      reason: 'window-too-short',
    });
    const frozen = { ...window, freeze: [{ from: 0, to: Date.UTC(2100, 0, 1), reason: 'For ever' }] };
    expect(judgeWindow(frozen, { now: NOW, neededMs: 0 })).toMatchObject({
      state: 'shut',
      reason: 'window-never-opens',
    });
  });
});

describe('the order of environments', () => {
  const one = {
    release: 'r1',
    version: '1.1',
    sha: SHA,
    started: '2026-03-01T10:00:00Z',
    ended: '2026-03-01T12:00:00Z',
  };
  const staging = emptyCurrent('shop', 'staging');
  const judged = (
    current: Partial<typeof staging> | null,
    withinMs: number | null = null,
    past: typeof staging.recent = [],
  ) =>
    judgePromotedIn(
      { environment: 'staging', withinMs },
      {
        ...{ sha: SHA, now: NOW, url: 'https://x/tree/gated-release/shop/staging' },
        current: current === null ? null : { ...staging, ...current },
        past,
      },
    );
  const promoted = { recent: [{ ...one, decision: 'promoted' as const }] };

  test('is kept by the same commit, promoted there, with its evidence linked', () => {
    expect(judged(promoted)).toMatchObject({
      state: 'open',
      evidence: ['Its evidence: https://x/tree/gated-release/shop/staging/r1/report.md'],
    });
    expect(judged(promoted, 48 * HOUR)).toMatchObject({ state: 'open' });
  });

  test('is found in a release that is too old to be listed', () => {
    const others = { recent: [{ ...one, sha: 'b'.repeat(40), decision: 'promoted' as const }] };
    expect(judged(others, null, promoted.recent)).toMatchObject({ state: 'open' });
    expect(judged(others, 47 * HOUR, promoted.recent)).toMatchObject({ state: 'shut' });
  });

  test('is kept by a commit that was promoted again after it went back, or was only refused since', () => {
    const back = { ...one, decision: 'rolled-back' as const };
    const refused = { ...one, decision: 'blocked' as const };
    expect(judged({ recent: [...promoted.recent, back] })).toMatchObject({ state: 'open' });
    expect(judged({ recent: [refused, ...promoted.recent] })).toMatchObject({ state: 'open' });
  });

  test.each([
    ['nothing was ever released there', null, null],
    ['another commit was', { last_promoted: { ...one, sha: 'b'.repeat(40), at: one.ended } }, null],
    ['it went back there', { recent: [{ ...one, decision: 'rolled-back' as const }] }, null],
    ['it was too long ago', promoted, 47 * HOUR],
    ['its time is not a time', { recent: [{ ...one, decision: 'promoted' as const, ended: 'soon' }] }, null],
    [
      'it went back after it was promoted, and a fix has set it free since',
      { recent: [{ ...one, decision: 'rolled-back' as const }, ...promoted.recent] },
      null,
    ],
    ['it was taken back by hand since', { ...promoted, quarantine: [{ ...one, rollback: null }] }, null],
  ])('is not when %s', (_, current, withinMs) => {
    expect(judged(current, withinMs)).toMatchObject({ state: 'shut', reason: 'not-promoted-before' });
  });
});

describe('requirements', () => {
  const none = { tools: [], env: [], diskBytes: null, checks: [], permissions: [] };
  const nothing = {
    ...{ tools: new Map(), missingVariables: [], freeBytes: null, checks: null },
    permissions: { missing: [], unknown: [] },
  };
  const need = (text: string) => {
    const reading = parseToolNeed(text);
    if ('value' in reading) return reading.value;
    throw new Error(text);
  };

  test('that are missing are all named, each with how to get it', () => {
    const { state, evidence } = judgeMachine(
      { ...none, tools: [need('kubectl >= 1.28'), need('helm'), need('jq > 1.6')], diskBytes: 10e9 },
      {
        ...nothing,
        tools: new Map([
          ['kubectl', { kind: 'found', version: '1.9.3' }],
          ['jq', { kind: 'found', version: null }],
        ]),
        missingVariables: ['DATABASE_URL'],
        freeBytes: 4e9,
        permissions: { missing: ['checks'], unknown: ['issues'] },
      },
    );
    expect(state).toBe('shut');
    expect(evidence.join('\n')).toMatch(
      /kubectl >= 1\.28: found 1\.9\.3.*\nhelm: .*not on the PATH.*\njq > 1\.6: .*tells no version.*\n.*DATABASE_URL.*\n10 GB.*\n.*checks: write.*\n.*issues: write.*/,
    );
    expect(evidence.join('\n')).toContain('10 GB of free disk: 4 GB are free');
  });

  test.each<[string, FoundTool, string]>([
    ['a file that may not be run', { kind: 'refused', path: '/opt/jq' }, '`chmod +x /opt/jq`'],
    ['a tool that hangs', { kind: 'silent', afterMs: 30_000 }, 'it did not end within 30 s'],
    ['one that could not be looked for', { kind: 'unknown' }, 'could not be found out'],
  ])('%s is not told as missing, and opens nothing', (_, found, says) => {
    const { state, evidence } = judgeMachine(
      { ...none, tools: [need('jq >= 1.6')] },
      { ...nothing, tools: new Map([['jq', found]]) },
    );
    expect(state).toBe('shut');
    expect(evidence).toEqual([expect.stringContaining(says)]);
    expect(evidence.join()).not.toContain('not on the PATH');
  });

  test.each([
    ['1.28', '>=', '1.28', true],
    ['1.28.1', '>', '1.28', true],
    ['1.9', '>=', '1.10', false],
    ['2', '<', '2.0.1', true],
    ['3.0.0', '=', '3', true],
    ['3.0.1', '<=', '3', false],
  ] as const)('%s is %s %s: %s', (found, is, than, expected) => {
    expect(isVersion(found, { is, than })).toBe(expected);
  });

  test('a check is green when all of its name have succeeded; skipped is not', () => {
    const checks = [
      { name: 'build', result: 'success', url: null },
      { name: 'test', result: 'success', url: null },
      { name: 'test', result: 'skipped', url: 'https://x' },
      { name: 'lint', result: 'pending', url: null },
    ];
    expect(judgeChecks(['build'], { checks })).toMatchObject({ state: 'open' });
    expect(judgeChecks(['build', 'test', 'lint', 'scan'], { checks })).toMatchObject({
      state: 'shut',
      evidence: [
        'test: ended as skipped (https://x)',
        'lint: has not ended yet',
        'scan: no check or status of this name is on the commit',
      ],
    });
    expect(judgeChecks(['build'], { checks: null })).toMatchObject({ state: 'shut' });
  });
});

describe('documents', () => {
  const rules = [{ when: ['src/api/**'], require: ['docs/api/**', 'CHANGES.md'], reason: 'A promise' }];

  test('are asked for only by a change that needs them', () => {
    expect(judgeDocuments(rules, { changed: ['src/x.ts'], documented: [], since: 'x' })).toMatchObject({
      state: 'open',
    });
    const changed = ['src/api/a.ts', 'docs/api/a.md', 'CHANGES.md'];
    expect(judgeDocuments(rules, { changed, documented: changed, since: 'x' })).toMatchObject({
      state: 'open',
    });
  });

  test('that are missing are each named, with a file that asked for them', () => {
    const { evidence, annotations } = judgeDocuments(rules, {
      // The document was changed as well, by taking it away.
      changed: ['src/api/a.ts', 'docs/api/a.md', 'CHANGES.md'],
      documented: ['src/api/a.ts', 'CHANGES.md'],
      since: 'x',
    });
    expect(evidence).toEqual([
      'src/api/a.ts changed, and nothing under docs/api/** was added or changed: A promise',
    ]);
    expect(annotations).toMatchObject([{ path: 'src/api/a.ts', level: 'failure' }]);
  });

  test('are missing when it is not known what changed', () => {
    expect(judgeDocuments(rules, { changed: null, documented: null, since: 'x' })).toMatchObject({
      state: 'shut',
      reason: 'documents-unknown',
    });
  });
});

describe('an override', () => {
  const asked = (overrides: readonly string[], from: readonly string[] | null, actor = 'alice') =>
    judgeOverrides(from === null ? null : { from }, {
      ...{
        asked: overrides,
        actor,
        reason: 'Down',
        people: new Map([
          ['acme/leads', ['Lea']],
          ['acme/secret', null],
        ]),
      },
    });

  test('is asked for by whom the plan names, or by anybody where it names nobody', () => {
    expect(asked([], null)).toBeNull();
    expect(asked(['window'], null)).toMatchObject({ state: 'open' });
    expect(asked(['approvals'], ['@Alice'])).toMatchObject({ state: 'open' });
    expect(asked(['approvals'], ['@acme/leads'], 'lea')).toMatchObject({ state: 'open' });
  });

  test('of approvals needs the list', () => {
    expect(asked(['approvals'], null)).toMatchObject({ state: 'shut', reason: 'override-refused' });
  });

  test('is refused to anybody else, also when a team cannot be read', () => {
    expect(asked(['window'], ['@bob'])).toMatchObject({ state: 'shut', reason: 'override-refused' });
    expect(asked(['window'], ['@acme/secret'])?.text).toContain('acme/secret could not be read');
  });
});
