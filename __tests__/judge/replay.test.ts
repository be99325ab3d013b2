import { describe, expect, test } from '@jest/globals';
import { replay } from '../../src/judge/replay.js';
import type { JudgeRules, WorseBy } from '../../src/judge/rules.js';
import { sameOnBothSides } from '../../src/judge/rules.js';
import type { TrialEntry } from '../../src/judge/trial.js';
import { parseSamples, SamplesInvalid } from '../../src/release/samples.js';
import { binomial, randomFrom } from './samples.js';

const MINUTE = 60_000;

function rules(worseBy: WorseBy, limit: number | null = null): JudgeRules {
  const comparison = sameOnBothSides(worseBy);
  const errors = { kind: 'errors', importance: 'normal', minimumSamples: 100, limit, comparison } as const;
  return { metrics: { errors }, falseAlarm: 0.01, falsePass: 0.05 };
}

const STRICT = rules({ absolute: 0.005, relative: null });
const LENIENT = rules({ absolute: 0.1, relative: null });

/** Two steps of ten minutes; the canary of the second one fails 3 % more often. */
function recorded(): readonly TrialEntry[] {
  const random = randomFrom(11);
  const entries: TrialEntry[] = [
    {
      type: 'trial',
      version: 1,
      stage: 'canary',
      at: 0,
      plannedMs: 20 * MINUTE,
      intervalMs: MINUTE,
      rules: LENIENT,
      history: {},
    },
  ];
  for (const [step, rate] of [0.01, 0.04].entries()) {
    const at = step * 10 * MINUTE;
    entries.push({
      type: 'phase',
      at,
      weight: step === 0 ? 5 : 50,
      wave: null,
      warmUpMs: 0,
      bakeMs: 0,
      share: null,
    });
    for (let i = 0; i < 40; i++) {
      const from = at + i * 15_000;
      const arm = (chance: number) => ({ total: 300, failed: binomial(random, 300, chance) });
      const errors = { kind: 'errors', canary: arm(rate), baseline: arm(0.01) } as const;
      entries.push({ type: 'samples', from, to: from + 15_000, metrics: { errors } });
    }
    const deadline = at + 10 * MINUTE;
    entries.push({ type: 'verdict', at: deadline, deadline, decision: 'pass' });
  }
  return entries;
}

describe('recorded samples under other rules', () => {
  test('pass where they passed, and say from when on they would have', () => {
    const steps = replay(recorded(), () => LENIENT);
    expect(steps.map(({ weight, verdict: { decision } }) => [weight, decision])).toEqual([
      [5, 'pass'],
      [50, 'pass'],
    ]);
    expect(steps[0]?.passedAfterMs).toBeLessThan(5 * MINUTE);
  });

  test('fail where a narrower margin would have failed them, and nothing is judged after that', () => {
    const steps = replay(recorded(), () => STRICT);
    expect(steps.map(({ weight, verdict: { decision } }) => [weight, decision])).toEqual([
      [5, 'inconclusive'],
      [50, 'fail'],
    ]);
    expect(steps[1]?.afterMs).toBeLessThan(10 * MINUTE);
  });

  test('that another hand wrote down need no beginning', () => {
    const lines = recorded().filter(({ type }) => type === 'samples');
    const [step, ...others] = replay(lines, () => LENIENT);
    expect(others).toEqual([]);
    expect(step).toMatchObject({ stage: 'canary', weight: null, verdict: { decision: 'pass' } });
  });

  test('without any are no steps', () => {
    expect(replay([], () => STRICT)).toEqual([]);
    expect(replay(recorded().slice(0, 2), () => STRICT)).toEqual([]);
  });
});

describe('lines that are none', () => {
  const sample = (errors: object) =>
    JSON.stringify({ type: 'samples', from: 0, to: 1, metrics: { errors: { kind: 'errors', ...errors } } });
  test.each([
    ['{"type":"samples"', /^line 1 is not JSON/],
    ['{"type":"sample"}', /^line 1 is no line of samples: type/],
    [`\n${sample({ canary: { total: 'many', failed: 0 }, baseline: null })}`, /^line 2 .*canary\.total/],
    [sample({ canary: { total: 1 }, baseline: null }), /canary\.failed/],
    [sample({ kind: 'latency', canary: { first: 1 }, baseline: null }), /metrics\.errors/],
  ])('%s is named', (text, message) => {
    expect(() => parseSamples(text)).toThrow(SamplesInvalid);
    expect(() => parseSamples(text)).toThrow(message);
  });
});
