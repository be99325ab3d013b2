import type { Client } from './client.js';
import { GithubError } from './contract.js';
import { listDifferences } from './differences.js';
import { type Change, mergeListings, parentsOf } from './merge.js';
import type { Objects } from './objects.js';

/** Entries of one request; they only name objects that exist, so that a request stays small. */
const ENTRIES_A_REQUEST = 500;
const TYPES: Readonly<Record<string, 'blob' | 'commit'>> = { '160000': 'commit' };

export interface TreeWriter {
  readonly client: Client;
  readonly objects: Objects;
}

/**
 * Makes the tree that has the changes and otherwise is `tree`, and returns its id once it was read back and differs
 * in nothing else.
 */
export async function changeTree(
  writer: TreeWriter,
  { tree, changes }: { readonly tree: string; readonly changes: readonly Change[] },
): Promise<string> {
  const { octokit, at } = writer.client;
  let result = tree;
  for (const batch of inOrder(changes)) {
    const { data } = await octokit.rest.git.createTree({
      ...at,
      base_tree: result,
      tree: batch.map(treeEntry),
    });
    result = data.sha;
  }
  await verify(writer, { before: tree, after: result, changes });
  return result;
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

async function verify(
  { objects }: TreeWriter,
  { before, after, changes }: { before: string; after: string; changes: readonly Change[] },
): Promise<void> {
  const sides = await listDifferences({ base: before, ours: before, theirs: after }, objects.tree);
  const made = mergeListings({ ...sides, scope: () => 'free' }).changes;
  if (JSON.stringify(made) === JSON.stringify(changes)) return;
  throw new GithubError(
    'invalid',
    `GitHub made the tree ${after}, which differs from ${before} in ${made.length} paths where ${changes.length} ` +
      'changes were asked for; it was not committed',
  );
}
