import type { Client } from './client.js';
import { TREE } from './git-ids.js';
import { branchHead, type Objects } from './objects.js';
import { textAt } from './repository-files.js';

/**
 * The `events.jsonl` of every release of a commit, newest first, however long ago: the name of a release holds the
 * first seven digits of its commit, so that only the ledger's list of releases is read. Rejects as Octokit does.
 */
export async function releasesOf(
  { client, objects }: { readonly client: Client; readonly objects: Objects },
  { branch, sha }: { readonly branch: string; readonly sha: string },
): Promise<readonly string[]> {
  const head = await branchHead(client, branch);
  if (head === null) return [];
  const isOfCommit = new RegExp(`^\\d{8}-\\d{6}-${sha.slice(0, 7)}-[0-9a-f]{4}$`);
  const names = (await objects.tree(head))
    .filter(({ name, mode }) => mode === TREE && isOfCommit.test(name))
    .map(({ name }) => name)
    .sort()
    .reverse();
  const texts: string[] = [];
  for (const name of names) {
    const text = await textAt(objects, { commit: head, path: `${name}/events.jsonl` });
    if (text !== null) texts.push(text);
  }
  return texts;
}
