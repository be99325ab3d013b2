import { Refusal } from '../answer.js';
import { MissingPath, pathProblem, type TreeChange } from '../git/edit-tree.js';
import { isReferenceName, type ReferenceChange, ReferenceConflict, ZERO } from '../git/references.js';
import { authorizeWrite, isRepository } from '../permissions.js';
import { GITHUB, identityOf, personNow } from '../rest/commit.js';
import { repositoryNodeId } from '../rest/repository.js';
import type { Caller } from '../tokens.js';
import { isWorkflowFile, newWorkflowFile, WorkflowRefusal } from '../workflow-files.js';
import { nodeId, type World } from '../world.js';
import { type Node, objectNode, refNode } from './nodes.js';

interface Actor {
  readonly world: World;
  readonly caller: Caller;
}

interface CommitInput {
  readonly clientMutationId?: string | null;
  readonly branch: {
    readonly id?: string | null;
    readonly repositoryNameWithOwner?: string | null;
    readonly branchName?: string | null;
  };
  readonly expectedHeadOid: string;
  readonly message: { readonly headline: string; readonly body?: string | null };
  readonly fileChanges?: {
    readonly additions?: readonly { readonly path: string; readonly contents: string }[] | null;
    readonly deletions?: readonly { readonly path: string }[] | null;
  } | null;
}

/** A commit on a branch whose head is still the expected one; of several at once, one wins. */
export async function createCommitOnBranch({ world, caller }: Actor, input: CommitInput): Promise<Node> {
  authorizeWrite(world, caller, ['contents']);
  const name = await branchName(world, input.branch);
  const oid = await world.git.exclusive(async () => {
    const head = await world.git.reference(name);
    if (head === null) throw new Refusal(404, `No ref found with name "${name}"`);
    if (head.oid !== input.expectedHeadOid) throw stale(input.expectedHeadOid);
    world.rules.check(name, 'update', caller.name);
    const commit = await write({ world, caller }, input, head.oid);
    await change(world, [{ name, to: commit, from: head.oid }], () => stale(input.expectedHeadOid));
    return commit;
  });
  return {
    clientMutationId: input.clientMutationId ?? null,
    commit: () => objectNode(world, oid),
    ref: () => refNode(world, name),
  };
}

async function write({ world, caller }: Actor, input: CommitInput, parent: string): Promise<string> {
  const changes = changesOf(world, input);
  const workflow = changes.find(({ path }) => isWorkflowFile(path));
  if (workflow !== undefined && !caller.mayChangeWorkflows) throw new WorkflowRefusal(workflow.path);
  const { headline, body } = input.message;
  const base = (await world.git.commit(parent))?.tree ?? null;
  const tree = await world.git.editTree(base, changes).catch((error: unknown) => {
    if (!(error instanceof MissingPath)) throw error;
    const reason = `A path was requested for deletion which does not exist as of commit oid \`${parent}\`: \`${error.path}\``;
    throw new Refusal(422, reason);
  });
  const oid = world.git.writeCommit({
    tree,
    parents: [parent],
    author: personNow(world, identityOf(caller.actor)),
    committer: personNow(world, GITHUB),
    message: body === undefined || body === null || body === '' ? headline : `${headline}\n\n${body}`,
  });
  world.signed.add(oid);
  return oid;
}

/** Files are always written as plain ones: this mutation knows no other mode. */
function changesOf(world: World, { fileChanges }: CommitInput): TreeChange[] {
  const additions = fileChanges?.additions ?? [];
  const deletions = fileChanges?.deletions ?? [];
  const paths = [...additions, ...deletions].map(({ path }) => path);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw new Refusal(422, `A path was given more than once: \`${twice}\``);
  for (const path of paths) {
    const problem = pathProblem(path);
    if (problem !== null) throw new Refusal(422, `The path \`${path}\` is not valid: ${problem}`);
  }
  return [
    ...additions.map(({ path, contents }) => {
      const oid = world.git.writeBlob(Buffer.from(contents, 'base64'));
      return { path, entry: { mode: '100644', oid } };
    }),
    ...deletions.map(({ path }) => ({ path, entry: null })),
  ];
}

