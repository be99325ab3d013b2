import type { Client } from './client.js';
import { GithubError } from './contract.js';
import { TREE } from './git-ids.js';
import type { TreeEntry } from './objects.js';
import { sideBySide } from './side-by-side.js';

/** From so many trees on, three whole listings cost less of the hour's requests than each tree by itself. */
const MANY = 24;
/** GitHub allows 100 requests at once, to all jobs of an installation together. */
const AT_ONCE = 16;

/** Reads git trees, and keeps what it read: an id names one content for ever. */
export interface Trees {
  /**
   * The entries of each tree. `roots` are the trees that all of these stand in: where many are asked for, these are
   * read whole. Rejects as Octokit does.
   */
  read(
    trees: readonly string[],
    roots: readonly string[],
  ): Promise<ReadonlyMap<string, readonly TreeEntry[]>>;
}

export function createTrees(client: Client): Trees {
  const known = new Map<string, readonly TreeEntry[]>();
  const asked = new Set<string>();
  const unknown = (trees: readonly string[]) => [...new Set(trees)].filter((tree) => !known.has(tree));
  return {
    read: async (trees, roots) => {
      if (unknown(trees).length > MANY) {
        const wholes = [...new Set(roots)].filter((root) => !asked.has(root));
        await Promise.all(wholes.map((root) => readWhole(client, { root, known })));
        // A listing that was cut off would be cut off again.
        for (const root of wholes) asked.add(root);
      }
      await sideBySide(unknown(trees), {
        limit: AT_ONCE,
        work: async (tree) => known.set(tree, await readOne(client, tree)),
      });
      return known;
    },
  };
}

async function readOne({ octokit, at }: Client, tree: string): Promise<readonly TreeEntry[]> {
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', {
    ...at,
    tree_sha: tree,
  });
  if (data.truncated) {
    throw new GithubError('invalid', `GitHub lists the tree ${tree} only in part: it has too many entries`);
  }
  return data.tree.map(({ path, mode, sha }) => ({ name: path, mode, sha }));
}

/** Reads a tree with all beneath it, unless it is larger than GitHub lists at once. */
async function readWhole(
  { octokit, at }: Client,
  { root, known }: { readonly root: string; readonly known: Map<string, readonly TreeEntry[]> },
): Promise<void> {
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', {
    ...at,
    tree_sha: root,
    recursive: '1',
  });
  if (data.truncated) return;
  const directories = new Map<string, TreeEntry[]>([['', []]]);
  for (const { path, mode } of data.tree) if (mode === TREE) directories.set(path, []);
  const ids = new Map([['', root]]);
  for (const { path, mode, sha } of data.tree) {
    const slash = path.lastIndexOf('/');
    directories.get(path.slice(0, Math.max(0, slash)))?.push({ name: path.slice(slash + 1), mode, sha });
    if (mode === TREE) ids.set(path, sha);
  }
  for (const [path, entries] of directories) known.set(ids.get(path) ?? '', entries);
}
