import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Entry, Listing } from '../../src/github/merge.js';

const NAMES = ['a', 'b', 'a.x'];
const VARIANTS = [0, 1, 2];
const SUBMODULES = ['1'.repeat(40), '2'.repeat(40)];

export function gitId(type: 'blob' | 'tree', body: Buffer): string {
  return createHash('sha1').update(`${type} ${body.length}\0`).update(body).digest('hex');
}

/** Unlike at any other path, since git would take a file that turns up elsewhere for a rename. */
export function contentAt(path: string, variant: number): string {
  return `${createHash('sha256').update(`${path} ${variant}`).digest('hex')}\n`;
}

function entryAt(path: string): fc.Arbitrary<Entry> {
  const file = fc.constantFrom(
    ...VARIANTS.map((variant) => gitId('blob', Buffer.from(contentAt(path, variant)))),
  );
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ mode: fc.constant('100644'), sha: file }) },
    { weight: 1, arbitrary: fc.record({ mode: fc.constantFrom('100755', '120000'), sha: file }) },
    { weight: 1, arbitrary: fc.record({ mode: fc.constant('160000'), sha: fc.constantFrom(...SUBMODULES) }) },
  );
}

// Few names and three levels, so that files and directories of one name meet often. `a.x` sorts between `a` and `a/`.
const path = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .map((names) => names.join('/'));

/** Every content that a case may name. */
export function allContents(): readonly string[] {
  const one = NAMES;
  const two = one.flatMap((name) => NAMES.map((next) => `${name}/${next}`));
  const three = two.flatMap((name) => NAMES.map((next) => `${name}/${next}`));
  return [...one, ...two, ...three].flatMap((full) => VARIANTS.map((variant) => contentAt(full, variant)));
}

interface Edit {
  readonly path: string;
  readonly entry: Entry | null;
}

const edit: fc.Arbitrary<Edit> = path.chain((at) =>
  fc.record({ path: fc.constant(at), entry: fc.option(entryAt(at), { freq: 3 }) }),
);
const edits = (maxLength: number) => fc.array(edit, { maxLength });

/** A listing with edits on top; an edit makes way for itself, as in a working copy. */
function edited(listing: Listing, changes: readonly Edit[]): Map<string, Entry> {
  const result = new Map(listing);
  for (const change of changes) {
    for (const other of [...result.keys()]) {
      const isInTheWay = other.startsWith(`${change.path}/`) || change.path.startsWith(`${other}/`);
      if (other === change.path || isInTheWay) result.delete(other);
    }
    if (change.entry !== null) result.set(change.path, change.entry);
  }
  return result;
}

export interface TreeCase {
  readonly base: Listing;
  readonly ours: Listing;
  readonly theirs: Listing;
}

/** Two histories that start from one tree. */
export const treeCase: fc.Arbitrary<TreeCase> = fc
  .record({ base: edits(10), ours: edits(4), theirs: edits(4) })
  .map((drawn) => {
    const base = edited(new Map(), drawn.base);
    return { base, ours: edited(base, drawn.ours), theirs: edited(base, drawn.theirs) };
  });

interface Node {
  readonly name: string;
  readonly mode: string;
  readonly sha: string;
}

/** Git's id of the tree that a listing describes; `keep` is handed each tree on the way. */
export function treeId(
  listing: Listing,
  keep: (id: string, nodes: readonly Node[]) => void = () => {},
): string {
  const nodes: Node[] = [];
  const below = new Map<string, Map<string, Entry>>();
  for (const [full, value] of listing) {
    const [name = '', ...rest] = full.split('/');
    if (rest.length === 0) nodes.push({ name, ...value });
    else below.set(name, (below.get(name) ?? new Map()).set(rest.join('/'), value));
  }
  for (const [name, part] of below) nodes.push({ name, mode: '040000', sha: treeId(part, keep) });
  nodes.sort((a, b) => (sortName(a) < sortName(b) ? -1 : 1));
  const lines = nodes.map(({ name, mode, sha }) =>
    Buffer.concat([Buffer.from(`${mode.replace(/^0/, '')} ${name}\0`), Buffer.from(sha, 'hex')]),
  );
  const id = gitId('tree', Buffer.concat(lines));
  keep(id, nodes);
  return id;
}

/** Git sorts a directory as if its name ended in a slash. */
function sortName({ name, mode }: Node): string {
  return mode === '040000' ? `${name}/` : name;
}
