import { LedgerError, type LedgerStore } from '../github/contract.js';
import type { Clock } from '../host/contract.js';
import { type Current, emptyCurrent, formatCurrent, parseCurrent } from './current.js';
import { EventsInvalid, type RunRef } from './events.js';
import { heldByAnother, LOOK_EVERY_MS, newLease, RENEW_AFTER_MS, renewed, SILENT_AFTER_MS } from './lease.js';
import { asProblem, ReleaseProblem } from './problem.js';

export interface SessionOptions {
  readonly store: LedgerStore;
  readonly clock: Clock;
  /** GitHub's clock, in milliseconds since 1970. */
  readonly serverTime: () => number;
  readonly service: string;
  readonly environment: string;
  readonly owner: string;
  readonly run: RunRef;
  /** A person asked for a new record in the place of one that cannot be read. */
  readonly startsAnew?: boolean;
}

export interface SessionSnapshot {
  readonly head: string | null;
  /** The text of `current.json`. */
  readonly current: string;
}

export interface SessionWrite {
  readonly headline: string;
  readonly files: Readonly<Record<string, string>>;
  /** The files, made anew because the branch was moved meanwhile and the lease is still ours. */
  readonly anew?: () => Promise<Readonly<Record<string, string>>>;
  readonly change?: (current: Current) => Current;
  /** Gives the lease back with this write. */
  readonly release?: boolean;
}

export interface KeepAlive {
  readonly onTrouble: (problem: ReleaseProblem) => void;
  /** Renews by a write that carries more; without it the lease alone is written. */
  readonly renew?: () => Promise<void>;
}

/**
 * One step's hold on the ledger branch: the head it last saw, `current.json`, and the lease. All its writes go one
 * after the other and by compare-and-swap, so each write that succeeds also proves that the lease is still held.
 */
