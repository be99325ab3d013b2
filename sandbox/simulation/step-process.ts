import type { Fault, Faults } from './fault.js';
import type { Random } from './random.js';
import type { VirtualTime } from './time.js';
import type { Timeline } from './timeline.js';

/** A call of one port: what it does when it arrives, and what its caller is told when it fails. */
export interface Call<T> {
  readonly port: string;
  /** For people: `production: started`. */
  readonly about?: string;
  readonly work: () => T;
  /** Throws, or gives the outcome that the port's contract has for a failure. */
  readonly fail: () => T;
  /** How long the port waits for an answer. */
  readonly patienceMs: number;
  /** Whether the call goes over the network to GitHub. */
  readonly isRemote?: boolean;
}

export interface StepProcessOptions {
  /** `A/main` */
  readonly name: string;
  /** `main` or `post` */
  readonly step: string;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly faults: Faults;
  /** The process died by a fault; `withRunner`: and its runner with it. */
  readonly onCrash: (withRunner: boolean) => void;
}

const NEVER = new Promise<never>(() => undefined);

/**
 * The process of one step. All that it does outside of itself goes through `call`, in which it can be lost at any
 * moment: a dead process gets no more answers and does nothing more.
 */
export class StepProcess {
  readonly name: string;
  readonly #options: StepProcessOptions;
  #calls = 0;
  #isAlive = true;
  /** From then on waits for GitHub are cut short: the step is about to be ended. */
  #lastWordsAt = Number.POSITIVE_INFINITY;
  /** GitHub cannot be reached until then. */
  #isolatedUntil = 0;

  constructor(options: StepProcessOptions) {
    this.#options = options;
    this.name = options.name;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** How many calls it has made so far. */
  get calls(): number {
    return this.#calls;
  }

  get isIsolated(): boolean {
    return this.#options.time.now < this.#isolatedUntil;
  }

  kill(): void {
    this.#isAlive = false;
  }

  isolate(forMs: number): void {
    this.#isolatedUntil = this.#options.time.now + forMs;
  }

  hurry(withinMs: number): void {
    this.#lastWordsAt = this.#options.time.now + withinMs;
  }

  tell(what: string): void {
    this.#options.timeline.add(this.name, what);
  }

  /** The fault of the next call, for ports that carry it out themselves. */
  next(port: string): { readonly number: number; readonly fault: Fault | null } {
    const number = this.#calls++;
    return { number, fault: this.#options.faults({ step: this.#options.step, number, port }) };
  }

  /** Never ends for a process that has died. */
  async stillAlive(): Promise<void> {
    if (!this.#isAlive) await NEVER;
  }

  async call<T>(call: Call<T>): Promise<T> {
    await this.stillAlive();
    const { number, fault } = this.next(call.port);
    const said = `#${number} ${call.port}${call.about ? ` ${call.about}` : ''}`;
    if (fault) this.tell(`${said}  <- ${fault.kind}${fault.withRunner ? ' of the runner' : ''}`);
    if (fault?.kind === 'crash-before') return this.crash(fault);
    await this.pause(5, 250);
    if (call.isRemote && this.#options.time.now < this.#isolatedUntil) return this.#unanswered(call, said);
    if (fault?.kind === 'hang') return this.#unanswered(call, said);
    if (fault?.kind === 'error-before') return this.#failed(call, said);
    const value = this.#carryOut(call, said);
    if (fault?.kind === 'duplicate') this.#again(call);
    if (fault?.kind === 'crash-after') return this.crash(fault);
    await this.pause(5, 250);
    if (fault?.kind === 'error-after') return this.#failed(call, said);
    return value;
  }

  /** Latency; never ends for a process that died meanwhile. */
  async pause(least: number, most: number): Promise<void> {
    const { time, random } = this.#options;
    await time.sleep(random.between(least, most));
    await this.stillAlive();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.stillAlive();
    await this.#options.time.sleep(ms, signal);
    await this.stillAlive();
  }

  crash(fault: Fault): Promise<never> {
    this.#isAlive = false;
    this.#options.onCrash(fault.withRunner ?? false);
    return NEVER;
  }

  #carryOut<T>(call: Call<T>, said: string): T {
    try {
      const value = call.work();
      this.tell(said);
      return value;
    } catch (error) {
      this.tell(`${said}: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  #again<T>(call: Call<T>): void {
    try {
      call.work();
    } catch {
      // The second delivery has nobody who waits for its answer.
    }
  }

  #failed<T>(call: Call<T>, said: string): T {
    this.tell(`${said}: its caller is told that it failed`);
    return call.fail();
  }

  async #unanswered<T>(call: Call<T>, said: string): Promise<T> {
    const { time } = this.#options;
    const cut = call.isRemote ? this.#lastWordsAt - time.now : Number.POSITIVE_INFINITY;
    await this.sleep(Math.max(0, Math.min(call.patienceMs, cut)));
    return this.#failed(call, said);
  }
}
