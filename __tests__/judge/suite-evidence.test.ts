import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Alert, AlertFacts, TestFacts } from '../../src/evidence/contract.js';
import { judgeEvidence } from '../../src/judge/suite-evidence.js';
import type { EvidenceBase } from '../../src/judge/suite-judgement.js';
import { parseLimit } from '../../src/plan/evidence-values.js';
import type { Severity } from '../../src/plan/plan.js';

const JUNIT = { kind: 'junit', files: [] } as const;
const NO_TESTS: TestFacts = {
  ...{ kind: 'junit', files: [], tests: 0, failures: 0, errors: 0, skipped: 0, flaky: 0, unlisted: 0 },
  ...{ failed: [], flakyTests: [] },
};
const tests = (facts: Partial<TestFacts>) => judgeEvidence(JUNIT, { ...NO_TESTS, ...facts }, null);

describe('tests', () => {
  test('pass when some were executed and none failed', () => {
    expect(tests({ tests: 3, skipped: 1, flaky: 1, flakyTests: ['a › b'] })).toMatchObject({
      reason: null,
      summary: '3 tests, 1 skipped, 1 flaky',
      evidence: ['- Flaky, passed when run again: a › b'],
    });
  });

  test.each([
    ['no-tests', { tests: 0 }],
    ['no-tests', { tests: 2, skipped: 2 }],
    ['tests-failed', { tests: 2, failures: 1 }],
    ['tests-failed', { tests: 2, errors: 1 }],
    ['tests-failed', { tests: 2, unlisted: 1 }],
    ['tests-failed', { tests: 1, failures: 1, skipped: 0 }],
  ])('give %s for %j', (reason, facts) => {
    expect(tests(facts).reason).toBe(reason);
  });

  test('that failed are named, twenty of them with the number of the others', () => {
    const failed = Array.from({ length: 25 }, (_, n) => ({
      path: 'a.ts',
      line: n,
      title: `t${n}`,
      message: '\nwhy\nmore',
    }));
    const { evidence, findings } = tests({ tests: 30, failures: 30, failed });
    expect(evidence).toHaveLength(21);
    expect(evidence[3]).toBe('- t3 (`a.ts:3`): why');
    expect(evidence.at(-1)).toBe('- and 10 more failed');
    expect(findings).toHaveLength(25);
  });
});

describe('findings', () => {
  const SEVERITIES: readonly Severity[] = ['none', 'low', 'medium', 'high', 'critical'];
  const alert = (severity: Severity, fingerprint: string): Alert => ({
    ...{ path: 'a.ts', line: 1, title: 'x', message: 'bad', rule: 'x' },
    severity,
    fingerprint,
  });
  const facts = (...alerts: readonly Alert[]): AlertFacts => ({
    ...{ kind: 'sarif', files: [], tools: [], suppressed: 0 },
    alerts,
  });
  const base = (fingerprints: readonly string[] | null): EvidenceBase => ({
    version: '1.0',
    values: {},
    fingerprints,
  });
  const judge = (
    failOn: Severity,
    found: AlertFacts,
    of: { newOnly?: boolean; base?: EvidenceBase | null } = {},
  ) =>
    judgeEvidence({ kind: 'sarif', files: [], failOn, newOnly: of.newOnly ?? false }, found, of.base ?? null);

  test('fail from the severity on that the plan says, and `none` fails nothing', () => {
    for (const [limit, failOn] of SEVERITIES.entries())
      for (const [level, severity] of SEVERITIES.entries()) {
        const bad = failOn !== 'none' && level >= limit;
        expect(judge(failOn, facts(alert(severity, 'a'))).reason).toBe(bad ? 'findings-too-severe' : null);
      }
  });

  test('that the last promoted release had as well do not count where only new ones do', () => {
    const found = facts(alert('high', 'old'), alert('high', 'new'));
    expect(judge('high', found, { newOnly: true, base: base(['old', 'new']) })).toMatchObject({
      reason: null,
      summary: '2 findings (2 high), 0 new against 1.0',
    });
    expect(judge('high', found, { newOnly: true, base: base(['old']) })).toMatchObject({
      reason: 'findings-too-severe',
      summary: '2 findings (2 high), 1 new against 1.0, 1 at or above `fail-on: high`',
      findings: [{ level: 'failure' }],
    });
    expect(judge('high', found, { base: base(['old', 'new']) }).reason).toBe('findings-too-severe');
  });

  test.each([[null], [base(null)]])('are all new while no release kept its own (%j)', (kept) => {
    const judged = judge('high', facts(alert('high', 'a')), { newOnly: true, base: kept });
    expect(judged.reason).toBe('findings-too-severe');
    expect(judged.summary).toContain('all taken for new, since no promoted release kept its findings');
  });

  test('below the limit are shown, and are no failures', () => {
    const { findings } = judge('critical', facts(alert('high', 'a'), alert('low', 'b')));
    expect(findings.map(({ level }) => level)).toEqual(['warning', 'notice']);
  });
});

describe('values', () => {
  const judge = (limit: string, value: number, before?: number) => {
    const parsed = parseLimit(limit);
    if (!('value' in parsed)) throw new Error(`${limit}: ${parsed.rule}`);
    const source = { kind: 'report', files: [], limits: [{ path: 'p', ...parsed.value }] } as const;
    const base = { version: '1.0', values: before === undefined ? {} : { p: before }, fingerprints: null };
    return judgeEvidence(source, { kind: 'report', files: [], values: { p: value } }, base);
  };
  const holds = (limit: string, value: number, before?: number) =>
    judge(limit, value, before).reason === null;

  test.each([
    ['<= 300', 300, undefined, true],
    ['< 300', 300, undefined, false],
    ['>= 99.5', 99.5, undefined, true],
    ['> -1', -1, undefined, false],
    ['<= +10%', 110, 100, true],
    ['<= +10%', 110.1, 100, false],
    ['>= -5%', 95, 100, true],
    ['>= -5%', 94.9, 100, false],
    ['<= -10%', 91, 100, false],
    ['<= +0%', 0, 0, true],
    ['<= +10%', 0.001, 0, false],
    ['<= +10%', -18, -20, true],
    ['<= +10%', -17.9, -20, false],
    ['>= -10%', -22, -20, true],
    ['<= 300', Number.NaN, undefined, false],
    ['<= 300', Number.NEGATIVE_INFINITY, undefined, false],
  ])('%s with %d after %d: %s', (limit, value, before, ok) => {
    expect(holds(limit, value, before)).toBe(ok);
  });

  test('without an earlier value a limit in percent records the first one, and says so', () => {
    expect(judge('<= +10%', 5)).toMatchObject({
      reason: null,
      evidence: [
        '- `p` is 5, limit `<= +10%`; the first value that is recorded, so there is none to compare it with: held',
      ],
    });
  });

  test('past their limit are told with both numbers', () => {
    expect(judge('<= +10%', 120, 100)).toMatchObject({
      reason: 'limit-exceeded',
      summary: '`p` is 120, limit `<= +10%` against 100 of 1.0, which is 110',
    });
  });

  test('a value that got no worse holds every limit that allows to get worse', () => {
    const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(number, fc.integer({ min: 0, max: 500 }), (before, percent) => {
        expect(holds(`<= +${percent}%`, before, before)).toBe(true);
        expect(holds(`>= -${percent}%`, before, before)).toBe(true);
      }),
    );
  });
});
