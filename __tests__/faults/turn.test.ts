import { expect, test } from '@jest/globals';
import type { Job } from '../../sandbox/simulation/job.js';
import { Simulation } from '../../sandbox/simulation/simulation.js';

const decisionOf = ({ outputs }: Job): string => `${outputs.decision} (${outputs['reason-code']})`;
const lines = (sim: Simulation, text: string) => sim.timeline.lines().filter((line) => line.includes(text));

test('of fifty releases that start at once exactly one acts; the others say who, and nothing is lost', async () => {
  const sim = new Simulation({ seed: 1 });
  const jobs = Array.from({ length: 50 }, (_, index) => sim.start({ version: `1.${index + 1}` }));
  await sim.finish();
  expect(jobs.filter((job) => decisionOf(job) === 'promoted (all-gates-passed)')).toHaveLength(1);
  expect(jobs.filter((job) => decisionOf(job) === 'blocked (busy)')).toHaveLength(49);
  const acted = jobs.find((job) => job.outputs.decision === 'promoted');
  expect(
    lines(sim, `is held by https://github.example/acme/shop/actions/runs/${acted?.id}/job/${acted?.id}`)
      .length,
  ).toBeGreaterThanOrEqual(49);
  expect(sim.witness.violations).toEqual([]);
  expect(sim.witness.states.size).toBe(1);
});

test('with `on-busy: {do: wait}` each takes its turn, and what a newer one has brought already is not released again', async () => {
  const sim = new Simulation({ seed: 2, plan: 'patient' });
  const jobs = Array.from({ length: 6 }, (_, index) => sim.start({ version: `1.${index + 1}` }));
  await sim.finish();
  expect(new Set(jobs.map(decisionOf))).toEqual(
    new Set(['promoted (all-gates-passed)', 'nothing-to-do (superseded)']),
  );
  expect(sim.platform.stable).toBe('1.6');
  expect(sim.witness.violations).toEqual([]);
});

test('who waits longer than the plan allows ends busy, and a wait can be cancelled', async () => {
  const sim = new Simulation({ seed: 3 });
  const first = sim.start({ version: '1.1' });
  await sim.pass(8_000);
  first.strand(60 * 60_000, { unnoticed: true });
  const waits = sim.start({ version: '1.2', plan: 'hasty' });
  const cancelled = sim.start({ version: '1.3', plan: 'patient' });
  await sim.pass(90_000);
  cancelled.cancel();
  await sim.pass(60_000);
  expect([waits, cancelled].map(decisionOf)).toEqual(['blocked (busy)', 'blocked (cancelled)']);
  expect(lines(sim, 'waited 60 s for it').length).toBeGreaterThan(0);
  expect(sim.witness.states.size).toBe(1);
});

test('`override: busy` stops the release under way, which goes back, and then releases', async () => {
  const sim = new Simulation({ seed: 4 });
  const first = sim.start({ version: '1.1' });
  await sim.pass(12_000);
  const urgent = sim.start({
    version: '1.2',
    event: 'workflow_dispatch',
    inputs: { OVERRIDE: 'busy, quarantine', REASON: 'the shop is down' },
  });
  await sim.finish();
  expect([first, urgent].map(decisionOf)).toEqual([
    'rolled-back (rollback-asked)',
    'promoted (all-gates-passed)',
  ]);
  expect(sim.platform).toMatchObject({ stable: '1.2', weight: 0 });
  expect(sim.witness.violations).toEqual([]);
});
