import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { listDifferences } from '../../src/github/differences.js';
import { blobId } from '../../src/github/git-ids.js';
import { type Entry, type Listing, type Merge, mergeListings } from '../../src/github/merge.js';
import { mergeFiles } from '../../src/github/merge-files.js';
import type { TreeEntry } from '../../src/github/objects.js';
import { type GitMerges, gitMerges } from './git-merges.js';
import { fileCase, listingId, type TreeCase, treeCase } from './tree-cases.js';

const HISTORIES = 2_000;
const AT_ONCE = 500;
const EMPTY = listingId(new Map());

let git: GitMerges;

beforeAll(() => {
  git = gitMerges();
});

afterAll(() => git.remove());

/** The merged tree, or `conflict`. */
function merged(sides: TreeCase): string {
  const { merge } = mergeFiles(mergeListings({ ...sides, scope: () => 'free' }), sides.blobs);
  return merge.conflicts.length > 0 ? 'conflict' : resultOf(sides.ours, merge);
}

function resultOf(ours: Listing, merge: Merge): string {
  const id = listingId(applied(ours, merge));
  return id === EMPTY ? 'empty' : id;
}

/** Compares many at once, and where they differ, shows the smallest case that does. */
function sameAsGit(cases: fc.Arbitrary<TreeCase>, numRuns: number): Map<string, number> {
  const seed = Date.now() % 2 ** 31;
  const sample = fc.sample(cases, { numRuns, seed });
  const kinds = new Map<string, number>();
  for (let from = 0; from < sample.length; from += AT_ONCE) {
    const part = sample.slice(from, from + AT_ONCE);
    const mine = part.map(merged);
    const theirs = git.merge(part);
    for (const kind of mine) kinds.set(kind.slice(0, 8), (kinds.get(kind.slice(0, 8)) ?? 0) + 1);
    const wrong = mine.findIndex((result, index) => result !== theirs[index]);
    if (wrong < 0) continue;
    const property = fc.property(cases, (sides) => {
      expect([merged(sides)]).toEqual(git.merge([sides]));
    });
    fc.assert(property, { seed, path: String(from + wrong) });
    throw new Error(`Case ${from + wrong} of seed ${seed} differs only among the others`);
  }
  return kinds;
}

describe('a merge', () => {
  test(`of ${HISTORIES} random histories is git’s tree, or a conflict in both`, () => {
    const kinds = sameAsGit(treeCase, HISTORIES);
    // Else the test would compare little.
    const conflicts = kinds.get('conflict') ?? 0;
    expect(conflicts).toBeGreaterThan(HISTORIES / 10);
    expect(conflicts).toBeLessThan((HISTORIES * 3) / 4);
    expect(kinds.get('empty')).toBeGreaterThan(0);
  });

  test('of the contents of 1,000 files is git’s, or a conflict in both', () => {
    const kinds = sameAsGit(fileCase(40).map(asTrees), 1_000);
    expect(kinds.get('conflict')).toBeGreaterThan(100);
    expect(kinds.get('conflict')).toBeLessThan(700);
  });

  test('of long files in which nothing is rare is git’s, or a conflict', () => {
    const sample = fc.sample(fileCase(400).map(asTrees), 100);
    const theirs = git.merge(sample);
    const mine = sample.map(merged);
    expect(mine.map((id, index) => (id === 'conflict' ? id : theirs[index]))).toEqual(mine);
    const shy = mine.filter((id, index) => id === 'conflict' && theirs[index] !== id);
    expect(shy.length).toBeLessThan(10);
  });

  test('never has a file and a directory at one path', () => {
    fc.assert(
      fc.property(treeCase, (sides) => {
        const merge = mergeListings({ ...sides, scope: () => 'free' });
        if (merge.conflicts.length > 0) return;
        const paths = [...applied(sides.ours, merge).keys()];
        expect(paths.filter((path) => paths.some((other) => other.startsWith(`${path}/`)))).toEqual([]);
      }),
    );
  });

  test('changes nothing that the rollback does not change', () => {
    fc.assert(
      fc.property(treeCase, (sides) => {
        const { base, theirs } = sides;
        const { merge } = mergeFiles(mergeListings({ ...sides, scope: () => 'free' }), sides.blobs);
        for (const { path } of merge.changes) expect(theirs.get(path)).not.toEqual(base.get(path));
      }),
    );
  });

  test('of the released tree itself gives exactly the tree to go back to', () => {
    fc.assert(
      fc.property(treeCase, ({ base, theirs, blobs }) => {
        expect(merged({ base, ours: base, theirs, blobs })).toBe(resultOf(theirs, NOTHING));
      }),
    );
  });

  test('leaves paths outside the scope and paths to be kept as they are, and names them', () => {
    fc.assert(
      fc.property(treeCase, (sides) => {
        const scope = (path: string) => {
          if (path.startsWith('b')) return 'outside';
          return path.startsWith('a.x') ? 'kept' : 'free';
        };
        const whole = mergeListings({ ...sides, scope: () => 'free' });
        const part = mergeListings({ ...sides, scope });
        expect(part.changes).toEqual(whole.changes.filter(({ path }) => scope(path) === 'free'));
        expect(part.left.every((path) => path.startsWith('a.x'))).toBe(true);
        expect(part.outside.every((path) => path.startsWith('b'))).toBe(true);
      }),
    );
  });
});