export class LedgerSession {
  readonly #options: SessionOptions;
  readonly #lost = new AbortController();
  readonly #stop = new AbortController();
  #head: string | null = null;
  /** What the branch holds cannot be read, and is written over. */
  #isAnew = false;
  #current: Current;
  #fence: number;
  /** From taking the lease to giving it back. */
  #isHolding: boolean;
  #lastWrite = 0;
  /** When GitHub last told where the branch stands. */
  #lastAnswer: number;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(options: SessionOptions, head: string | null, current: Current) {
    this.#options = options;
    this.#head = head;
    this.#current = current;
    this.#fence = current.lease?.owner === options.owner ? current.lease.fence : 0;
    this.#isHolding = this.#fence > 0;
    this.#lastAnswer = options.serverTime();
  }

  /** Reads the branch. Rejects with a `ReleaseProblem` when it cannot be read or holds what cannot be. */
  static async open(options: SessionOptions): Promise<LedgerSession> {
    const snapshot = await explained(() => options.store.read());
    const { service, environment, startsAnew = false } = options;
    try {
      return new LedgerSession(options, snapshot.head, recordIn(options, snapshot));
    } catch (error) {
      if (!startsAnew || asProblem(error).reason !== 'ledger-invalid') throw error;
      const session = new LedgerSession(options, snapshot.head, emptyCurrent(service, environment));
      session.#isAnew = true;
      return session;
    }
  }

  /**
   * Goes on from what an earlier process of the same step remembered, without asking GitHub. Safe because each
   * write is a compare-and-swap: what changed meanwhile is found out by the first one.
   */
  static resume(options: SessionOptions, remembered: SessionSnapshot): LedgerSession {
    const current = parsed(() => parseCurrent(remembered.current, options.service, options.environment));
    return new LedgerSession(options, remembered.head, current);
  }

  snapshot(): SessionSnapshot {
    return { head: this.#head, current: formatCurrent(this.#current) };
  }

  /** Whether there is a record to go on from. */
  get exists(): boolean {
    return this.#head !== null && !this.#isAnew;
  }

  get current(): Current {
    return this.#current;
  }

  get owner(): string {
    return this.#options.owner;
  }

  /** The number that came with this owner's lease, and no later one; 0 before there is one. */
  get fence(): number {
    return this.#fence;
  }

  get run(): RunRef {
    return this.#options.run;
  }

  /** Aborted once it is known that another owner holds the lease. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Aborted, with a `ReleaseProblem` as its reason, once a person asked the release in flight to stop. */
  get stopRequested(): AbortSignal {
    return this.#stop.signal;
  }

  get holds(): boolean {
    return this.#current.lease?.owner === this.owner && !this.#lost.signal.aborted;
  }

  /** Until when this step may act without hearing from the ledger, in milliseconds since 1970. */
  get heldUntil(): number {
    return this.holds ? Date.parse(this.#current.lease?.expires ?? '') : 0;
  }

  now(): number {
    return this.#options.serverTime();
  }

  /** The lease of another owner that is in the way, if any. */
  busy() {
    return heldByAnother(this.#current, this.owner, this.now());
  }

  async readFile(path: string): Promise<string | null> {
    const head = this.#head;
    return head === null ? null : explained(() => this.#options.store.readFile(head, path));
  }

  /** Takes the lease with the first write. The caller has seen that nobody else's is in the way. */
  async acquire(write: SessionWrite & { readonly fence: number }): Promise<void> {
    const lease = newLease({
      owner: this.owner,
      fence: write.fence,
      run: this.#options.run,
      now: this.now(),
    });
    // A person who asked an earlier release to stop did not mean this one.
    const taken = { ...this.#current, fence: write.fence, lease, stop_requested: null, parked: null };
    const next = write.change ? write.change(taken) : taken;
    await this.#enqueue(() => this.#put(write, next));
    this.#fence = write.fence;
    this.#isHolding = true;
  }

  /** Writes and renews the lease. Rejects with a `ReleaseProblem`; `lease-lost` when another owner holds it. */
  async write(write: SessionWrite): Promise<void> {
    await this.#enqueue(async () => {
      let { files } = write;
      for (let attempt = 1; ; attempt++) {
        this.#mustHold();
        try {
          return await this.#put({ ...write, files }, this.#next(write));
        } catch (error) {
          if (!(error instanceof ReleaseProblem) || error.reason !== 'busy' || attempt >= 3) throw error;
          // Someone moved the branch. If the lease is still ours it was no release (an edit by hand): go on from there.
          await this.#reread();
          if (write.anew) files = await write.anew();
        }
      }
    });
  }

  /** Asks the owner of the lease to stop that release; written without holding the lease. */
  async requestStop(request: {
    readonly release: string;
    readonly by: string;
    readonly reason: string;
  }): Promise<void> {
    const { release, by, reason } = request;
    const at = new Date(this.now()).toISOString();
    await this.#enqueue(async () => {
      // Once it has ended, the request would meet whatever is released next.
      // Somebody who asked before is as good.
      for (let attempt = 1; this.#current.release === release && !this.#current.stop_requested; attempt++) {
        const stop_requested = { by, reason, url: this.#options.run.url, at };
        try {
          const headline = `stop requested (${this.owner.slice(0, 8)})`;
          return await this.#put({ headline, files: {} }, { ...this.#current, stop_requested });
        } catch (error) {
          if (!(error instanceof ReleaseProblem) || error.reason !== 'busy' || attempt >= 5) throw error;
          await this.refresh();
        }
      }
    });
  }

  /** Reads where the branch stands now. */
  async refresh(): Promise<void> {
    const { store, service, environment } = this.#options;
    const snapshot = await explained(() => store.read());
    this.#lastAnswer = this.now();
    if (snapshot.head === this.#head) return;
    this.#current = parsed(() => parseCurrent(snapshot.current ?? '', service, environment));
    this.#head = snapshot.head;
    const asked = this.#current.stop_requested;
    if (asked && this.holds) {
      this.#stop.abort(
        new ReleaseProblem('rollback-asked', `${asked.by} asked for it: ${asked.reason} (${asked.url})`),
      );
    }
  }

  /**
   * Looks after the lease in the background until `signal` aborts or the lease is lost: renews it, looks whether
   * somebody asked to stop, and tells when GitHub has been silent for too long. Never rejects.
   */
  async keepAlive(signal: AbortSignal, care: KeepAlive): Promise<void> {
    const over = AbortSignal.any([signal, this.#lost.signal]);
    await Promise.all([this.#renewOrLook(over, care), this.#noticeSilence(over, care)]);
  }

  async #renewOrLook(over: AbortSignal, { onTrouble, renew }: KeepAlive): Promise<void> {
    while (!over.aborted) {
      await this.#options.clock.sleep(LOOK_EVERY_MS, over);
      if (over.aborted || !this.#isHolding) return;
      try {
        if (this.now() - this.#lastWrite < RENEW_AFTER_MS) await this.#enqueue(() => this.#look());
        else await (renew ? renew() : this.write({ headline: 'lease renewed', files: {} }));
      } catch (error) {
        // Given back by its own owner meanwhile, which is no trouble.
        if (this.#isHolding) onTrouble(asProblem(error));
      }
    }
  }

  /** A look or a write may itself wait for minutes, so that this is a watch of its own. */
  async #noticeSilence(over: AbortSignal, { onTrouble }: KeepAlive): Promise<void> {
    while (!over.aborted) {
      await this.#options.clock.sleep(LOOK_EVERY_MS, over);
      const silentMs = this.now() - this.#lastAnswer;
      if (!this.#isHolding) return;
      if (over.aborted || silentMs < SILENT_AFTER_MS) continue;
      const minutes = Math.floor(silentMs / 60_000);
      return onTrouble(
        new ReleaseProblem('ledger-unreachable', `GitHub did not answer for ${minutes} minutes`, {
          verdict: 'errored',
        }),
      );
    }
  }

  #next(write: SessionWrite): Current {
    const { lease } = this.#current;
    const held = write.release
      ? { ...this.#current, lease: null, stop_requested: null }
      : { ...this.#current, lease: lease && renewed(lease, this.now()) };
    return write.change ? write.change(held) : held;
  }

  async #put(write: SessionWrite, next: Current): Promise<void> {
    const { store, service, environment } = this.#options;
    const head = await explained(() =>
      store.write({
        expectedHead: this.#head,
        message: `${service}/${environment}: ${write.headline}`,
        files: { ...write.files, 'current.json': formatCurrent(next) },
      }),
    );
    this.#head = head;
    this.#current = next;
    if (write.release) this.#isHolding = false;
    this.#lastWrite = this.now();
    this.#lastAnswer = this.#lastWrite;
  }

  async #reread(): Promise<void> {
    await this.refresh();
    this.#mustHold();
  }

  /** A look that GitHub does not answer says nothing about the lease: the writes find out. */
  async #look(): Promise<void> {
    try {
      await this.#reread();
    } catch (error) {
      if (error instanceof ReleaseProblem && error.reason === 'ledger-unreachable') return;
      throw error;
    }
  }

  #mustHold(): void {
    if (this.#current.lease?.owner === this.owner) return;
    // What its owner gave back is not lost: the same session may take the lease for another release.
    if (this.#isHolding) this.#lost.abort();
    const holder = this.#current.lease;
    throw new ReleaseProblem(
      'lease-lost',
      holder
        ? `the lease on ${this.#options.service}/${this.#options.environment} now belongs to ${holder.run.url}`
        : 'the lease was given back or removed by someone else',
    );
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(work, work);
    this.#queue = next.catch(() => undefined);
    return next;
  }
}

/** Throws `ledger-invalid`. */
function recordIn(
  { store, service, environment }: SessionOptions,
  { head, current }: { readonly head: string | null; readonly current: string | null },
): Current {
  if (head === null) return emptyCurrent(service, environment);
  // A file without a byte is no record either, and least of all a new one.
  if (current !== null) return parsed(() => parseCurrent(current, service, environment));
  throw new ReleaseProblem(
    'ledger-invalid',
    `the branch ${store.branch} has no current.json: it is not a ledger, or someone removed the file`,
  );
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof EventsInvalid)
      throw new ReleaseProblem('ledger-invalid', error.message, { cause: error });
    throw error;
  }
}

const REASON_OF = {
  conflict: 'busy',
  refused: 'ledger-refused',
  forbidden: 'permission-missing',
  unreachable: 'ledger-unreachable',
  invalid: 'ledger-invalid',
} as const;

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LedgerError) {
      throw new ReleaseProblem(REASON_OF[error.kind], error.message, { cause: error });
    }
    throw error;
  }
}
