import { TREE } from './git-ids.js';
import { type Entry, isSame, type Listing } from './merge.js';
import type { TreeEntry } from './objects.js';

export interface Sides {
  readonly base: Listing;
  readonly ours: Listing;
  readonly theirs: Listing;
}

/** Ids of three trees. */
export interface Roots {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/** What stands at one path on each side, a directory included. */
interface Place {
  readonly path: string;
  readonly base: Entry | undefined;
  readonly ours: Entry | undefined;
  readonly theirs: Entry | undefined;
  /** Whether a file of one side stands where this path needs a directory. */
  readonly isAgainstFile: boolean;
}

type Reading = (trees: readonly string[]) => Promise<ReadonlyMap<string, readonly TreeEntry[]>>;

const SIDES = ['base', 'ours', 'theirs'] as const;

/**
 * Lists what `mergeListings` needs to know of three trees, and asks for no subtree that is the same in `base` and
 * `theirs`; all subtrees of one depth are asked for at once. Where a file stands against a directory it lists all that
 * is beneath, so that collisions are seen.
 */
export async function listDifferences(roots: Roots, read: Reading): Promise<Sides> {
  const sides = { base: new Map(), ours: new Map(), theirs: new Map() } satisfies Record<
    string,
    Map<string, Entry>
  >;
  const root = (sha: string): Entry => ({ mode: TREE, sha });
  const top = { path: '', base: root(roots.base), ours: root(roots.ours), theirs: root(roots.theirs) };
  for (let level = relevant([{ ...top, isAgainstFile: false }]); level.length > 0; ) {
    for (const place of level) {
      for (const side of SIDES) {
        const entry = place[side];
        if (entry !== undefined && entry.mode !== TREE) sides[side].set(place.path, entry);
      }
    }
    const trees = level.flatMap((place) => SIDES.flatMap((side) => treeOf(place[side])));
    const found = trees.length === 0 ? new Map() : await read([...new Set(trees)]);
    level = relevant(level.flatMap((place) => beneath(place, found)));
  }
  return sides;
}

function relevant(places: readonly Place[]): Place[] {
  return places.filter(({ base, theirs, isAgainstFile }) => isAgainstFile || !isSame(base, theirs));
}

function beneath(place: Place, trees: ReadonlyMap<string, readonly TreeEntry[]>): Place[] {
  const children = { base: new Map(), ours: new Map(), theirs: new Map() } satisfies Record<
    string,
    Map<string, Entry>
  >;
  for (const side of SIDES) {
    for (const tree of treeOf(place[side])) {
      for (const { name, mode, sha } of trees.get(tree) ?? []) children[side].set(name, { mode, sha });
    }
  }
  const isAgainstFile =
    place.isAgainstFile || SIDES.some((side) => place[side] !== undefined && place[side].mode !== TREE);
  const names = new Set(SIDES.flatMap((side) => [...children[side].keys()]));
  return [...names].map((name) => ({
    path: place.path === '' ? name : `${place.path}/${name}`,
    base: children.base.get(name),
    ours: children.ours.get(name),
    theirs: children.theirs.get(name),
    isAgainstFile,
  }));
}

function treeOf(entry: Entry | undefined): readonly string[] {
  return entry?.mode === TREE ? [entry.sha] : [];
}
