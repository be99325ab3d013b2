import { differences, type FileDifference } from './diff.js';
import { editTree, type TreeChange } from './edit-tree.js';
import { History } from './history.js';
import {
  type CommitObject,
  formatCommit,
  formatTag,
  formatTree,
  isTree,
  parseCommit,
  parseTag,
  parseTree,
  type TagObject,
  type TreeEntry,
  writeObject,
} from './objects.js';
import { gitOutput, runGit } from './process.js';
import { type ObjectInfo, ObjectReader, type ObjectType } from './reader.js';
import { changeReferences, type ReferenceChange } from './references.js';

export interface Reference {
  readonly name: string;
  readonly oid: string;
  readonly type: ObjectType;
}

/** A bare repository: objects, references and questions about history. */
export class GitStore {
  readonly path: string;
  readonly #reader: ObjectReader;
  readonly #history = new History((oid) => this.commit(oid));
  readonly #differences = new Map<string, Promise<FileDifference[]>>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
    this.#reader = new ObjectReader(path);
  }

  stop(): Promise<void> {
    return this.#reader.stop();
  }

  /** Runs one step at a time: what it reads of the references cannot change through this server until it ends. */
  exclusive<Result>(step: () => Promise<Result>): Promise<Result> {
    const run = this.#tail.then(step, step);
    this.#tail = run.catch(() => {});
    return run;
  }

  info(revision: string): Promise<ObjectInfo | null> {
    return this.#reader.info(revision);
  }

  async reference(name: string): Promise<Reference | null> {
    const info = await this.#reader.info(name);
    return info === null ? null : { name, oid: info.oid, type: info.type };
  }

  async references(prefix: string): Promise<Reference[]> {
    const format = '--format=%(objectname) %(objecttype) %(refname)';
    const text = await gitOutput(this.path, ['for-each-ref', format]);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [oid = '', type = '', ...name] = line.split(' ');
        return { oid, type: type as ObjectType, name: name.join(' ') };
      })
      .filter(({ name }) => name.startsWith(prefix));
  }

  /** Rejects with `ReferenceConflict`; changes all or nothing. */
  change(changes: readonly ReferenceChange[]): Promise<void> {
    return changeReferences(this.path, changes);
  }

  /** The commit that an id, a full reference, a branch or a tag names, in this order; null when there is none. */
  async commitId(revision: string): Promise<string | null> {
    const whole = /^([0-9a-f]{7,40}|HEAD|refs\/.+)$/.test(revision) ? [revision] : [];
    for (const name of [...whole, `refs/heads/${revision}`, `refs/tags/${revision}`]) {
      const found = await this.#reader.info(`${name}^{commit}`);
      if (found !== null) return found.oid;
    }
    return null;
  }

  async commit(oid: string): Promise<CommitObject | null> {
    const object = await this.#reader.read(oid);
    return object?.type === 'commit' ? parseCommit(object.data) : null;
  }

  async tag(oid: string): Promise<TagObject | null> {
    const object = await this.#reader.read(oid);
    return object?.type === 'tag' ? parseTag(object.data) : null;
  }

  async tree(oid: string): Promise<TreeEntry[] | null> {
    const object = await this.#reader.read(oid);
    return object?.type === 'tree' ? parseTree(object.data) : null;
  }

  async blob(oid: string): Promise<Buffer | null> {
    const object = await this.#reader.read(oid);
    return object?.type === 'blob' ? object.data : null;
  }

  /** Every entry below a tree, each with its whole path; directories before what they hold. */
  async treeRecursive(oid: string, prefix = ''): Promise<TreeEntry[]> {
    const all: TreeEntry[] = [];
    for (const entry of (await this.tree(oid)) ?? []) {
      const path = prefix + entry.name;
      all.push({ ...entry, name: path });
      if (isTree(entry)) all.push(...(await this.treeRecursive(entry.oid, `${path}/`)));
    }
    return all;
  }

  writeBlob(data: Buffer): string {
    return writeObject(this.path, 'blob', data);
  }

  writeCommit(commit: Omit<CommitObject, 'signature'>): string {
    return writeObject(this.path, 'commit', formatCommit(commit));
  }

  writeTag(tag: TagObject): string {
    return writeObject(this.path, 'tag', formatTag(tag));
  }

  /** Rejects with `MissingPath`. */
  editTree(base: string | null, changes: readonly TreeChange[]): Promise<string> {
    const access = {
      read: async (oid: string) => (await this.tree(oid)) ?? [],
      write: (entries: readonly TreeEntry[]) => writeObject(this.path, 'tree', formatTree(entries)),
    };
    return editTree(access, base, changes);
  }

  isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return this.#history.isAncestor(ancestor, descendant);
  }

  /** The best common ancestor; the one that git names first where there are several. */
  async mergeBase(a: string, b: string): Promise<string | null> {
    const bases = await this.#history.mergeBases(a, b);
    if (bases.length <= 1) return bases[0] ?? null;
    return (await gitOutput(this.path, ['merge-base', a, b])).trim();
  }

  /** The commits of `head` that `base` does not have, oldest first. */
  async ahead(base: string, head: string): Promise<string[]> {
    const line = await this.#history.line(base, head);
    return line ?? this.revisions('--reverse', '--topo-order', `${base}..${head}`);
  }

  /** How many commits of `head` `base` does not have. */
  async countAhead(base: string, head: string): Promise<number> {
    return (await this.#history.between(base, head)).size;
  }

  /** The files that differ between two commits, by path. A base of null means an empty one. */
  differences(base: string | null, head: string): Promise<FileDifference[]> {
    const key = `${base}..${head}`;
    const known = this.#differences.get(key);
    if (known !== undefined) return known;
    const asked = differences(this.path, base, head);
    this.#differences.set(key, asked);
    return asked;
  }

  async revisions(...args: string[]): Promise<string[]> {
    return (await gitOutput(this.path, ['rev-list', ...args])).split('\n').filter((line) => line !== '');
  }

  /** The tree of a merge of two commits; null when they conflict. */
  async merge(ours: string, theirs: string): Promise<string | null> {
    const { code, stdout } = await runGit(this.path, ['merge-tree', '--write-tree', ours, theirs]);
    return code === 0 ? stdout.toString().trim() : null;
  }
}
