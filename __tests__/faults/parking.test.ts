import { expect, test } from '@jest/globals';
import type { Job } from '../../sandbox/simulation/job.js';
import { Simulation } from '../../sandbox/simulation/simulation.js';

const HOUR = 3_600_000;
const LOOK_MS = HOUR / 2;

const decisionOf = ({ outputs }: Job): string => `${outputs.decision} (${outputs['reason-code']})`;

function parkedWorld(seed = 1): Simulation {
  return new Simulation({ seed, plan: 'parked' });
}

/** As a schedule does: a run every half hour, until the release has ended. */
async function lookEveryHalfHour(sim: Simulation, looks = 60): Promise<Job> {
  let last = sim.jobs[0];
  for (let look = 0; look < looks && sim.witness.current?.release !== null; look++) {
    await sim.pass(LOOK_MS);
    last = sim.start({ version: '', command: 'resume', event: 'schedule' });
    await sim.finish();
  }
  if (!last) throw new Error('nothing was started');
  return last;
}

const judgementsOf = (sim: Simulation, version: string) =>
  [...sim.witness.states.values()]
    .find(({ started }) => started.version === version)
    ?.judgements.map(({ weight, verdict, combined }) => ({ weight, verdict, combined }));

const endOf = (sim: Simulation, version: string) =>
  [...sim.witness.states.values()].find(({ started }) => started.version === version)?.ended;

test('a canary of a day costs minutes of a runner', async () => {
  const sim = parkedWorld();
  const first = sim.start({ version: '1.1' });
  await sim.finish();
  expect(decisionOf(first)).toBe('paused (parked)');
  expect(first.outputs).toMatchObject({ weight: '5', 'resume-at': expect.stringMatching(/T10:30:/) });
  const last = await lookEveryHalfHour(sim);
  expect(decisionOf(last)).toBe('promoted (all-gates-passed)');
  expect(judgementsOf(sim, '1.1')?.map(({ weight, verdict }) => [weight, verdict])).toEqual([
    [5, 'passed'],
    [25, 'passed'],
    [50, 'passed'],
  ]);
  expect(sim.platform).toMatchObject({ stable: '1.1', weight: 0 });
  expect(sim.jobs.reduce((sum, { runnerMs }) => sum + runnerMs, 0)).toBeLessThan(5 * 60_000);
  expect(sim.witness.violations).toEqual([]);
});

test.each(['good', 'bad', 'rare'] as const)(
  'a version that is %s is judged as if somebody had stayed',
  async (health) => {
    const found = [];
    for (const plan of ['parkedBriefly', 'staying'] as const) {
      const sim = new Simulation({ seed: 1, plan });
      sim.platform.health.set('1.1', health);
      sim.start({ version: '1.1' });
      await sim.finish();
      await lookEveryHalfHour(sim);
      const { decision, reason } = endOf(sim, '1.1') ?? {};
      const judged = judgementsOf(sim, '1.1')?.map(({ weight, verdict }) => [weight, verdict]);
      found.push({ decision, reason, judged });
    }
    expect(found[0]).toEqual(found[1]);
  },
);

test('what remembers nothing is measured while a run is there, and its samples are kept', async () => {
  const sim = new Simulation({ seed: 1, plan: 'parkedWithProbe' });
  sim.start({ version: '1.1' });
  await sim.finish();
  await lookEveryHalfHour(sim);
  expect(endOf(sim, '1.1')).toMatchObject({ decision: 'promoted' });
  const path = `${[...sim.witness.states.keys()][0]}/samples.jsonl`;
  const rows = (sim.ledger.head?.files[path] ?? '').split('\n').filter((line) => line.includes('"ready"'));
  expect(rows.length).toBeGreaterThan(3);
  expect(sim.witness.violations).toEqual([]);
});

test('a version that turns bad between two looks goes back at the next one', async () => {
  const sim = parkedWorld();
  sim.start({ version: '1.1' });
  await sim.finish();
  await sim.pass(10 * 60_000);
  sim.platform.becomes('1.1', 'bad');
  await sim.pass(20 * 60_000);
  const look = sim.start({ version: '', command: 'resume', event: 'schedule' });
  await sim.finish();
  expect(decisionOf(look)).toBe('rolled-back (metric-failed)');
  expect(sim.platform).toMatchObject({ stable: '1.0', weight: 0 });
  expect(sim.witness.current?.quarantine).toHaveLength(1);
  expect(sim.witness.violations).toEqual([]);
});

