import type { Client } from './client.js';
import { GithubError } from './contract.js';
import { TREE, treeId } from './git-ids.js';
import { type Change, parentsOf } from './merge.js';
import type { TreeEntry } from './objects.js';
import { sideBySide } from './side-by-side.js';
import type { Trees } from './trees.js';

/** Entries of one request; they only name objects that exist, so that a request stays small. */
const ENTRIES_A_REQUEST = 1_000;
/** Contents that are sent at once: GitHub asks for few writes at a time. */
const UPLOADS_AT_ONCE = 4;
const TYPES: Readonly<Record<string, 'blob' | 'commit'>> = { '160000': 'commit' };
const EMPTY = treeId([]);

export interface TreeWriter {
  readonly writer: Client;
  readonly trees: Trees;
}

interface TreeChange {
  /** The tree that is changed. */
  readonly tree: string;
  readonly changes: readonly Change[];
  /** Id → content of the blobs that exist nowhere yet. */
  readonly made: ReadonlyMap<string, Buffer>;
}

/**
 * Makes the tree that has the changes and otherwise is `tree`, and returns its id. The id is worked out here first:
 * what GitHub made has exactly these entries, or is not used.
 */
export async function changeTree(
  { writer, trees }: TreeWriter,
  { tree, changes, made }: TreeChange,
): Promise<string> {
  const read = async (id: string) => (await trees.read([id], [])).get(id) ?? [];
  const wanted = await treeAfter({ tree, changes, read });
  await sideBySide([...made], {
    limit: UPLOADS_AT_ONCE,
    work: ([id, content]) => upload(writer, { id, content }),
  });
  let result = tree;
  for (const batch of inOrder(changes)) {
    const { data } = await writer.octokit.request('POST /repos/{owner}/{repo}/git/trees', {
      ...writer.at,
      base_tree: result,
      tree: batch.map(treeEntry),
    });
    result = data.sha;
  }
  if (result === wanted) return result;
  throw new GithubError(
    'invalid',
    `GitHub made the tree ${result} where ${changes.length} changes to ${tree} give ${wanted}; it was not committed`,
  );
}

/** The id of the tree with the changes. Directories left empty disappear. */
export async function treeAfter(of: {
  readonly tree: string;
  readonly changes: readonly Change[];
  readonly read: (tree: string) => Promise<readonly TreeEntry[]>;
}): Promise<string> {
  const entries = new Map(
    (of.tree === EMPTY ? [] : await of.read(of.tree)).map((entry) => [entry.name, entry]),
  );
  const below = new Map<string, Change[]>();
  for (const change of [...of.changes].sort(byRemovalFirst)) {
    const [name = '', ...rest] = change.path.split('/');
    if (rest.length > 0) {
      below.set(name, [...(below.get(name) ?? []), { ...change, path: rest.join('/') }]);
    } else if (change.entry === null) {
      entries.delete(name);
    } else {
      entries.set(name, { name, ...change.entry });
    }
  }
  for (const [name, changes] of below) {
    const before = entries.get(name);
    // A file that became a directory: the file is among what goes, or the changes are all removals beneath it.
    const isDirectory = before?.mode === TREE;
    if (!isDirectory && changes.every(({ entry }) => entry === null)) continue;
    const sha = await treeAfter({ ...of, tree: isDirectory ? before.sha : EMPTY, changes });
    if (sha === EMPTY) entries.delete(name);
    else entries.set(name, { name, mode: TREE, sha });
  }
  return treeId([...entries.values()]);
}

function byRemovalFirst(a: Change, b: Change): number {
  return Number(a.entry !== null) - Number(b.entry !== null);
}

async function upload({ octokit, at }: Client, blob: { id: string; content: Buffer }): Promise<void> {
  const content = blob.content.toString('base64');
  const { data } = await octokit.request('POST /repos/{owner}/{repo}/git/blobs', {
    ...at,
    content,
    encoding: 'base64',
  });
  if (data.sha === blob.id) return;
  throw new GithubError('invalid', `GitHub made the blob ${data.sha} of a content whose id is ${blob.id}`);
}

function treeEntry({ path, entry }: Change) {
  // GitHub wants a mode and a type also for what it takes away.
  const mode = (entry?.mode ?? '100644') as '100644' | '100755' | '120000' | '160000';
  return { path, mode, type: TYPES[mode] ?? ('blob' as const), sha: entry?.sha ?? null };
}

/**
 * Where a file takes the place of a directory or the reverse, what goes away goes first, in a request of its own: what
 * GitHub does with both in one request is not written anywhere.
 */
function inOrder(changes: readonly Change[]): Change[][] {
  const paths = new Set(changes.map(({ path }) => path));
  const isMixed = changes.some(({ path }) => parentsOf(path).some((parent) => paths.has(parent)));
  if (!isMixed) return inBatches(changes);
  const gone = changes.filter(({ entry }) => entry === null);
  const set = changes.filter(({ entry }) => entry !== null);
  return [...inBatches(gone), ...inBatches(set)];
}

function inBatches(changes: readonly Change[]): Change[][] {
  const batches: Change[][] = [];
  for (let from = 0; from < changes.length; from += ENTRIES_A_REQUEST) {
    batches.push(changes.slice(from, from + ENTRIES_A_REQUEST));
  }
  return batches;
}
