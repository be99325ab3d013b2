import { created, malformed, noContent, notFound, ok, Refusal, unprocessable } from '../answer.js';
import { type Call, reading, writing } from '../call.js';
import { isReferenceName, ReferenceConflict } from '../git/references.js';
import type { Reference } from '../git/store.js';
import { newWorkflowFile, WorkflowRefusal } from '../workflow-files.js';
import { apiUrl, nodeId, type World } from '../world.js';
import { listed } from './pages.js';

export const referenceRoutes = [
  ...reading('contents', {
    'git/get-ref': getReference,
    'git/list-matching-refs': async (call) =>
      listed(call, await call.world.git.references(`refs/${call.path.ref}`), (reference) =>
        renderReference(call.world, reference),
      ),
  }),
  ...writing('contents', {
    'git/create-ref': (call) => call.world.git.exclusive(() => createReference(call)),
    'git/update-ref': (call) => call.world.git.exclusive(() => updateReference(call)),
    'git/delete-ref': (call) => call.world.git.exclusive(() => deleteReference(call)),
  }),
];

async function getReference({ world, path }: Call) {
  const reference = await existing(world, `refs/${path.ref}`);
  if (reference === null) throw notFound();
  return ok(renderReference(world, reference));
}

async function createReference({ world, caller, body }: Call) {
  const { ref: name, sha } = body as { ref: string; sha: string };
  if (!isReferenceName(name))
    throw unprocessable(
      `Reference name "${name}" is not valid: it must start with 'refs/' and have two slashes`,
    );
  const to = await objectFor(world, name, sha);
  if ((await existing(world, name)) !== null) throw unprocessable('Reference already exists');
  world.rules.check(name, 'create', caller.name);
  if (!caller.mayChangeWorkflows) await refuseWorkflows(world, to, null);
  await change(world, { name, to, from: null }, 'Reference already exists');
  return created(renderReference(world, { name, oid: to, type: 'commit' }));
}

async function updateReference({ world, caller, path, body }: Call) {
  const { sha, force = false } = body as { sha: string; force?: boolean };
  const name = `refs/${path.ref}`;
  const before = await existing(world, name);
  if (before === null) throw unprocessable('Reference does not exist');
  const to = await objectFor(world, name, sha);
  const forward = await world.git.isAncestor(before.oid, to);
  if (!forward && !force) throw unprocessable('Update is not a fast forward');
  world.rules.check(name, forward ? 'update' : 'force', caller.name);
  if (!caller.mayChangeWorkflows) await refuseWorkflows(world, to, before.oid);
  await change(world, { name, to, from: before.oid }, 'Reference update failed');
  return ok(renderReference(world, { name, oid: to, type: 'commit' }));
}

async function deleteReference({ world, caller, path }: Call) {
  const name = `refs/${path.ref}`;
  const before = await existing(world, name);
  if (before === null) throw unprocessable('Reference does not exist');
  if (name === `refs/heads/${world.defaultBranch}`) throw unprocessable('Cannot delete the default branch');
  world.rules.check(name, 'delete', caller.name);
  await change(world, { name, to: null, from: before.oid }, 'Reference does not exist');
  return noContent();
}

async function existing(world: World, name: string): Promise<Reference | null> {
  return isReferenceName(name) ? world.git.reference(name) : null;
}

/** A branch holds a commit; other references may hold any object. */
async function objectFor(world: World, name: string, sha: string): Promise<string> {
  if (!/^[0-9a-f]{40}$/.test(sha))
    throw malformed('The sha parameter must be exactly 40 characters and contain only [0-9a-f].');
  const info = await world.git.info(sha);
  if (info === null) throw unprocessable('Object does not exist');
  if (name.startsWith('refs/heads/') && info.type !== 'commit')
    throw unprocessable('Reference update failed');
  return info.oid;
}

async function refuseWorkflows(world: World, to: string, from: string | null): Promise<void> {
  const file = await newWorkflowFile(world.git, to, from);
  if (file !== null) throw new WorkflowRefusal(file);
}

async function change(
  world: World,
  wanted: { readonly name: string; readonly to: string | null; readonly from: string | null },
  message: string,
): Promise<void> {
  try {
    await world.git.change([wanted]);
  } catch (error) {
    // Somebody pushed by path in between, or the name is a directory of another reference.
    if (error instanceof ReferenceConflict) throw new Refusal(422, message);
    throw error;
  }
}

function renderReference(
  world: World,
  { name, oid, type }: Reference,
): { url: string; [key: string]: unknown } {
  return {
    ref: name,
    node_id: nodeId('Ref', name),
    url: apiUrl(world, `/git/${name}`),
    object: { type, sha: oid, url: apiUrl(world, `/git/${type}s/${oid}`) },
  };
}
