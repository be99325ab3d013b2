import { expect, test } from '@jest/globals';
import { MOST_RESULT_BYTES, resultOf } from '../../src/report/result.js';
import { earlyEnd, endOf, errors, promoted, rollbackFailed, rolledBack, SHA, Story } from './story.js';

const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const stage = (result: ReturnType<typeof resultOf>, name: string) =>
  result.stages.find((one) => one.name === name);

test('a rolled-back release tells what failed, where traffic is, and the commit', () => {
  const result = resultOf(endOf(rolledBack()));
  expect(result).toMatchObject({
    schema_version: 1,
    decision: 'rolled-back',
    reason_code: 'metric-failed',
    version: '1.2.0',
    previous_version: '1.1.0',
    in_service_version: '1.1.0',
    weight: 0,
    weight_verified: true,
    rollback: { commit: 'done', sha: 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00' },
    links: { commit: `https://github.com/acme/shop/commit/${SHA}` },
    left_out: [],
  });
  expect(result.weights.map((point) => point.weight)).toEqual([5, 25, 0]);
  expect(stage(result, 'canary')).toMatchObject({ verdict: 'failed', reason_code: 'metric-failed' });
  expect(stage(result, 'canary')?.metrics.map((metric) => metric.verdict)).toEqual(['failed', 'passed']);
  expect(stage(result, 'promote')?.verdict).toBe('not-run');
});

test('all stages are listed, in order, also when nothing was recorded', () => {
  const result = resultOf(earlyEnd());
  expect(result.stages.map((one) => one.name)).toEqual([
    'plan',
    'verify',
    'backup',
    'canary',
    'promote',
    'rollback',
  ]);
  expect(new Set(result.stages.map((one) => one.verdict))).toEqual(new Set(['not-run']));
  expect(result).toMatchObject({ release_id: null, weight: null, weight_verified: null, rollback: null });
});

test('a stage that never ended is errored, not running and not passed', () => {
  const story = new Story().begins('canary').does('canary').moves(5);
  expect(stage(resultOf(endOf(story)), 'canary')).toMatchObject({ verdict: 'errored', ended_at: null });
});

test('without traffic to move there is nothing to verify', () => {
  const story = new Story().does('promote').over('promoted', 'all-gates-passed', 'x');
  expect(resultOf(endOf(story))).toMatchObject({ weight: 0, weight_verified: null });
});

test('too much evidence is dropped from the passed stages first, and the result says so', () => {
  const evidence = Array.from({ length: 2000 }, (_, i) => `line ${i} ${'x'.repeat(100)}`);
  const story = new Story().begins('verify').ends('verify', 'passed', { evidence });
  story.begins('backup').ends('backup', 'failed', { reason: 'backup-failed', evidence: ['kept'] });
  const result = resultOf(endOf(story.over('blocked', 'backup-failed', 'x'), { summary: 'why' }));
  expect(size(result)).toBeLessThan(MOST_RESULT_BYTES);
  expect(result.left_out).toEqual([]);

  const larger = new Story()
    .begins('verify')
    .ends('verify', 'passed', { evidence: [...evidence, ...evidence] });
  larger.begins('backup').ends('backup', 'failed', { reason: 'backup-failed', evidence: ['kept'] });
  const cut = resultOf(endOf(larger.over('blocked', 'backup-failed', 'x')));
  expect(cut.left_out).toEqual(['evidence of the stages that passed']);
  expect(stage(cut, 'verify')?.evidence).toEqual([]);
  expect(stage(cut, 'backup')?.evidence).toEqual(['kept']);
});

test('whatever is too large, the decision stays and the limit holds', () => {
  const huge = '\u0001'.repeat(300_000);
  const many = Array.from({ length: 5000 }, (_, i) => `${i}/${'long-name/'.repeat(20)}`);
  const story = new Story().begins('canary');
  for (let i = 0; i < 3000; i++) story.moves(i % 101);
  story.judges(
    5,
    Array.from({ length: 3000 }, (_, i) => errors(0.05, { metric: `m${i}`, reason: huge.slice(0, 500) })),
  );
  story.ends('canary', 'failed', { reason: 'metric-failed', summary: huge, evidence: [huge] });
  story.add({
    type: 'rollback-commit',
    result: 'none',
    url: null,
    commit: null,
    note: huge,
    files: many,
    commands: many,
  });
  const result = resultOf(endOf(story.over('rolled-back', 'metric-failed', huge)));
  expect(size(result)).toBeLessThanOrEqual(MOST_RESULT_BYTES);
  expect(result).toMatchObject({ decision: 'rolled-back', reason_code: 'metric-failed', sha: SHA });
  expect(result.left_out.length).toBeGreaterThan(3);
});

test('the commands for a person are in the result', () => {
  expect(resultOf(endOf(rollbackFailed())).rollback?.commands).toHaveLength(3);
  expect(resultOf(endOf(promoted())).rollback).toBeNull();
});
