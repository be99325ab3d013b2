import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { severityOf } from '../../src/evidence/sarif/severity.js';
import { judgeEvidence } from '../../src/judge/suite-evidence.js';
import { parseLimit } from '../../src/plan/evidence-values.js';
import { formatProblems } from '../../src/plan/format.js';
import { parsePlan } from '../../src/plan/parse.js';
import { REASON_CODES } from '../../src/release/reasons.js';
import { fixture, makeWorkspace, report, type Workspace } from './world.js';

const page = readFileSync(new URL('../../docs/evidence.md', import.meta.url), 'utf8');
let workspace: Workspace;

beforeAll(async () => {
  workspace = await makeWorkspace();
});

afterAll(() => workspace.remove());

/** The cells of the table whose heading line begins with these words. */
function rows(heading: string): readonly (readonly string[])[] {
  const [, after = ''] = page.split(`| ${heading} |`);
  const [, ...lines] = after.split('\n\n')[0]?.trim().split('\n') ?? [];
  return lines.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
const spans = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

test('the plan that the page shows is one', () => {
  const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const plan = `service: shop\nenvironment: production\npromote: ./deploy.sh\n${text}`;
  const outcome = parsePlan({ text: plan, source: 'evidence.md' });
  expect('problems' in outcome ? formatProblems(outcome.problems, 'evidence.md') : '').toBe('');
});

test('each line of the table of limits is as it says', () => {
  const lines = rows('limit | value | before | holds');
  expect(lines).toHaveLength(9);
  for (const [limit = '', value, before, holds] of lines) {
    const parsed = parseLimit(spans(limit)[0] ?? '');
    if (!('value' in parsed)) throw new Error(limit);
    const source = { kind: 'report', files: [], limits: [{ path: 'p', ...parsed.value }] } as const;
    const values: Record<string, number> = Number.isNaN(Number(before)) ? {} : { p: Number(before) };
    const base = { version: '1.0', values, fingerprints: null };
    const judged = judgeEvidence(source, { kind: 'report', files: [], values: { p: Number(value) } }, base);
    expect(`${limit} ${value} ${before}: ${judged.reason === null ? 'yes' : 'no'}`).toBe(
      `${limit} ${value} ${before}: ${holds}`,
    );
  }
});

test('each line of the table of severities is as it says', () => {
  const lines = rows('written in the report | severity');
  expect(lines.map(([, severity]) => severity)).toEqual(['critical', 'high', 'medium', 'low', 'none']);
  for (const [written = '', severity] of lines) {
    const scores = [...written.matchAll(/(?<=[` ]|to )(\d+(?:\.\d)?)\b/g)].map(([score]) => score);
    const [, word] = /or `(\w+)`/.exec(written) ?? [];
    const [, level] = /level `(\w+)`/.exec(written) ?? [];
    const results = [
      ...[...scores, word].filter(Boolean).map((score) => ({ properties: { 'security-severity': score } })),
      ...(level ? [{ level }] : []),
    ];
    expect(results.length).toBeGreaterThan(1);
    for (const result of results)
      expect({ ...result, ...severityOf(result, {}) }).toEqual({ ...result, severity });
  }
});

test.each([['k6'], ['autocannon'], ['hyperfine']])(
  'the paths that the page names are in a report of %s',
  async (tool) => {
    const [, , paths = ''] = rows('tool | writes it with | paths').find(([name]) => name === tool) ?? [];
    const named = spans(paths);
    expect(named.length).toBeGreaterThan(1);
    const text = await fixture(`${tool}.json`);
    const { values } = await workspace.facts(report(...named), { 'bench.json': text });
    expect(Object.keys(values)).toEqual(named);
  },
);

test('each reason code that the page names is one', () => {
  const codes = spans(page.replace(/```[\s\S]*?```/g, '')).filter((text) =>
    /^(evidence|ledger|tests|no|findings|limit)-[a-z-]+$/.test(text),
  );
  expect(codes.length).toBeGreaterThan(6);
  for (const code of codes) expect(REASON_CODES).toContain(code);
});
