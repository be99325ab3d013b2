import { created, notFound, ok, Refusal, unprocessable } from '../answer.js';
import { type Call, reading, writing } from '../call.js';
import { MissingPath, pathProblem, type TreeChange } from '../git/edit-tree.js';
import { type Person, type TreeEntry, typeOf } from '../git/objects.js';
import { WORKFLOWS, WorkflowRefusal } from '../workflow-files.js';
import { apiUrl, nodeId, type World } from '../world.js';
import { GITHUB, identityOf, personNow, renderGitCommit, renderPerson } from './commit.js';

export const gitObjectRoutes = [
  ...reading('contents', {
    'git/get-commit': getCommit,
    'git/get-tree': getTree,
    'git/get-blob': getBlob,
    'git/get-tag': getTag,
  }),
  ...writing('contents', {
    'git/create-commit': createCommit,
    'git/create-tree': createTree,
    'git/create-blob': createBlob,
    'git/create-tag': createTag,
  }),
];

async function getCommit({ world, path }: Call) {
  const oid = path.commit_sha ?? '';
  const commit = isOid(oid) ? await world.git.commit(oid) : null;
  if (commit === null) throw notFound();
  return ok(renderGitCommit(world, oid, commit));
}

interface Signature {
  readonly name: string;
  readonly email: string;
  readonly date?: string;
}

async function createCommit({ world, caller, body }: Call) {
  const {
    message,
    tree,
    parents = [],
    author,
    committer,
  } = body as {
    message: string;
    tree: string;
    parents?: string[];
    author?: Signature;
    committer?: Signature;
  };
  if ((await world.git.info(tree))?.type !== 'tree' || !isOid(tree))
    throw unprocessable('Tree SHA does not exist');
  for (const parent of parents) {
    if (!isOid(parent) || (await world.git.info(parent))?.type !== 'commit') {
      throw unprocessable('Parent SHA does not exist or is not a commit object');
    }
  }
  // GitHub signs for an app that leaves authorship to it, and for nobody else.
  const signs = author === undefined && committer === undefined && caller.app !== null;
  const by = author === undefined ? personNow(world, identityOf(caller.actor)) : personOf(world, author);
  const commit = {
    tree,
    parents,
    message,
    author: by,
    committer: signs ? personNow(world, GITHUB) : committer === undefined ? by : personOf(world, committer),
  };
  const oid = world.git.writeCommit(commit);
  if (signs) world.signed.add(oid);
  return created(renderGitCommit(world, oid, { ...commit, signature: null }));
}

async function getTree({ world, path, query }: Call) {
  const given = path.tree_sha ?? '';
  const revision = isOid(given) ? given : await world.git.commitId(given);
  const tree = revision === null ? null : await world.git.info(`${revision}^{tree}`);
  if (tree === null) throw notFound();
  const recursive = query.recursive !== undefined;
  const entries = recursive
    ? await world.git.treeRecursive(tree.oid)
    : ((await world.git.tree(tree.oid)) ?? []);
  return ok(await renderTree(world, tree.oid, entries));
}

interface GivenEntry {
  readonly path?: string;
  readonly mode?: string;
  readonly type?: string;
  readonly sha?: string | null;
  readonly content?: string;
}

async function createTree({ world, caller, body }: Call) {
  const { tree, base_tree: base } = body as { tree: GivenEntry[]; base_tree?: string };
  const baseTree = base === undefined ? null : await world.git.info(`${base}^{tree}`);
  if (base !== undefined && baseTree === null) throw new Refusal(404, 'Not Found');
  const changes: TreeChange[] = [];
  for (const entry of tree) changes.push(await changeOf(world, entry));
  try {
    const oid = await world.git.editTree(baseTree?.oid ?? null, changes);
    if (!caller.mayChangeWorkflows) await refuseWorkflows(world, oid, base);
    return created(await renderTree(world, oid, (await world.git.tree(oid)) ?? []));
  } catch (error) {
    if (error instanceof MissingPath) throw unprocessable('GitRPC::BadObjectState');
    throw error;
  }
}

async function changeOf(world: World, { path = '', mode, sha, content }: GivenEntry): Promise<TreeChange> {
  const problem = pathProblem(path);
  if (problem !== null) throw unprocessable(`tree.path ${problem}`);
  if (sha === null) return { path, entry: null };
  if (mode === undefined) throw unprocessable('Must supply a valid tree.mode');
  if ((sha === undefined) === (content === undefined))
    throw unprocessable('Must supply either tree.sha or tree.content');
  const oid = sha ?? world.git.writeBlob(Buffer.from(content ?? ''));
  // A submodule's commit lives in another repository.
  const expected = typeOf({ mode });
  if (expected !== 'commit' && (!isOid(oid) || (await world.git.info(oid))?.type !== expected)) {
    throw unprocessable(`tree.sha ${oid} is not a valid ${expected}`);
  }
  return { path, entry: { mode, oid } };
}

