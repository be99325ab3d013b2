import type { CommitObject } from './objects.js';

type ReadCommit = (oid: string) => Promise<CommitObject | null>;

/**
 * Questions about the graph of commits, answered in this process: a world of the tests asks hundreds, and a git
 * process for each was a third of what the tests cost. Commits never change, so what was read once is kept.
 */
export class History {
  readonly #read: ReadCommit;
  readonly #known = new Map<string, readonly string[]>();

  constructor(read: ReadCommit) {
    this.#read = read;
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return (await this.#reach(descendant)).has(ancestor);
  }

  /** The best common ancestors, as `git merge-base --all`; several where histories crossed. */
  async mergeBases(a: string, b: string): Promise<string[]> {
    const ofB = await this.#reach(b);
    const common = [...(await this.#reach(a))].filter((oid) => ofB.has(oid));
    const below = new Set<string>();
    for (const oid of common) {
      if (below.has(oid)) continue;
      for (const reached of await this.#reach(oid)) if (reached !== oid) below.add(reached);
    }
    return common.filter((oid) => !below.has(oid));
  }

  /** What `head` holds and `base` does not, in no order. */
  async between(base: string, head: string): Promise<Set<string>> {
    const known = await this.#reach(base);
    return new Set([...(await this.#reach(head))].filter((oid) => !known.has(oid)));
  }

  /** The same, oldest first, where it is one line of commits; null where the order is a question for git. */
  async line(base: string, head: string): Promise<string[] | null> {
    const all = await this.between(base, head);
    const line: string[] = [];
    for (let at: string | undefined = head; at !== undefined && all.has(at); ) {
      line.push(at);
      at = (await this.#parents(at)).find((parent) => all.has(parent));
    }
    return line.length === all.size ? line.reverse() : null;
  }

  async #reach(from: string): Promise<Set<string>> {
    const reached = new Set([from]);
    for (const oid of reached) for (const parent of await this.#parents(oid)) reached.add(parent);
    return reached;
  }

  async #parents(oid: string): Promise<readonly string[]> {
    const known = this.#known.get(oid);
    if (known !== undefined) return known;
    const commit = await this.#read(oid);
    // It may be pushed later.
    if (commit === null) return [];
    this.#known.set(oid, commit.parents);
    return commit.parents;
  }
}
