import type { Client } from './client.js';
import type { RollbackRequest } from './contract.js';
import { failureOf } from './errors.js';
import { branchHead } from './objects.js';
import { commitMessage, type LeftOut } from './rollback-text.js';
import { oneLine } from './text.js';

const UPDATE = `mutation ($input: UpdateRefsInput!) {
  updateRefs(input: $input) { clientMutationId }
}`;
const REASON_LENGTH = 300;
/** What GitHub takes for "does not exist". */
const NONE = '0'.repeat(40);

interface Writer {
  readonly client: Client;
  /** Speaks with the rollback token. */
  readonly writer: Client;
  readonly request: RollbackRequest;
}

/** Makes the commit, which nothing points to yet, and returns its id. */
export async function createCommit(
  { writer, request }: Writer,
  { tree, parent, left }: LeftOut & { readonly tree: string; readonly parent: string },
): Promise<string> {
  // Without an author of ours GitHub signs the commit, which some branches demand.
  const message = commitMessage(request, { left });
  const { data } = await writer.octokit.request('POST /repos/{owner}/{repo}/git/commits', {
    ...writer.at,
    ...{ message, tree, parents: [parent] },
  });
  return data.sha;
}

export interface Move {
  readonly branch: string;
  /** null: the branch is made, and must not exist. */
  readonly from: string | null;
  readonly to: string;
  /** GitHub's id of the repository, for GraphQL. */
  readonly repositoryId: string;
}

/** Moves a branch, if it still is where it was, and reads it back. */
export async function moveBranch(
  { client, writer }: Writer,
  { branch, from, to, repositoryId }: Move,
): Promise<'done' | 'moved' | { readonly refusal: string }> {
  const update = { name: `refs/heads/${branch}`, beforeOid: from ?? NONE, afterOid: to, force: false };
  try {
    await writer.octokit.graphql(UPDATE, { input: { repositoryId, refUpdates: [update] } });
  } catch (error) {
    const { kind, reason } = failureOf(error);
    if (kind === 'unreachable' || kind === 'limited') throw error;
    // Whatever GitHub's words for a lost race are: a head that moved is one.
    if ((await branchHead(client, branch)) !== from) return 'moved';
    return {
      refusal: `a rule of the repository refuses a push to "${branch}": ${oneLine(reason, REASON_LENGTH)}`,
    };
  }
  return (await branchHead(client, branch)) === to ? 'done' : 'moved';
}