/** The directory has to be as in the base, or as on the default branch where a tree is made from nothing. */
async function refuseWorkflows(world: World, tree: string, base: string | undefined): Promise<void> {
  const directory = async (revision: string) =>
    (await world.git.info(`${revision}:${WORKFLOWS}`))?.oid ?? null;
  const after = await directory(tree);
  if (base === undefined && after === null) return;
  if (after !== (await directory(base ?? world.defaultBranch))) throw new WorkflowRefusal(WORKFLOWS);
}

async function renderTree(world: World, oid: string, entries: readonly TreeEntry[]) {
  const tree = await Promise.all(
    entries.map(async (entry) => {
      const type = typeOf(entry);
      const size = type === 'blob' ? (await world.git.info(entry.oid))?.size : undefined;
      return {
        path: entry.name,
        mode: entry.mode,
        type,
        sha: entry.oid,
        ...(size === undefined ? {} : { size }),
        ...(type === 'commit' ? {} : { url: apiUrl(world, `/git/${type}s/${entry.oid}`) }),
      };
    }),
  );
  return { sha: oid, url: apiUrl(world, `/git/trees/${oid}`), tree, truncated: false };
}

async function getBlob({ world, path, accept }: Call) {
  const oid = path.file_sha ?? '';
  const data = isOid(oid) ? await world.git.blob(oid) : null;
  if (data === null) throw notFound();
  if (/\braw\b/.test(accept))
    return { status: 200, body: data, headers: { 'content-type': 'application/vnd.github.raw' } };
  return ok({
    sha: oid,
    node_id: nodeId('Blob', oid),
    size: data.length,
    url: apiUrl(world, `/git/blobs/${oid}`),
    content: inLines(data.toString('base64')),
    encoding: 'base64',
  });
}

function createBlob({ world, body }: Call) {
  const { content, encoding = 'utf-8' } = body as { content: string; encoding?: string };
  if (encoding !== 'utf-8' && encoding !== 'base64') throw unprocessable('encoding must be utf-8 or base64');
  const oid = world.git.writeBlob(Buffer.from(content, encoding));
  return created({ sha: oid, url: apiUrl(world, `/git/blobs/${oid}`) });
}

async function getTag({ world, path }: Call) {
  const oid = path.tag_sha ?? '';
  const tag = isOid(oid) ? await world.git.tag(oid) : null;
  if (tag === null) throw notFound();
  return ok(renderTag(world, oid, tag));
}

async function createTag({ world, caller, body }: Call) {
  const { tag, message, object, type, tagger } = body as {
    tag: string;
    message: string;
    object: string;
    type: 'commit' | 'tree' | 'blob';
    tagger?: Signature;
  };
  if (!isOid(object) || (await world.git.info(object))?.type !== type)
    throw unprocessable('Object does not exist');
  const by = tagger === undefined ? personNow(world, identityOf(caller.actor)) : personOf(world, tagger);
  const made = { tag, message: `${message}\n`, object, type, tagger: by };
  const oid = world.git.writeTag(made);
  return created(renderTag(world, oid, made));
}

type Tag = NonNullable<Awaited<ReturnType<World['git']['tag']>>>;

function renderTag(world: World, oid: string, tag: Tag) {
  return {
    node_id: nodeId('Tag', oid),
    sha: oid,
    url: apiUrl(world, `/git/tags/${oid}`),
    tag: tag.tag,
    message: tag.message,
    tagger: renderPerson(tag.tagger ?? { name: '', email: '', seconds: 0, zone: '+0000' }),
    object: { type: tag.type, sha: tag.object, url: apiUrl(world, `/git/${tag.type}s/${tag.object}`) },
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
  };
}

function personOf(world: World, { name, email, date }: Signature): Person {
  const seconds = Math.floor((date === undefined ? world.now() : Date.parse(date)) / 1000);
  return { name, email, seconds, zone: '+0000' };
}

/** GitHub breaks base64 after 60 characters. */
export function inLines(base64: string): string {
  return base64.replace(/.{1,60}/g, '$&\n');
}

export function isOid(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}
