import { type Entry, isSame, type Listing } from './merge.js';
import type { TreeEntry } from './objects.js';

const TREE = '040000';

export interface Sides {
  readonly base: Listing;
  readonly ours: Listing;
  readonly theirs: Listing;
}

/** Ids of three trees, or of the commits that hold them. */
export interface Roots {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/**
 * Lists what `mergeListings` needs to know of three trees, and reads no subtree that is the same in `base` and
 * `theirs`. Where a file stands against a directory it lists all that is beneath, so that collisions are seen.
 */
export async function listDifferences(
  roots: Roots,
  read: (tree: string) => Promise<readonly TreeEntry[]>,
): Promise<Sides> {
  const sides = { base: new Map(), ours: new Map(), theirs: new Map() } satisfies Record<
    string,
    Map<string, Entry>
  >;
  const names = ['base', 'ours', 'theirs'] as const;

  const visit = async (path: string, nodes: Nodes, isAgainstFile: boolean): Promise<void> => {
    if (isSame(nodes.base, nodes.theirs) && !isAgainstFile) return;
    for (const side of names) {
      const node = nodes[side];
      if (node !== undefined && node.mode !== TREE) sides[side].set(path, node);
    }
    const children = await Promise.all(names.map((side) => childrenOf(nodes[side], read)));
    const [base, ours, theirs] = children;
    const hasFile = names.some((side) => nodes[side] !== undefined && nodes[side].mode !== TREE);
    const all = new Set(children.flatMap((entries) => [...entries.keys()]));
    await Promise.all(
      [...all].map((name) =>
        visit(
          path === '' ? name : `${path}/${name}`,
          { base: base?.get(name), ours: ours?.get(name), theirs: theirs?.get(name) },
          isAgainstFile || hasFile,
        ),
      ),
    );
  };

  const root = (sha: string): Entry => ({ mode: TREE, sha });
  await visit('', { base: root(roots.base), ours: root(roots.ours), theirs: root(roots.theirs) }, false);
  return sides;
}

interface Nodes {
  readonly base: Entry | undefined;
  readonly ours: Entry | undefined;
  readonly theirs: Entry | undefined;
}

async function childrenOf(
  node: Entry | undefined,
  read: (tree: string) => Promise<readonly TreeEntry[]>,
): Promise<ReadonlyMap<string, Entry>> {
  if (node?.mode !== TREE) return new Map();
  return new Map((await read(node.sha)).map(({ name, mode, sha }) => [name, { mode, sha }]));
}
