import { afterEach, expect, test } from '@jest/globals';
import { type Scenario, startScenario } from './scenario.js';

let scenario: Scenario;
afterEach(() => scenario?.stop());

test('a good version goes through all stages, in order, and is promoted', async () => {
  scenario = await startScenario();
  const done = await scenario.release({ version: '1.1' });
  expect(done).toMatchObject({ decision: 'promoted', reason: 'all-gates-passed' });
  expect(scenario.service.calls()).toEqual([
    'verify 1.1',
    'canary 1.1',
    'weight 10',
    'weight 50',
    'promote 1.1',
    'weight 0',
    'remove',
  ]);
  expect((await scenario.ledgerCommits()).length).toBeLessThanOrEqual(12);
  expect(scenario.github.violations).toEqual([]);
});
