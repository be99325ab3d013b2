import { emptyCurrent, formatCurrent } from '../../src/release/current.js';
import { type Faults, NO_FAULTS } from './fault.js';
import { Hosting } from './hosting.js';
import { Job } from './job.js';
import { LedgerBranch } from './ledger-branch.js';
import { type PlanName, planText } from './plans.js';
import { Platform } from './platform.js';
import { Random } from './random.js';
import { VirtualTime } from './time.js';
import { Timeline } from './timeline.js';
import { Witness } from './witness.js';

const START = Date.parse('2026-03-01T10:00:00.000Z');
/** Longer than any schedule may take: whoever waits longer waits for ever. */
const LONGEST_MS = 40 * 3_600_000;

export interface SimulationOptions {
  readonly seed: number;
  readonly plan?: PlanName;
  readonly slowestMs?: number;
  readonly isFenced?: boolean;
}

export interface Start {
  readonly version: string;
  /** A new commit when not given. */
  readonly sha?: string;
  readonly command?: 'release' | 'rollback' | 'resume';
  readonly faults?: Faults;
  /** `push` for a release, `workflow_dispatch` for a rollback, when not given. */
  readonly event?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly plan?: PlanName;
  readonly env?: Readonly<Record<string, string>>;
  readonly postsTwice?: boolean;
}

const TITLES = {
  release: (version: string) => `the release of ${version} is started`,
  rollback: () => 'a rollback by hand is started',
  resume: () => 'a run that resumes what is left is started',
};

/** A world with one service at 1.0, its repository and its ledger, in which jobs run; all by one seed. */
export class Simulation {
  readonly time = new VirtualTime(START);
  readonly random: Random;
  readonly timeline: Timeline;
  readonly hosting = new Hosting();
  readonly ledger = new LedgerBranch();
  readonly platform: Platform;
  readonly witness: Witness;
  readonly jobs: Job[] = [];
  readonly slowestMs: number;
  readonly planName: PlanName;

  constructor({ seed, plan = 'whole', slowestMs = 2_000, isFenced = false }: SimulationOptions) {
    this.random = new Random(seed);
    this.timeline = new Timeline(() => this.time.now);
    this.platform = new Platform({ stable: '1.0', isFenced, now: () => this.time.now });
    this.slowestMs = slowestMs;
    this.planName = plan;
    this.witness = new Witness(this);
    const { sha } = this.hosting.head;
    const last = {
      release: '20260101-000000-0000000-0000',
      version: '1.0',
      sha,
      at: '2026-01-01T00:00:00.000Z',
    };
    const before = { ...last, release: '20251201-000000-0000000-0000', version: '0.9', sha: '0'.repeat(40) };
    const recent = [last, before].map((one) => ({
      release: one.release,
      version: one.version,
      sha: one.sha,
      decision: 'promoted' as const,
      started: one.at,
      ended: one.at,
    }));
    const current = { ...emptyCurrent('shop', 'production'), fence: 1, last_promoted: last, recent };
    this.ledger.swap(null, { message: 'as it was', files: { 'current.json': formatCurrent(current) } });
  }

  start(options: Start): Job {
    const { version, command = 'release', faults = NO_FAULTS, inputs = {} } = options;
    const byHand = command !== 'release';
    const sha =
      options.sha ?? (byHand ? this.hosting.head.sha : this.hosting.commit(`Change ${version}`).sha);
    const name = String.fromCharCode(65 + (this.jobs.length % 26));
    const job = new Job(this, {
      name,
      sha,
      faults,
      postsTwice: options.postsTwice ?? false,
      env: options.env ?? { PROMETHEUS: 'https://prometheus.example' },
      plan: planText(options.plan ?? this.planName),
      event: options.event ?? (byHand ? 'workflow_dispatch' : 'push'),
      inputs: byHand
        ? { COMMAND: command, REASON: 'customers complain', ...inputs }
        : { VERSION: version, ...inputs },
    });
    this.jobs.push(job);
    this.timeline.add(name, TITLES[command](version));
    void job.run();
    return job;
  }

  /** Lets time pass until all jobs have ended, and those that were lost are known to be. */
  async finish(): Promise<void> {
    const limit = this.time.now + LONGEST_MS;
    const known = (): boolean => this.jobs.every((job) => job.hasEnded && this.hosting.isCompleted(job.id));
    const end = await this.time.run(known, limit);
    if (end !== 'done') this.witness.report('every job ends', `${end}: ${this.#running()}`);
  }

  async pass(ms: number): Promise<void> {
    const until = this.time.now + ms;
    this.time.after(ms, () => undefined);
    await this.time.run(() => this.time.now >= until, until);
  }

  #running(): string {
    return this.jobs
      .filter((job) => !job.hasEnded)
      .map(({ name }) => name)
      .join(', ');
  }
}
