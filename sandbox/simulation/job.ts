import type { Log, Redactor } from '../../src/host/contract.js';
import { main } from '../../src/main.js';
import { post } from '../../src/post.js';
import { ReleaseProblem } from '../../src/release/problem.js';
import type { World } from '../../src/world.js';
import type { Faults } from './fault.js';
import { Machine } from './machine.js';
import { simulatedPorts } from './ports.js';
import type { Simulation } from './simulation.js';
import { StepProcess } from './step-process.js';

/** As the runner does: SIGINT, SIGTERM after 7.5 s, SIGKILL after 10 s; all of it within 285 s. */
const LAST_WORDS_MS = 4_000;
const KILL_AFTER_MS = 10_000;
const CANCEL_BUDGET_MS = 285_000;
const LEDGER_PATIENCE_MS = 10 * 60_000;

export interface JobOptions {
  /** `A` */
  readonly name: string;
  readonly plan: string;
  readonly sha: string;
  /** Without the prefix `INPUT_`, upper case: `VERSION`. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly event: string;
  readonly faults: Faults;
  /** Its post comes twice, the second time with all that main had told the first. */
  readonly postsTwice: boolean;
  /** Variables of the step. */
  readonly env: Readonly<Record<string, string>>;
}

type StepEnd = { readonly exit: number } | 'killed';

/** One job with one step: main, then post, as the runner runs them. */
export class Job {
  readonly name: string;
  readonly id: string;
  readonly outputs: Record<string, string> = {};
  /** How each step ended, as far as it has. */
  readonly ends: { main?: StepEnd; post?: StepEnd } = {};
  /** Its runner was lost. */
  isLost = false;
  isCancelled = false;
  hasEnded = false;
  /** How long its runner was needed, in milliseconds. */
  runnerMs = 0;
  /** How many calls each step made. */
  readonly calls: Record<string, number> = {};
  readonly #sim: Simulation;
  readonly #options: JobOptions;
  readonly #machine: Machine;
  readonly #saved: Record<string, string> = {};
  #memory: string | null = null;
  #process: StepProcess | null = null;
  #signal = new AbortController();
  #endStep: (end: StepEnd) => void = () => undefined;

