import { createHash } from 'node:crypto';

export interface HostedCommit {
  readonly sha: string;
  readonly parent: string | null;
  readonly message: string;
}

/** The repository on GitHub: one branch, its jobs, and what releases leave there. */
export class Hosting {
  readonly #commits: HostedCommit[] = [];
  readonly #completed = new Set<string>();
  hasDeployment = false;

  constructor() {
    this.commit('First commit');
  }

  get commits(): readonly HostedCommit[] {
    return this.#commits;
  }

  get head(): HostedCommit {
    const head = this.#commits.at(-1);
    if (!head) throw new Error('a repository has a first commit');
    return head;
  }

  commit(message: string): HostedCommit {
    const sha = createHash('sha1').update(`${this.#commits.length} ${message}`).digest('hex');
    const commit = { sha, parent: this.#commits.at(-1)?.sha ?? null, message };
    this.#commits.push(commit);
    return commit;
  }

  find(sha: string): HostedCommit | null {
    return this.#commits.find((commit) => commit.sha === sha) ?? null;
  }

  /** Whether `commit` is `other` or comes after it. */
  contains(commit: string, other: string): boolean {
    const at = this.#index(other);
    return at >= 0 && at <= this.#index(commit);
  }

  /** From after `base` up to `head`, oldest first. */
  between(base: string, head: string): readonly HostedCommit[] {
    return this.#commits.slice(this.#index(base) + 1, this.#index(head) + 1);
  }

  rollbackOf(release: string): HostedCommit | null {
    return this.#commits.find(({ message }) => message.includes(`Gated-Release: ${release}`)) ?? null;
  }

  complete(job: string): void {
    this.#completed.add(job);
  }

  isCompleted(job: string): boolean {
    return this.#completed.has(job);
  }

  #index(sha: string): number {
    return this.#commits.findIndex((commit) => commit.sha === sha);
  }
}