test('a look before its time is none, but for a person who asks for one', async () => {
  const sim = parkedWorld();
  sim.start({ version: '1.1' });
  await sim.finish();
  await sim.pass(5 * 60_000);
  const commits = sim.ledger.commits.length;
  const early = sim.start({ version: '', command: 'resume', event: 'schedule' });
  await sim.finish();
  expect(decisionOf(early)).toBe('nothing-to-do (nothing-to-resume)');
  expect(sim.ledger.commits).toHaveLength(commits);
  const byHand = sim.start({ version: '', command: 'resume' });
  await sim.finish();
  expect(decisionOf(byHand)).toBe('paused (parked)');
});

test('a newer release takes the place of a parked one, which did nothing wrong: no commit, no quarantine', async () => {
  const sim = parkedWorld();
  sim.start({ version: '1.1' });
  await sim.finish();
  await sim.pass(HOUR);
  const newer = sim.start({ version: '1.2', plan: 'brisk' });
  await sim.finish();
  expect(decisionOf(newer)).toBe('promoted (all-gates-passed)');
  expect(endOf(sim, '1.1')).toMatchObject({ decision: 'rolled-back', reason: 'superseded' });
  expect(sim.witness.current?.quarantine).toEqual([]);
  expect(sim.hosting.commits.some(({ message }) => message.includes('Rolls-Back'))).toBe(false);
  expect(sim.witness.violations).toEqual([]);
});

test('the same release, started again, goes on with the parked one', async () => {
  const sim = parkedWorld();
  const { sha } = sim.hosting.commit('Change');
  sim.start({ version: '1.1', sha });
  await sim.finish();
  await sim.pass(HOUR);
  const again = sim.start({ version: '1.1', sha });
  await sim.finish();
  expect(decisionOf(again)).toBe('paused (parked)');
  expect(sim.witness.states.size).toBe(1);
});

test('nobody resumes until past `at-most`: then it goes back, whatever was measured', async () => {
  const sim = parkedWorld();
  sim.start({ version: '1.1' });
  await sim.finish();
  await sim.pass(27 * HOUR);
  const late = sim.start({ version: '', command: 'resume', event: 'schedule' });
  await sim.finish();
  expect(decisionOf(late)).toBe('rolled-back (park-expired)');
  expect(sim.platform).toMatchObject({ stable: '1.0', weight: 0 });
  expect(sim.witness.violations).toEqual([]);
});

test('under a changed plan it is only brought to safety, with the scripts of this run', async () => {
  const sim = parkedWorld();
  sim.start({ version: '1.1' });
  await sim.finish();
  await sim.pass(HOUR);
  const other = sim.start({ version: '', command: 'resume', event: 'schedule', plan: 'brisk' });
  await sim.finish();
  expect(decisionOf(other)).toBe('rolled-back (plan-changed)');
  expect(sim.platform).toMatchObject({ stable: '1.0', weight: 0 });
});

test('without a variable that the plan names nothing runs, and it is said which', async () => {
  const sim = parkedWorld();
  sim.start({ version: '1.1' });
  await sim.finish();
  await sim.pass(HOUR);
  const commits = sim.ledger.commits.length;
  const poor = sim.start({ version: '', command: 'resume', event: 'schedule', env: {} });
  await sim.finish();
  expect(decisionOf(poor)).toBe('blocked (cannot-recover)');
  expect(sim.timeline.lines().some((line) => line.includes('PROMETHEUS'))).toBe(true);
  expect(sim.platform.weight).toBe(5);
  expect(sim.ledger.commits).toHaveLength(commits);
});

test('`on-inconclusive: pause` waits for evidence, passes when it comes, and goes back when it does not', async () => {
  const sim = parkedWorld();
  sim.platform.health.set('1.1', 'rare');
  sim.start({ version: '1.1' });
  await sim.finish();
  for (let look = 0; look < 18; look++) {
    await sim.pass(LOOK_MS);
    sim.start({ version: '', command: 'resume', event: 'schedule' });
    await sim.finish();
  }
  expect(sim.platform.weight).toBe(5);
  expect(sim.timeline.lines().some((line) => line.includes('for more evidence'))).toBe(true);
  const last = await lookEveryHalfHour(sim);
  expect(decisionOf(last)).toBe('rolled-back (park-expired)');
  expect(sim.witness.violations).toEqual([]);
});

test('a look that is killed is made good by its post: the canary goes back', async () => {
  const sim = parkedWorld();
  sim.start({ version: '1.1' });
  await sim.finish();
  await sim.pass(8 * HOUR);
  const look = sim.start({ version: '', command: 'resume', event: 'schedule' });
  await sim.pass(3_000);
  look.kill();
  await sim.finish();
  expect(sim.platform).toMatchObject({ stable: '1.0', weight: 0 });
  expect(endOf(sim, '1.1')).toMatchObject({ decision: 'rolled-back', reason: 'interrupted' });
  expect(sim.witness.violations).toEqual([]);
});
