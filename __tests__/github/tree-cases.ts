import fc from 'fast-check';
import { blobId, TREE, treeId } from '../../src/github/git-ids.js';
import type { Entry, Listing } from '../../src/github/merge.js';
import type { TreeEntry } from '../../src/github/objects.js';

const NAMES = ['a', 'b', 'a.x'];

/** Id → content of every blob that was drawn. */
export type Blobs = Map<string, Buffer>;

/** What both sides start from and what each made of it. */
export interface TreeCase {
  readonly base: Listing;
  readonly ours: Listing;
  readonly theirs: Listing;
  readonly blobs: Blobs;
}

export type Lines = readonly string[];

interface Splice {
  /** Where, as a share of the file. */
  readonly at: number;
  readonly gone: number;
  readonly put: Lines;
}

type Edit = { readonly path: string } & (
  | { readonly kind: 'put'; readonly mode: string; readonly lines: Lines; readonly bytes: Bytes }
  | { readonly kind: 'change'; readonly splices: readonly Splice[]; readonly bytes: Bytes }
  | { readonly kind: 'mode'; readonly mode: string }
  | { readonly kind: 'module'; readonly version: number }
  | { readonly kind: 'gone' }
);

/** How lines are written down. */
type Bytes = 'lf' | 'crlf' | 'no-end' | 'binary';

const bytes: fc.Arbitrary<Bytes> = fc.oneof(
  { weight: 12, arbitrary: fc.constant('lf' as const) },
  { weight: 1, arbitrary: fc.constantFrom('crlf', 'no-end', 'binary') },
);
/** Few different lines make alignments ambiguous, many make them plain. */
const line = (different: number) => fc.integer({ min: 1, max: different }).map((n) => `line ${n}`);
const lines = (maxLength: number) =>
  fc.constantFrom(2, 3, 6, 500).chain((different) => fc.array(line(different), { maxLength, size: 'max' }));
const splice = fc.record({
  at: fc.noBias(fc.integer({ min: 0, max: 999 })).map((n) => n / 1000),
  gone: fc.integer({ min: 0, max: 4 }),
  put: lines(3),
});
const mode = fc.oneof(
  { weight: 6, arbitrary: fc.constant('100644') },
  { weight: 1, arbitrary: fc.constantFrom('100755', '120000') },
);

// Few names and three levels, so that files and directories of one name meet often. `a.x` sorts between `a` and `a/`.
const path = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .map((names) => names.join('/'));

const put = fc.record({ path, kind: fc.constant('put' as const), mode, lines: lines(25), bytes });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: put },
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ path, kind: fc.constant('change' as const), bytes },
      splices: fc.array(splice, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ path, kind: fc.constant('mode' as const), mode }) },
  {
    weight: 1,
    arbitrary: fc.record({
      path,
      kind: fc.constant('module' as const),
      version: fc.nat(2),
    }),
  },
  { weight: 2, arbitrary: fc.record({ path, kind: fc.constant('gone' as const) }) },
);

/** Two changes that start from one tree. */
export const treeCase: fc.Arbitrary<TreeCase> = fc
  .record({
    salt: fc.noBias(fc.nat()),
    base: fc.array(fc.oneof({ weight: 6, arbitrary: put }, { weight: 1, arbitrary: edit }), { maxLength: 8 }),
    ours: fc.array(edit, { maxLength: 5 }),
    theirs: fc.array(edit, { maxLength: 5 }),
  })
  .map((drawn) => {
    const blobs: Blobs = new Map();
    const work = { blobs, salt: drawn.salt };
    const base = edited({ ...work, listing: new Map(), edits: drawn.base });
    return {
      base,
      ours: edited({ ...work, listing: base, edits: drawn.ours }),
      theirs: edited({ ...work, listing: base, edits: drawn.theirs }),
      blobs,
    };
  });

