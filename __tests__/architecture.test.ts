import { expect, test } from '@jest/globals';
import { importsOf, layerProblems, sourceDirectory } from '../script/layers.js';

test('imports run downwards only, without a cycle', () => {
  expect(layerProblems(importsOf(sourceDirectory(process.cwd())))).toEqual([]);
});

test.each([
  ['the plan reaching for the machine', { from: 'plan/parse', to: 'host/clock', external: false }],
  ['a provider that judges', { from: 'metrics/probe', to: 'judge/limit', external: false }],
  ['a stage that knows a provider', { from: 'stages/canary', to: 'traffic/run', external: false }],
  ['a pure room that reads files', { from: 'report/summary', to: 'node:fs', external: true }],
  ['a second place that knows Octokit', { from: 'stages/plan', to: '@octokit/plugin-retry', external: true }],
  ['a folder without a rule', { from: 'utils/text', to: 'plan/plan', external: false }],
])('%s is found', (_, edge) => {
  expect(layerProblems([edge])).toHaveLength(1);
});

test('a cycle is found and named', () => {
  const edge = (from: string, to: string) => ({ from, to, external: false });
  expect(layerProblems([edge('plan/a', 'plan/b'), edge('plan/b', 'plan/a')])).toEqual([
    'import cycle: plan/a → plan/b → plan/a',
  ]);
});
