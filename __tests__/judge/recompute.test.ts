import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { recompute, tell } from '../../script/recompute.js';
import type { TrialEntry } from '../../src/judge/trial.js';
import { parseSamples } from '../../src/release/samples.js';

const SAMPLES = '{"type": "samples", "from": 0, "to": 1, "metrics": {}}';

const RULES = {
  metrics: {
    errors: { kind: 'errors', importance: 'normal', limit: 0.01, minimumSamples: 100, comparison: null },
  },
  falseAlarm: 0.01,
  falsePass: 0.05,
};

function record(decision: 'fail' | 'pass'): readonly TrialEntry[] {
  const lines = [
    {
      type: 'trial',
      version: 1,
      stage: 'canary',
      at: 0,
      plannedMs: 60_000,
      intervalMs: 1000,
      rules: RULES,
      history: {},
    },
    { type: 'phase', at: 0, weight: 10, wave: null, warmUpMs: 0, bakeMs: 0, share: null },
    {
      type: 'samples',
      from: 0,
      to: 10_000,
      metrics: { errors: { kind: 'errors', canary: { total: 500, failed: 50 }, baseline: null } },
    },
    { type: 'verdict', at: 10_000, deadline: 60_000, decision },
  ];
  return parseSamples(lines.map((line) => JSON.stringify(line)).join('\n'));
}

test('the record of a release is enough to find its verdict again', () => {
  const { lines, differs } = recompute(record('fail'));
  expect(lines[0]).toBe(
    '1970-01-01T00:00:10.000Z: given fail, found fail. errors broke the limit, judged without the baseline.',
  );
  expect(lines[1]).toMatch(/^ {2}errors failed: 10 % of 500 requests failed, the limit is 1 %/);
  expect(differs).toBe(false);
});

test('a verdict that the samples do not lead to is told', () => {
  const { lines, differs } = recompute(record('pass'));
  expect(lines[0]).toContain('given pass, found fail');
  expect(differs).toBe(true);
});

describe('the script', () => {
  test.each([
    ['a garbage line', 'garbage', 'line 1 is not JSON'],
    ['samples before their trial', SAMPLES, '`samples` comes before `trial`'],
    ['no verdict', '', 'it holds no verdict'],
    ['no file', null, 'ENOENT'],
  ])('says in one line what is wrong with %s', (_, text, said) => {
    const folder = mkdtempSync(join(tmpdir(), 'recompute-'));
    const file = join(folder, 'samples.jsonl');
    if (text !== null) writeFileSync(file, text);
    const told: string[] = [];
    expect(tell(file, { out: () => undefined, err: (line) => told.push(line) })).toBe(2);
    rmSync(folder, { recursive: true });
    expect(told).toEqual([expect.stringContaining(said)]);
    expect(told[0]?.trimEnd().split('\n')).toHaveLength(1);
  });
});
