import { expect, test } from '@jest/globals';
import type { Job } from '../../sandbox/simulation/job.js';
import { Simulation } from '../../sandbox/simulation/simulation.js';

const decisionOf = ({ outputs }: Job): string => `${outputs.decision} (${outputs['reason-code']})`;

test('a lost release is left as it is by a run that lacks what brings it to safety, which is named', async () => {
  const sim = new Simulation({ seed: 5 });
  const lost = sim.start({ version: '1.1' });
  await sim.pass(25_000);
  expect(sim.platform.weight).toBe(10);
  lost.lose();
  await sim.pass(20 * 60_000);
  const commits = sim.ledger.commits.length;

  const poor = sim.start({ version: '', command: 'resume', event: 'schedule', plan: 'plain' });
  await sim.finish();
  expect(decisionOf(poor)).toBe('blocked (cannot-recover)');
  expect(sim.timeline.lines().some((line) => line.includes('needs `canary.traffic`'))).toBe(true);
  expect(sim.platform.weight).toBe(10);
  expect(sim.ledger.commits).toHaveLength(commits);

  const able = sim.start({ version: '', command: 'resume', event: 'schedule' });
  await sim.finish();
  expect(decisionOf(able)).toBe('rolled-back (interrupted)');
  expect(sim.platform).toMatchObject({ stable: '1.0', weight: 0 });
  expect(sim.witness.violations).toEqual([]);
});