  constructor(sim: Simulation, options: JobOptions) {
    this.#sim = sim;
    this.#options = options;
    this.name = options.name;
    this.id = String(1000 + sim.jobs.length);
    const { time, random, platform, slowestMs } = sim;
    this.#machine = new Machine({
      time,
      random,
      platform,
      slowestMs,
      watch: (what, effect) => sim.witness.script(what, effect),
    });
  }

  async run(): Promise<void> {
    const begun = this.#sim.time.now;
    this.ends.main = await this.#step('main', main);
    if (this.isLost) return;
    this.#sim.timeline.add(`${this.name}/main`, `ended: ${endText(this.ends.main, this.outputs)}`);
    await this.#sim.time.sleep(500);
    const told = { ...this.#saved };
    this.ends.post = await this.#post();
    Object.assign(this.#saved, told);
    if (this.#options.postsTwice && !this.isLost) this.ends.post = await this.#post();
    this.runnerMs = this.#sim.time.now - begun;
    if (!this.isLost) this.#complete();
  }

  #post(): Promise<StepEnd> {
    this.#signal = new AbortController();
    return this.#step('post', post);
  }

  cancel(): void {
    if (this.hasEnded || this.isCancelled) return;
    this.isCancelled = true;
    this.#sim.timeline.add(this.name, 'is cancelled');
    const process = this.#process;
    const { time } = this.#sim;
    time.after(CANCEL_BUDGET_MS, () => {
      if (!this.hasEnded) this.kill();
    });
    if (this.ends.main || !process) return;
    process.hurry(LAST_WORDS_MS);
    this.#signal.abort(new ReleaseProblem('cancelled', 'the run was cancelled', { verdict: 'errored' }));
    time.after(KILL_AFTER_MS, () => {
      if (!this.ends.main) this.kill();
    });
  }

  /** SIGKILL of the step that runs now. */
  kill(): void {
    if (!this.#process?.isAlive || this.hasEnded) return;
    this.#sim.timeline.add(this.#process.name, 'is killed');
    this.#process.kill();
    this.#endStep('killed');
  }

  /** The runner and its machine are gone; GitHub notices after a while. */
  lose(): void {
    if (this.hasEnded || this.isLost) return;
    this.isLost = true;
    this.hasEnded = true;
    this.#sim.timeline.add(this.name, 'its runner is lost');
    this.#process?.kill();
    this.#machine.endAll();
    const { time, random, hosting } = this.#sim;
    time.after(random.between(60_000, 15 * 60_000), () => hosting.complete(this.id));
    this.#endStep('killed');
  }

  get isIsolated(): boolean {
    return this.#process?.isIsolated ?? false;
  }

  isolate(forMs: number): void {
    if (this.hasEnded || !this.#process) return;
    this.#sim.timeline.add(this.#process.name, `cannot reach GitHub for ${Math.round(forMs / 1000)} s`);
    this.#process.isolate(forMs);
  }

  /** GitHub cannot be reached, and takes the runner for lost, but it goes on; `unnoticed`: without taking it so. */
  strand(forMs: number, { unnoticed = false } = {}): void {
    if (this.hasEnded || !this.#process) return;
    this.isolate(forMs);
    const { time, random, hosting } = this.#sim;
    if (unnoticed) return;
    time.after(random.between(10_000, 3 * 60_000), () => hosting.complete(this.id));
  }

  #step(step: 'main' | 'post', story: (world: World) => Promise<number>): Promise<StepEnd> {
    const { time, random, timeline } = this.#sim;
    const process = new StepProcess({
      name: `${this.name}/${step}`,
      step,
      time,
      random,
      timeline,
      faults: this.#options.faults,
      onCrash: (withRunner) => (withRunner ? this.lose() : this.#endStep('killed')),
    });
    this.#process = process;
    return new Promise((resolve) => {
      this.#endStep = (end) => {
        process.kill();
        this.calls[step] = (this.calls[step] ?? 0) + process.calls;
        resolve(end);
      };
      const finished = (exit: number): void => {
        if (process.isAlive) this.#endStep({ exit });
      };
      story(this.#world(process)).then(finished, (error: unknown) => {
        if (process.isAlive) this.#sim.witness.report('the action never throws', String(error));
        finished(1);
      });
    });
  }

  #complete(): void {
    const left = this.#machine.endAll();
    if (left > 0 && this.ends.post !== 'killed')
      this.#sim.witness.report('no script is left running', `${left} when ${this.name} ended`);
    this.hasEnded = true;
    this.#sim.hosting.complete(this.id);
    this.#sim.timeline.add(
      `${this.name}/post`,
      `ended: ${endText(this.ends.post, this.outputs)}; the job is over`,
    );
    this.#sim.witness.jobEnded(this);
  }

  #world(process: StepProcess): World {
    const { time, platform, hosting, ledger, witness } = this.#sim;
    const machine = this.#machine;
    const log = logOf(process);
    const clock = { now: () => time.now, sleep: process.sleep.bind(process) };
    return {
      env: this.#env(),
      clock,
      log,
      redactor: OPEN,
      signal: this.#signal.signal,
      saved: {
        read: (name) => this.#saved[name] ?? '',
        write: (name, value) =>
          written(process, `saved.write ${name}`, () => {
            this.#saved[name] = value;
          }),
      },
      memory: {
        read: () => this.#memory,
        write: (text) =>
          written(process, 'memory.write', () => {
            this.#memory = text;
          }),
      },
      setOutput: (name, value) => {
        if (process.isAlive) this.outputs[name] = value;
      },
      writeSummary: () => undefined,
      readFile: (path) => (path.endsWith('event.json') ? EVENT : this.#options.plan),
      findFiles: () => ['.github/gated-release.yml'],
      findDirectory: () => ({ path: '/work' }),
      writeFile: () => null,
      readHead: async () => hosting.find(this.#options.sha),
      endLeftovers: async () => machine.endAll(),
      ports: (options) =>
        simulatedPorts({
          process,
          machine,
          platform,
          hosting,
          ledger,
          time,
          shared: { clock, log, redactor: OPEN },
          ledgerPatienceMs: options.unreachableAfterMs ?? LEDGER_PATIENCE_MS,
          onLedgerWrite: (commit) => witness.ledgerWritten(commit, this),
          onRollbackCommit: (request) => witness.rollbackCommitted(request, this),
          onSwap: (rollback) => witness.dataSwapped(rollback, this),
        }),
    };
  }

  #env(): Record<string, string> {
    const inputs = {
      TOKEN: 'ghs_simulated_token',
      'JOB-ID': this.id,
      'JOB-STATUS': this.isCancelled ? 'cancelled' : this.ends.main ? 'failure' : 'success',
      ...this.#options.inputs,
    };
    return {
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name}`, value])),
      GITHUB_EVENT_NAME: this.#options.event,
      GITHUB_EVENT_PATH: '/temp/event.json',
      GITHUB_SHA: this.#options.sha,
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_SERVER_URL: 'https://github.example',
      GITHUB_WORKSPACE: '/work',
      GITHUB_RUN_ID: this.id,
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_ACTOR: 'alice',
      ...this.#options.env,
    };
  }
}

const EVENT = JSON.stringify({ repository: { default_branch: 'main' } });

const OPEN: Redactor = { redact: (text) => text, add: () => undefined };

/** A file of the runner: written at once, or not at all. */
function written(process: StepProcess, port: string, write: () => void): void {
  if (!process.isAlive) return;
  const { fault } = process.next(port);
  if (fault) process.tell(`${port}  <- ${fault.kind}`);
  if (fault?.kind === 'crash-before') return void process.crash(fault);
  if (fault?.kind === 'error-before') throw new Error('no space left on device (simulated)');
  write();
  if (fault?.kind === 'crash-after') return void process.crash(fault);
  if (fault?.kind === 'error-after') throw new Error('input/output error (simulated)');
}

function logOf(process: StepProcess): Log {
  const say = (level: string) => (line: string) => {
    if (process.isAlive) process.tell(`${level} ${line}`);
  };
  return {
    info: () => undefined,
    warning: say('warns:'),
    error: say('says:'),
    group: (_, work) => work(),
  };
}

function endText(end: StepEnd | undefined, outputs: Readonly<Record<string, string>>): string {
  if (end === 'killed') return 'killed';
  return `exit ${end?.exit}, ${outputs.decision ?? 'no decision'} (${outputs['reason-code'] ?? ''})`;
}
