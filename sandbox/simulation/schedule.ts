import { FAULT_KINDS, type Fault, type FaultKind } from './fault.js';
import type { PlanName } from './plans.js';
import { Simulation } from './simulation.js';
import type { Violation } from './witness.js';

export interface Played {
  readonly violations: readonly Violation[];
  readonly timeline: readonly string[];
  /** How many calls the disturbed step made. */
  readonly calls: number;
}

/** What is disturbed at each of its calls in turn. */
export const STORIES = [
  'release',
  'bad-release',
  'rollback',
  'restore',
  'recovery',
  'post',
  'look',
  'other-plan',
  'newer',
] as const;
export type Story = (typeof STORIES)[number];

export interface Point {
  readonly story: Story;
  /** Which call; null to play the story undisturbed. */
  readonly call: number | null;
  readonly kind: FaultKind;
  readonly withRunner?: boolean;
}

/** Every call of every story, each with every fault; a crash with and without its runner. */
export async function pointsOf(stories: readonly Story[] = STORIES): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const story of stories) {
    const { calls } = await playPoint({ story, call: null, kind: 'hang' });
    for (let call = 0; call < calls; call++) {
      for (const kind of FAULT_KINDS) {
        points.push({ story, call, kind });
        if (kind.startsWith('crash')) points.push({ story, call, kind, withRunner: true });
      }
    }
  }
  return points;
}

/** Plays a story with one fault at one call, then the next runs, and says what did not hold. */
export async function playPoint(point: Point, seed = 1): Promise<Played> {
  const sim = new Simulation({ seed, plan: planOf(point.story) });
  const fault: Fault = { kind: point.kind, ...(point.withRunner ? { withRunner: true } : {}) };
  const disturbed = point.story === 'post' ? 'post' : 'main';
  const faults = ({ step, number }: { step: string; number: number }): Fault | null =>
    step === disturbed && number === point.call ? fault : null;
  const job = await begin(sim, point.story, faults);
  await sim.finish();
  await next(sim);
  return {
    violations: sim.witness.violations,
    timeline: sim.timeline.lines(),
    calls: job.calls[disturbed] ?? 0,
  };
}

function planOf(story: Story): PlanName {
  const plans: Partial<Record<Story, PlanName>> = {
    rollback: 'plain',
    restore: 'data',
    look: 'parked',
    'other-plan': 'parked',
    newer: 'parked',
  };
  return plans[story] ?? 'whole';
}

type SimFaults = NonNullable<Parameters<Simulation['start']>[0]['faults']>;

async function begin(sim: Simulation, story: Story, faults: SimFaults) {
  switch (story) {
    case 'release':
      return sim.start({ version: '1.1', faults });
    case 'bad-release':
      sim.platform.health.set('1.1', 'bad');
      return sim.start({ version: '1.1', faults });
    case 'rollback':
      sim.start({ version: '1.1' });
      await sim.finish();
      return sim.start({ version: '', command: 'rollback', faults });
    case 'recovery': {
      const lost = sim.start({ version: '1.1' });
      await sim.pass(12_000);
      lost.lose();
      await sim.finish();
      return sim.start({ version: '1.2', faults });
    }
    case 'restore':
      sim.start({ version: '1.1' });
      await sim.finish();
      return sim.start({ version: '', command: 'rollback', inputs: { DATA: 'restore' }, faults });
    case 'look':
      await parked(sim, 8);
      return sim.start({ version: '', command: 'resume', event: 'schedule', faults });
    case 'other-plan':
      await parked(sim, 1);
      return sim.start({ version: '', command: 'resume', event: 'schedule', plan: 'brisk', faults });
    case 'newer':
      await parked(sim, 1);
      return sim.start({ version: '1.2', plan: 'brisk', faults });
    case 'post': {
      const job = sim.start({ version: '1.1', faults });
      await sim.pass(12_000);
      job.cancel();
      return job;
    }
  }
}

/** 1.1 waits at its first weight, for so many hours. */
async function parked(sim: Simulation, hours: number): Promise<void> {
  sim.start({ version: '1.1' });
  await sim.finish();
  await sim.pass(hours * 3_600_000);
}

/** The next release, undisturbed: it finds what is left, brings it to safety, and goes through. */
export async function next(sim: Simulation): Promise<void> {
  sim.timeline.add('world', 'from here on nothing is disturbed');
  const fixes = (sim.witness.current?.quarantine ?? []).map(({ release }) => `Fixes-Release: ${release}`);
  if (sim.random.chance(0.3)) {
    const resumes = sim.start({ version: '', command: 'resume', plan: lastPlan(sim) });
    await sim.finish();
    sim.witness.afterResuming(resumes);
  }
  await operator(sim);
  const unsettled = sim.witness.current?.release;
  const open = unsettled ? [`Fixes-Release: ${unsettled}`] : [];
  const { sha } = sim.hosting.commit(['Mend', '', ...fixes, ...open].join('\n'));
  let last = sim.start({ version: '9.9', sha, plan: lastPlan(sim) });
  await sim.finish();
  if (sim.witness.needsPerson(last)) {
    await operator(sim);
    last = sim.start({ version: '9.9', sha, plan: lastPlan(sim) });
    await sim.finish();
  }
  sim.witness.atTheEnd(last, '9.9');
}

/** Has all that is needed to bring to safety what is left in such a world, and little work of its own. */
function lastPlan({ planName }: Simulation): PlanName {
  return planName === 'data' ? 'briskWithData' : 'brisk';
}

/** A person who reads `rollback-failed` or `halted` does by hand what the message says. */
async function operator(sim: Simulation): Promise<void> {
  const { platform } = sim;
  const isWhole = platform.weight === 0 && !platform.data.isQuiesced;
  if (isWhole || sim.witness.current?.release !== null) return;
  const grave = [...sim.witness.states.values()].some(
    ({ ended }) => ended?.decision === 'rollback-failed' || ended?.decision === 'halted',
  );
  if (!grave) return;
  platform.weight = 0;
  platform.data.isQuiesced = false;
  sim.timeline.add('world', 'a person who read that the rollback failed does the rest by hand');
}