describe('a conflict says what stands against what', () => {
  const file = (content: string | Buffer, mode = '100644'): [Entry, Buffer] => {
    const bytes = Buffer.from(content);
    return [{ mode, sha: blobId(bytes) }, bytes];
  };
  type Side = readonly [Entry, Buffer] | null;
  const cases: readonly [string, { base: Side; ours: Side; theirs: Side }][] = [
    [
      'has lines that were changed on both sides',
      { base: file('a\n'), ours: file('b\n'), theirs: file('c\n') },
    ],
    ['is a binary file', { base: file('a\0'), ours: file('b\0'), theirs: file('c\0') }],
    ['was taken away after the release', { base: file('a\n'), ours: null, theirs: file('c\n') }],
    ['came with the release', { base: file('a\n'), ours: file('b\n'), theirs: null }],
    ['is a symbolic link', { base: file('a\n'), ours: file('b\n', '120000'), theirs: file('c\n') }],
    ['got one mode', { base: null, ours: file('b\n', '100755'), theirs: file('b\n') }],
  ];

  test.each(cases)('%s', (why, sides) => {
    const blobs = new Map(Object.values(sides).flatMap((side) => (side ? [[side[0].sha, side[1]]] : [])));
    const listing = (side: Side) => new Map(side ? [['f', side[0]]] : []);
    const [base, ours, theirs] = [sides.base, sides.ours, sides.theirs].map(listing);
    if (!base || !ours || !theirs) throw new Error('three sides');
    const open = mergeListings({ base, ours, theirs, scope: () => 'free' });
    const { merge } = mergeFiles(open, blobs as Map<string, Buffer>);
    expect(merge.conflicts).toEqual([{ path: 'f', why: expect.stringContaining(why) }]);
  });
});

describe('listing what differs', () => {
  test('leads to the same decision as listing everything, and reads no tree that both sides share', async () => {
    await fc.assert(
      fc.asyncProperty(treeCase, async (sides) => {
        const trees = new Map<string, readonly TreeEntry[]>();
        const keep = (id: string, entries: readonly TreeEntry[]) => trees.set(id, entries);
        const roots = {
          base: listingId(sides.base, keep),
          ours: listingId(sides.ours, keep),
          theirs: listingId(sides.theirs, keep),
        };
        let rounds = 0;
        const listed = await listDifferences(roots, async () => {
          rounds += 1;
          return trees;
        });
        const whole = mergeListings({ ...sides, scope: () => 'free' });
        expect(mergeListings({ ...listed, scope: () => 'free' })).toEqual(whole);
        // One round a level, whatever its width: the paths are at most three names deep.
        expect(rounds).toBeLessThanOrEqual(roots.base === roots.theirs ? 0 : 3);
      }),
    );
  });
});

const NOTHING: Merge = { changes: [], contents: [], conflicts: [], left: [], outside: [] };

function asTrees(sides: { base: Buffer; ours: Buffer; theirs: Buffer }): TreeCase {
  const blobs = new Map(Object.values(sides).map((content) => [blobId(content), content]));
  const listing = (content: Buffer) => new Map([['f', { mode: '100644', sha: blobId(content) }]]);
  return { base: listing(sides.base), ours: listing(sides.ours), theirs: listing(sides.theirs), blobs };
}

function applied(ours: Listing, { changes }: Merge): Map<string, Entry> {
  const result = new Map(ours);
  for (const { path, entry } of changes) {
    if (entry === null) result.delete(path);
    else result.set(path, entry);
  }
  return result;
}
