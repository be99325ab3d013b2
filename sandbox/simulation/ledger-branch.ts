import { createHash } from 'node:crypto';

export interface LedgerCommit {
  readonly id: string;
  readonly message: string;
  readonly files: Readonly<Record<string, string>>;
  /** Paths that this commit wrote. */
  readonly wrote: readonly string[];
}

/** The ledger branch as GitHub keeps it: commits, and a compare-and-swap on the head. */
export class LedgerBranch {
  readonly #commits: LedgerCommit[] = [];

  get head(): LedgerCommit | null {
    return this.#commits.at(-1) ?? null;
  }

  get commits(): readonly LedgerCommit[] {
    return this.#commits;
  }

  at(id: string): LedgerCommit | null {
    return this.#commits.find((commit) => commit.id === id) ?? null;
  }

  /** The new head, or null when `expected` is not the head. */
  swap(
    expected: string | null,
    change: { readonly message: string; readonly files: Readonly<Record<string, string>> },
  ): LedgerCommit | null {
    const { head } = this;
    if ((head?.id ?? null) !== expected) return null;
    const id = createHash('sha1').update(`${this.#commits.length} ${expected}`).digest('hex');
    const files = { ...head?.files, ...change.files };
    const commit = { id, message: change.message, files, wrote: Object.keys(change.files) };
    this.#commits.push(commit);
    return commit;
  }
}