/** The three versions of one file. */
export const fileCase = (maxLength: number): fc.Arbitrary<{ base: Buffer; ours: Buffer; theirs: Buffer }> =>
  fc
    .record({
      base: lines(maxLength),
      ours: fc.array(splice, { minLength: 1, maxLength: 2 }),
      theirs: fc.array(splice, { minLength: 1, maxLength: 2 }),
    })
    .map(({ base, ours, theirs }) => ({
      base: written(base, 'lf'),
      ours: written(spliced(base, ours), 'lf'),
      theirs: written(spliced(base, theirs), 'lf'),
    }));

interface Work {
  readonly listing: Listing;
  readonly edits: readonly Edit[];
  readonly blobs: Blobs;
  /** Of the case. Lines differ from those of any other path and case, or git would find renames. */
  readonly salt: number;
}

function edited(work: Work): Map<string, Entry> {
  const result = new Map(work.listing);
  for (const change of work.edits) {
    const entry = entryAfter(change, result.get(change.path), work);
    if (entry === undefined) continue;
    // It makes way for itself, as in a working copy.
    for (const other of [...result.keys()]) {
      const isInTheWay = other.startsWith(`${change.path}/`) || change.path.startsWith(`${other}/`);
      if (other === change.path || isInTheWay) result.delete(other);
    }
    if (entry !== null) result.set(change.path, entry);
  }
  return result;
}

/** null: nothing stands there any more; undefined: the edit does not apply. */
function entryAfter(change: Edit, before: Entry | undefined, work: Work): Entry | null | undefined {
  const { blobs } = work;
  const own = (lines: Lines) => lines.map((text) => `${text} of ${change.path} ${work.salt}`);
  switch (change.kind) {
    case 'gone':
      return null;
    case 'module':
      return { mode: '160000', sha: blobId(Buffer.from(`${change.path} ${work.salt} ${change.version}`)) };
    case 'put':
      return { mode: change.mode, sha: kept(blobs, written(own(change.lines), change.bytes)) };
    case 'mode':
      return before === undefined || before.mode === '160000' ? undefined : { ...before, mode: change.mode };
    case 'change': {
      const content = blobs.get(before?.sha ?? '');
      if (before === undefined || content === undefined) return undefined;
      const splices = change.splices.map((each) => ({ ...each, put: own(each.put) }));
      const after = spliced(content.toString('latin1').split(/\r?\n/).slice(0, -1), splices);
      return { ...before, sha: kept(blobs, written(after, change.bytes)) };
    }
  }
}

function spliced(before: Lines, splices: readonly Splice[]): Lines {
  const result = [...before];
  for (const { at, gone, put: lines } of splices) {
    result.splice(Math.floor(at * (result.length + 1)), gone, ...lines);
  }
  return result;
}

function written(content: Lines, how: Bytes): Buffer {
  const end = how === 'crlf' ? '\r\n' : '\n';
  const text = content.map((each) => each + end).join('');
  if (how === 'no-end') return Buffer.from(text.slice(0, -1));
  return Buffer.from(how === 'binary' && text !== '' ? `${text}\0\n` : text);
}

function kept(blobs: Blobs, content: Buffer): string {
  const id = blobId(content);
  blobs.set(id, content);
  return id;
}

/** The id of the tree that a listing describes; `keep` is handed each tree on the way. */
export function listingId(
  listing: Listing,
  keep: (id: string, entries: readonly TreeEntry[]) => void = () => {},
): string {
  const entries: TreeEntry[] = [];
  const below = new Map<string, Map<string, Entry>>();
  for (const [full, value] of listing) {
    const [name = '', ...rest] = full.split('/');
    if (rest.length === 0) entries.push({ name, ...value });
    else below.set(name, (below.get(name) ?? new Map()).set(rest.join('/'), value));
  }
  for (const [name, part] of below) entries.push({ name, mode: TREE, sha: listingId(part, keep) });
  const id = treeId(entries);
  keep(id, entries);
  return id;
}
