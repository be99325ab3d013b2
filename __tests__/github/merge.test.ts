import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { listDifferences } from '../../src/github/differences.js';
import { type Entry, type Listing, type Merge, mergeListings } from '../../src/github/merge.js';
import { allContents, type TreeCase, treeCase, treeId } from './tree-cases.js';

let repository = '';

beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), 'merge-'));
  git(['init', '--bare', '--quiet', '.']);
  const blobs = allContents().map((content) => `blob\ndata ${Buffer.byteLength(content)}\n${content}`);
  git(['fast-import', '--quiet'], blobs.join(''));
});

afterAll(() => rmSync(repository, { recursive: true }));

describe('a merge by whole entries', () => {
  test('is what git makes of it, or a conflict', () => {
    let clean = 0;
    fc.assert(
      fc.property(treeCase, (sides) => {
        const merge = mergeListings({ ...sides, scope: () => 'free' });
        if (merge.conflicts.length > 0) return;
        clean += 1;
        expect(gitMerge(sides)).toBe(treeId(applied(sides.ours, merge)));
      }),
      { numRuns: 100 },
    );
    expect(clean).toBeGreaterThan(25);
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

  test('drops nothing that only our side has changed', () => {
    fc.assert(
      fc.property(treeCase, (sides) => {
        const { base, ours, theirs } = sides;
        const { changes } = mergeListings({ ...sides, scope: () => 'free' });
        for (const { path } of changes) {
          expect(ours.get(path)).toEqual(base.get(path));
          expect(theirs.get(path)).not.toEqual(base.get(path));
        }
      }),
    );
  });

  test('of the released tree itself gives exactly the tree to go back to', () => {
    fc.assert(
      fc.property(treeCase, ({ base, theirs }) => {
        const merge = mergeListings({ base, ours: base, theirs, scope: () => 'free' });
        expect(merge.conflicts).toEqual([]);
        expect(treeId(applied(base, merge))).toBe(treeId(theirs));
      }),
    );
  });

  test('made twice changes nothing the second time', () => {
    fc.assert(
      fc.property(treeCase, (sides) => {
        const merge = mergeListings({ ...sides, scope: () => 'free' });
        if (merge.conflicts.length > 0) return;
        const again = mergeListings({ ...sides, ours: applied(sides.ours, merge), scope: () => 'free' });
        expect(again.changes).toEqual([]);
        expect(again.conflicts).toEqual([]);
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

describe('listing what differs', () => {
  test('leads to the same decision as listing everything, and reads no tree that both sides share', async () => {
    await fc.assert(
      fc.asyncProperty(treeCase, async (sides) => {
        const trees = new Map<string, readonly { name: string; mode: string; sha: string }[]>();
        const keep = (id: string, nodes: readonly { name: string; mode: string; sha: string }[]) =>
          trees.set(id, nodes);
        const roots = {
          base: treeId(sides.base, keep),
          ours: treeId(sides.ours, keep),
          theirs: treeId(sides.theirs, keep),
        };
        let reads = 0;
        const listed = await listDifferences(roots, async (id) => {
          reads += 1;
          return trees.get(id) ?? [];
        });
        const whole = mergeListings({ ...sides, scope: () => 'free' });
        expect(mergeListings({ ...listed, scope: () => 'free' })).toEqual(whole);
        if (roots.base === roots.theirs) expect(reads).toBe(0);
      }),
    );
  });
});

function applied(ours: Listing, { changes }: Merge): Map<string, Entry> {
  const result = new Map(ours);
  for (const { path, entry } of changes) {
    if (entry === null) result.delete(path);
    else result.set(path, entry);
  }
  return result;
}

/** The tree that git merges without a conflict, else what git says. */
function gitMerge({ base, ours, theirs }: TreeCase): string {
  const commit = (name: string, listing: Listing, from: string) =>
    [
      `reset refs/heads/${name}`,
      `commit refs/heads/${name}`,
      'committer a <a@b> 0 +0000',
      'data 0',
      ...(from === '' ? [] : [`from ${from}`]),
      'deleteall',
      ...[...listing].map(([path, { mode, sha }]) => `M ${mode} ${sha} ${path}`),
      '',
    ].join('\n');
  git(
    ['fast-import', '--force', '--quiet'],
    commit('base', base, '') +
      commit('ours', ours, 'refs/heads/base') +
      commit('theirs', theirs, 'refs/heads/base'),
  );
  return git(['merge-tree', '--write-tree', 'ours', 'theirs']);
}

function git(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: repository, input, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : `git ${args[0]}: exit ${status}\n${stdout}${stderr}`;
}
