import { FAULT_KINDS, type Faults } from './fault.js';
import type { Job } from './job.js';
import type { Health } from './platform.js';
import { Random } from './random.js';
import { next, type Played } from './schedule.js';
import { Simulation } from './simulation.js';

const MINUTE = 60_000;

/**
 * Several releases, rollbacks by hand, cancels, lost runners and faults at once, as the seed has it; then a release
 * that nothing disturbs.
 */
export async function playRandom(seed: number): Promise<Played> {
  const random = new Random(seed);
  const isTakeOver = random.chance(0.5);
  const sim = new Simulation({
    seed: random.between(0, 2 ** 31),
    plan: random.pick(['whole', 'whole', 'plain', 'unseen', 'noScript', 'data', 'parkedBriefly']),
    slowestMs: isTakeOver ? random.pick([2_000, 4 * MINUTE]) : random.pick([500, 2_000, 20_000]),
    isFenced: random.chance(0.3),
  });
  const probability = random.pick([0, 0, 0.005, 0.02, 0.06]);
  const faults: Faults = () =>
    random.chance(probability)
      ? { kind: random.pick(FAULT_KINDS), ...(random.chance(0.3) ? { withRunner: true } : {}) }
      : null;
  const day = new BadDay(sim, random, faults);
  await (isTakeOver ? day.takeOver() : day.anything());
  await sim.finish();
  await next(sim);
  return {
    violations: sim.witness.violations,
    timeline: sim.timeline.lines(),
    calls: sim.jobs.reduce((sum, job) => sum + (job.calls.main ?? 0) + (job.calls.post ?? 0), 0),
  };
}

/** What happens to a service on a bad day. */
class BadDay {
  readonly #sim: Simulation;
  readonly #random: Random;
  readonly #faults: Faults;

  constructor(sim: Simulation, random: Random, faults: Faults) {
    this.#sim = sim;
    this.#random = random;
    this.#faults = faults;
  }

  async anything(): Promise<void> {
    const longest = this.#random.pick([5_000, 30_000, 2 * MINUTE, this.#parks ? 60 * MINUTE : 10 * MINUTE]);
    const acts = this.#random.between(2, 5);
    for (let act = 0; act < acts; act++) {
      const [first, ...rest] = this.#sim.jobs.filter((job) => !job.hasEnded);
      if (!first || this.#random.chance(0.45)) this.#begin(this.#faults, this.#random.chance(0.3));
      else this.#disturb(this.#random.pick([first, ...rest]));
      await this.#sim.pass(this.#random.between(0, longest));
    }
  }

  /** One run gets into trouble in the middle of something, and others want its place as soon as they can have it. */
  async takeOver(): Promise<void> {
    const rivals = this.#random.between(1, 2);
    for (let rival = 0; rival <= rivals; rival++) {
      const call = this.#random.between(2, 55);
      const job: { is?: Job } = {};
      job.is = this.#begin((made) => {
        const trouble = rival < rivals && made.step === 'main' && made.number === call;
        if (trouble)
          this.#sim.time.after(this.#random.between(0, 300), () => job.is && this.#disturb(job.is));
        return this.#faults(made);
      }, rival > 0);
      await this.#sim.pass(this.#random.between(0, this.#random.pick([20_000, 4 * MINUTE])));
    }
  }

  #begin(faults: Faults, isPatient: boolean): Job {
    if (this.#sim.jobs.length > 0 && this.#random.chance(0.3)) {
      const inputs = this.#random.chance(0.5) ? { DATA: 'restore' } : {};
      return this.#sim.start({ version: '', command: 'rollback', faults, inputs });
    }
    if (this.#parks && this.#sim.jobs.length > 0 && this.#random.chance(0.6)) return this.#look(faults);
    const version = `1.${this.#sim.jobs.length + 1}`;
    this.#sim.platform.health.set(version, this.#random.pick<Health>(['good', 'good', 'bad', 'silent']));
    const postsTwice = this.#random.chance(0.1);
    return this.#sim.start({ version, faults, postsTwice, ...(isPatient ? { plan: 'patient' } : {}) });
  }

  get #parks(): boolean {
    return this.#sim.planName === 'parkedBriefly';
  }

  /** By the schedule or by hand; now and then under another plan, or without a variable that the plan names. */
  #look(faults: Faults): Job {
    const random = this.#random;
    const event = random.pick(['schedule', 'workflow_dispatch']);
    const trouble = random.pick([{}, {}, {}, { plan: 'brisk' as const }, { env: {} }]);
    return this.#sim.start({ version: '', command: 'resume', event, faults, ...trouble });
  }

  #disturb(job: Job): void {
    const random = this.#random;
    const troubles: readonly [() => void, ...(() => void)[]] = [
      () => job.cancel(),
      () => job.cancel(),
      () => job.kill(),
      () => job.lose(),
      () => job.isolate(random.between(MINUTE, 25 * MINUTE)),
      () => job.strand(random.between(5 * MINUTE, 40 * MINUTE)),
      () => job.strand(random.between(5 * MINUTE, 40 * MINUTE)),
    ];
    random.pick(troubles)();
  }
}