async function branchName(world: World, branch: CommitInput['branch']): Promise<string> {
  if (branch.id !== undefined && branch.id !== null) {
    const references = await world.git.references('refs/heads/');
    const found = references.find(({ name }) => nodeId('Ref', name) === branch.id);
    if (found === undefined)
      throw new Refusal(404, `Could not resolve to a node with the global id of '${branch.id}'`);
    return found.name;
  }
  const [owner = '', repo = ''] = (branch.repositoryNameWithOwner ?? '').split('/');
  if (!isRepository(world, owner, repo)) throw unknownRepository(`${owner}/${repo}`);
  return `refs/heads/${(branch.branchName ?? '').replace(/^refs\/heads\//, '')}`;
}

export function unknownRepository(name: string): Refusal {
  return new Refusal(404, `Could not resolve to a Repository with the name '${name}'.`);
}

function stale(oid: string): Refusal {
  const message = `Expected branch to point to "${oid}" but it did not. Pull and try again.`;
  return new Refusal(422, message, { type: 'STALE_DATA' });
}

interface UpdateRefsInput {
  readonly clientMutationId?: string | null;
  readonly repositoryId: string;
  readonly refUpdates: readonly {
    readonly name: string;
    readonly afterOid: string;
    readonly beforeOid?: string | null;
    readonly force?: boolean | null;
  }[];
}

/** All of the updates or none. */
export async function updateRefs({ world, caller }: Actor, input: UpdateRefsInput): Promise<Node> {
  authorizeWrite(world, caller, ['contents']);
  if (input.repositoryId !== repositoryNodeId()) {
    throw new Refusal(404, `Could not resolve to a node with the global id of '${input.repositoryId}'`);
  }
  await world.git.exclusive(async () => {
    const changes: ReferenceChange[] = [];
    for (const update of input.refUpdates) changes.push(await checked({ world, caller }, update));
    await change(world, changes, () => new Refusal(422, 'Reference update failed', { type: 'STALE_DATA' }));
  });
  return { clientMutationId: input.clientMutationId ?? null };
}

async function checked(
  { world, caller }: Actor,
  { name, afterOid, beforeOid, force }: UpdateRefsInput['refUpdates'][number],
): Promise<ReferenceChange> {
  if (!isReferenceName(name))
    throw new Refusal(422, `"${name}" is not a valid fully qualified reference name`);
  const from = (await world.git.reference(name))?.oid ?? null;
  if (beforeOid !== undefined && beforeOid !== null && beforeOid !== (from ?? ZERO)) {
    const message = `Expected "${name}" to point to "${beforeOid}" but it did not. Pull and try again.`;
    throw new Refusal(422, message, { type: 'STALE_DATA' });
  }
  if (afterOid === ZERO) return checkedDeletion({ world, caller }, name, from);
  if ((await world.git.info(afterOid)) === null)
    throw new Refusal(422, `Object "${afterOid}" does not exist`);
  const forward = from === null || (await world.git.isAncestor(from, afterOid));
  if (!forward && force !== true) throw new Refusal(422, `Update of "${name}" is not a fast forward`);
  world.rules.check(name, from === null ? 'create' : forward ? 'update' : 'force', caller.name);
  const workflow = caller.mayChangeWorkflows ? null : await newWorkflowFile(world.git, afterOid, from);
  if (workflow !== null) throw new WorkflowRefusal(workflow);
  return { name, to: afterOid, from };
}

function checkedDeletion({ world, caller }: Actor, name: string, from: string | null): ReferenceChange {
  if (from === null) throw new Refusal(422, `Reference "${name}" does not exist`);
  world.rules.check(name, 'delete', caller.name);
  return { name, to: null, from };
}

async function change(
  world: World,
  changes: readonly ReferenceChange[],
  refusal: () => Refusal,
): Promise<void> {
  try {
    await world.git.change(changes);
  } catch (error) {
    if (error instanceof ReferenceConflict) throw refusal();
    throw error;
  }
}
