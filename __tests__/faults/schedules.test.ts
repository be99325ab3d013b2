import { expect, test } from '@jest/globals';
import type { Fault, Faults } from '../../sandbox/simulation/fault.js';
import type { Job } from '../../sandbox/simulation/job.js';
import { next } from '../../sandbox/simulation/schedule.js';
import { Simulation, type SimulationOptions } from '../../sandbox/simulation/simulation.js';

const MINUTE = 60_000;

/** Plays what is given, then the next release, and gives what the witness saw and how it was told. */
async function play(
  story: (sim: Simulation) => Promise<unknown>,
  options: Partial<SimulationOptions> = {},
): Promise<Simulation> {
  const sim = new Simulation({ seed: 7, ...options });
  await story(sim);
  await sim.finish();
  await next(sim);
  expect([
    ...sim.witness.violations,
    ...(sim.witness.violations.length > 0 ? sim.timeline.lines() : []),
  ]).toEqual([]);
  return sim;
}

/** Acts at the first call of a port in a step; gives the fault that `act` gives. */
function at(port: string, act: () => Fault | undefined, step = 'main'): Faults {
  let done = false;
  return (call) => {
    if (done || call.step !== step || call.port !== port) return null;
    done = true;
    return act() ?? null;
  };
}

const said = (sim: Simulation, text: string): boolean =>
  sim.timeline.lines().some((line) => line.includes(text));

const endOf = (sim: Simulation, version: string) =>
  [...sim.witness.states.values()].find(({ started }) => started.version === version)?.ended;

/** 1.1 is lost in the middle of its canary. */
async function lostOnCanary(sim: Simulation): Promise<void> {
  const lost = sim.start({ version: '1.1' });
  await sim.pass(12_000);
  lost.lose();
  await sim.finish();
}

test('a run that is cancelled while it brings another one to safety leaves that to its post, and no false end', async () => {
  await play(async (sim) => {
    await lostOnCanary(sim);
    const job: { is?: Job } = {};
    job.is = sim.start({
      version: '1.2',
      faults: at('scripts.rollback', () => {
        sim.time.after(10, () => job.is?.cancel());
        return { kind: 'hang' };
      }),
    });
    await sim.finish();
    expect(sim.platform).toMatchObject({ weight: 0, stable: '1.0' });
    expect(endOf(sim, '1.1')).toMatchObject({ decision: 'rolled-back' });
  });
});

test('an unfinished release whose end cannot be recorded is not replaced by the next one', async () => {
  await play(async (sim) => {
    await lostOnCanary(sim);
    let writes = 0;
    const faults: Faults = ({ port }) =>
      port === 'ledger.write' && ++writes === 3 ? { kind: 'hang' } : null;
    const job = sim.start({ version: '1.2', faults });
    await sim.finish();
    expect(job.outputs).toMatchObject({ decision: 'blocked', 'reason-code': 'ledger-unreachable' });
  });
});

test('a request to stop that comes too late does not meet the next release', async () => {
  await play(async (sim) => {
    sim.start({ version: '1.1' });
    await sim.pass(10_000);
    // It has seen 1.1 in flight, and hears nothing for a minute, in which 1.1 is promoted.
    const slow = at('repository.jobCompleted', () => ({ kind: 'hang' }));
    sim.start({ version: '', command: 'rollback', faults: slow });
    await sim.finish();
    expect(sim.witness.current?.stop_requested).toBeNull();
    expect(sim.ledger.commits.some(({ message }) => message.includes('stop requested'))).toBe(false);
  });
});

test('a rollback by hand that is cancelled while it waits for an answer takes no lease', async () => {
  await play(async (sim) => {
    const first = sim.start({ version: '1.1' });
    await sim.pass(10_000);
    first.isolate(2 * MINUTE);
    const byHand = sim.start({ version: '', command: 'rollback' });
    await sim.pass(20_000);
    byHand.cancel();
    await sim.finish();
    expect(said(sim, 'taken over')).toBe(false);
  });
});

test('a script that a lost owner may still be running is waited out; only traffic is lowered before', async () => {
  const sim = await play(
    async (world) => {
      const job: { is?: Job } = {};
      job.is = world.start({
        version: '1.1',
        faults: at('scripts.promote', () => void job.is?.strand(60 * MINUTE)),
      });
      await world.pass(20_000);
      world.start({ version: '1.2', plan: 'patient' });
    },
    { slowestMs: 4 * MINUTE, plan: 'plain', seed: 11 },
  );
  expect(said(sim, 'A script of the run before may still be at work')).toBe(true);
});

test('who cannot reach GitHub lowers traffic, and takes nothing back beyond its lease', async () => {
  const sim = await play(async (world) => {
    const job: { is?: Job } = {};
    const cutOff = at('metrics.measure', () => void job.is?.isolate(50 * MINUTE));
    const slow = at('scripts.rollback', () => ({ kind: 'hang' }));
    job.is = world.start({ version: '1.1', faults: (call) => cutOff(call) ?? slow(call) });
    await world.pass(13 * MINUTE);
    expect(world.platform.weight).toBe(0);
  });
  expect(said(sim, 'lease ran out')).toBe(true);
});

test('post whose time runs out leaves the rest to the next run, and calls nothing failed', async () => {
  await play(async (sim) => {
    const job = sim.start({
      version: '1.1',
      faults: at('scripts.rollback', () => ({ kind: 'hang' }), 'post'),
    });
    await sim.pass(12_000);
    job.cancel();
    await sim.finish();
    expect(sim.platform.weight).toBe(0);
    expect(endOf(sim, '1.1')).toBeNull();
  });
});

test('a release that could not record its first intent began nothing: no rollback, no commit, no quarantine', async () => {
  await play(async (sim) => {
    let writes = 0;
    const faults: Faults = ({ port }) =>
      port === 'ledger.write' && ++writes === 2 ? { kind: 'hang' } : null;
    sim.start({ version: '1.1', faults });
    await sim.finish();
    expect(endOf(sim, '1.1')).toMatchObject({ decision: 'blocked', reason: 'ledger-unreachable' });
    expect(sim.hosting.commits.some(({ message }) => message.includes('Rolls-Back'))).toBe(false);
    expect(sim.witness.current?.quarantine).toEqual([]);
  });
});

test('what was written and not remembered before a kill stays in the record', async () => {
  await play(async (sim) => {
    let writes = 0;
    const unread = at('ledger.read', () => ({ kind: 'error-before' }), 'post');
    sim.start({
      version: '1.1',
      faults: (call) => {
        const written = call.step === 'main' && call.port === 'ledger.write';
        return written && ++writes === 5 ? { kind: 'crash-after' } : unread(call);
      },
    });
    await sim.finish();
    expect(endOf(sim, '1.1')).toMatchObject({ decision: 'rolled-back' });
  });
});

test('a renewal of the lease does not record an end by itself', async () => {
  await play(
    async (sim) => {
      const job: { is?: Job } = {};
      job.is = sim.start({
        version: '1.1',
        faults: at('scripts.verify', () => void job.is?.isolate(21 * MINUTE)),
      });
    },
    { seed: 31 },
  );
});
