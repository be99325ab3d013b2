import { type History, hasTrailer, historySince, wholeHistory } from './branch-history.js';
import type { Client } from './client.js';
import type { RollbackRequest } from './contract.js';
import { nullWhen } from './errors.js';
import type { Patience } from './insist.js';
import type { MergedFiles } from './merge-files.js';
import { branchHead, createObjects } from './objects.js';
import type { Permissions } from './permissions.js';
import { mergeTrees } from './rollback-merge.js';
import { rollbackBranch } from './rollback-text.js';
import type { Trees } from './trees.js';

/** One call of the reverter, over all its attempts. */
export interface Rollback {
  /** Reads. */
  readonly client: Client;
  /** Writes, with the rollback token. */
  readonly writer: Client;
  readonly request: RollbackRequest;
  /** `https://github.com/owner/name` */
  readonly repositoryUrl: string;
  readonly permissions: Permissions;
  readonly patience: Patience;
  readonly trees: Trees;
  /** GitHub's id of the repository, for GraphQL. */
  readonly repositoryId: () => Promise<string>;
  /** Commits and pull requests of this very call, to tell them from those of an earlier one. */
  readonly made: Set<string>;
}

/** What stands on the branch, and what a rollback would make of it. */
export interface Situation extends MergedFiles {
  readonly head: string;
  /** The head of the rollback's own branch, null when there is none. */
  readonly own: string | null;
  /** Trees of the released commit, of the head, and of the commit to go back to. */
  readonly roots: { readonly base: string; readonly ours: string; readonly theirs: string };
  /** From the released commit to the head. */
  readonly later: History;
  /** From the last promoted commit to the released one; null where these have nothing in common. */
  readonly released: History | null;
}

/** Where there is nothing to merge: why, or the commit of an earlier attempt. */
export type NoSituation =
  | { readonly refused: string }
  | { readonly unneeded: string }
  | { readonly existing: string; readonly files: readonly string[]; readonly left: readonly string[] };

/** Reads the branch and decides the merge; writes nothing. */
export async function lookAtBranch(rollback: Rollback): Promise<Situation | NoSituation> {
  const { client, request } = rollback;
  const { branch, release, from, to, paths } = request;
  const [head, own, released] = await Promise.all([
    branchHead(client, branch),
    branchHead(client, rollbackBranch(request)),
    historySince(client, { from: to, head: from, pages: 1 }),
    // Not needed before the end, but asked for while others are on the way.
    rollback.repositoryId(),
  ]);
  if (head === null) return { refused: `There is no branch "${branch}"` };
  const later = await wholeHistory(client, { from, head });
  if (later === null) {
    return {
      refused: `"${branch}" does not contain the released commit ${from}: nothing to take back there`,
    };
  }
  const theirs = released?.fromTree ?? (await treeOf(client, to));
  if (theirs === null)
    return { refused: `The commit to go back to, ${to}, does not exist in the repository` };
  const base = later.fromTree;
  const earlier = later.commits.find(({ message }) => hasTrailer(message, 'Gated-Release', release));
  if (earlier !== undefined) {
    const parent = earlier.parents[0] ?? from;
    const ours = (await knownTree(client, { commit: parent, from, later })) ?? base;
    const { merge } = await mergeTrees(rollback, { roots: { base, ours, theirs }, paths });
    return { existing: earlier.sha, files: merge.changes.map(({ path }) => path), left: merge.left };
  }
  if (from === to) return { unneeded: `The released commit ${from} is the one to go back to` };
  const ours = (await knownTree(client, { commit: head, from, later })) ?? base;
  const roots = { base, ours, theirs };
  return {
    head,
    own,
    roots,
    later,
    released,
    ...(await mergeTrees(rollback, { roots, paths, renamed: later.renamed })),
  };
}

/** The tree of a commit of the history, which came with the comparison. */
async function knownTree(
  client: Client,
  { commit, from, later }: { readonly commit: string; readonly from: string; readonly later: History },
): Promise<string | null> {
  if (commit === from) return later.fromTree;
  return later.commits.find(({ sha }) => sha === commit)?.tree ?? treeOf(client, commit);
}

async function treeOf(client: Client, commit: string): Promise<string | null> {
  return (await nullWhen(['not-found'], () => createObjects(client).commit(commit)))?.tree ?? null;
}
