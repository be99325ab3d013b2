import { LedgerError, type LedgerStore } from '../../src/github/contract.js';
import type { Clock, Redactor } from '../../src/host/contract.js';
import { LedgerSession } from '../../src/release/session.js';

/** A ledger branch in memory with a true compare-and-swap, and a clock that the test moves. */
export class MemoryLedger implements LedgerStore {
  readonly branch = 'gated-release/shop/production';
  readonly url = 'https://github.example/acme/shop/tree/gated-release/shop/production';
  readonly messages: string[] = [];
  now = Date.parse('2026-03-01T10:00:00.000Z');
  /** Thrown by the next write instead of writing. */
  trouble: LedgerError | null = null;
  /** How long the next writes take, in milliseconds. */
  slow: number[] = [];
  #commits: Readonly<Record<string, string>>[] = [];

  get head(): string | null {
    return this.#commits.length === 0 ? null : String(this.#commits.length);
  }

  async read() {
    return { head: this.head, current: this.file('current.json') };
  }

  async readFile(_head: string, path: string) {
    return this.file(path);
  }

  async write(change: Parameters<LedgerStore['write']>[0]): Promise<string> {
    await Promise.resolve();
    this.now += this.slow.shift() ?? 0;
    if (this.trouble) {
      const { trouble } = this;
      this.trouble = null;
      throw trouble;
    }
    if (change.expectedHead !== this.head) throw new LedgerError('conflict', `the head is ${this.head}`);
    this.#commits.push({ ...this.#commits.at(-1), ...change.files });
    this.messages.push(change.message);
    return String(this.#commits.length);
  }

  file(path: string): string | null {
    return this.#commits.at(-1)?.[path] ?? null;
  }

  /** A commit by a hand that is not ours. */
  edit(files: Readonly<Record<string, string>>): void {
    this.#commits.push({ ...this.#commits.at(-1), ...files });
  }

  clock(): Clock {
    return {
      now: () => this.now,
      sleep: async (ms) => {
        this.now += ms;
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
  }

  session(owner: string, options: { readonly startsAnew?: boolean } = {}): Promise<LedgerSession> {
    return LedgerSession.open({
      ...options,
      store: this,
      clock: this.clock(),
      serverTime: () => this.now,
      service: 'shop',
      environment: 'production',
      owner,
      run: { id: '7', attempt: '1', job: '70', url: `https://github.example/runs/${owner}` },
    });
  }
}

export const openRedactor: Redactor = {
  redact: (text) => text.replaceAll('hunter2', '***'),
  add: () => undefined,
};
