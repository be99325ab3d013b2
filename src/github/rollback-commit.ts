import type { Client } from './client.js';
import type { RollbackRequest } from './contract.js';
import { failureOf } from './errors.js';
import { rollbackTrailers } from './manual.js';
import { branchHead } from './objects.js';

const UPDATE = `mutation ($input: UpdateRefsInput!) {
  updateRefs(input: $input) { clientMutationId }
}`;

interface Writer {
  readonly client: Client;
  readonly request: RollbackRequest;
}

/** Makes the commit, which nothing points to yet, and returns its id. */
export async function createCommit(
  { client, request }: Writer,
  { tree, parent }: { readonly tree: string; readonly parent: string },
): Promise<string> {
  const { octokit, at } = client;
  const texts = [request.title.trim(), request.body.trim(), rollbackTrailers(request).join('\n')];
  const message = texts.filter((text) => text !== '').join('\n\n');
  // Without an author of ours GitHub signs the commit, which some branches demand.
  const { data } = await octokit.rest.git.createCommit({ ...at, message, tree, parents: [parent] });
  return data.sha;
}

/** Moves the branch from `head` to `commit`, if it still is at `head`, and reads it back. */
export async function moveBranch(
  { client, request }: Writer,
  { head, commit }: { readonly head: string; readonly commit: string },
): Promise<'done' | 'moved' | { readonly refusal: string }> {
  const { octokit, at } = client;
  const { branch } = request;
  const { data } = await octokit.rest.repos.get(at);
  const update = { name: `refs/heads/${branch}`, beforeOid: head, afterOid: commit, force: false };
  try {
    await octokit.graphql(UPDATE, { input: { repositoryId: data.node_id, refUpdates: [update] } });
  } catch (error) {
    const { kind, reason } = failureOf(error);
    if (kind === 'unreachable' || kind === 'limited') throw error;
    // Whatever GitHub's words for a lost race are: a head that moved is one.
    if ((await branchHead(client, branch)) !== head) return 'moved';
    if (kind === 'forbidden') throw error;
    return { refusal: `A rule of the repository refuses a direct push to "${branch}": ${reason}` };
  }
  return (await branchHead(client, branch)) === commit ? 'done' : 'moved';
}
