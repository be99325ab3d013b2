import { timestamp } from '../clock.js';
import { type Person, typeOf } from '../git/objects.js';
import { repositoryNodeId } from '../rest/repository.js';
import { nodeId, pageUrl, type World } from '../world.js';

/** An object whose fields are values or functions of the arguments, as graphql's default resolver reads them. */
export type Node = Readonly<Record<string, unknown>>;

interface Paging {
  readonly first?: number;
  readonly after?: string;
}

export function repositoryNode(world: World): Node {
  return {
    __typename: 'Repository',
    id: repositoryNodeId(),
    name: world.repo,
    nameWithOwner: `${world.owner}/${world.repo}`,
    owner: { __typename: 'User', id: nodeId('User', 9001), login: world.owner },
    isPrivate: world.visibility === 'private',
    url: pageUrl(world, ''),
    defaultBranchRef: () => refNode(world, `refs/heads/${world.defaultBranch}`),
    ref: ({ qualifiedName }: { qualifiedName: string }) =>
      refNode(world, qualifiedName.startsWith('refs/') ? qualifiedName : `refs/heads/${qualifiedName}`),
    refs: ({ refPrefix, ...paging }: { refPrefix: string } & Paging) => refsNode(world, refPrefix, paging),
    object: ({ oid, expression }: { oid?: string; expression?: string }) =>
      objectNode(world, oid ?? expression ?? ''),
  };
}

export async function refNode(world: World, name: string): Promise<Node | null> {
  const reference = await world.git.reference(name);
  if (reference === null) return null;
  const parts = name.split('/');
  return {
    __typename: 'Ref',
    id: nodeId('Ref', name),
    name: parts.slice(2).join('/'),
    prefix: `${parts.slice(0, 2).join('/')}/`,
    repository: () => repositoryNode(world),
    target: () => objectNode(world, reference.oid),
  };
}

async function refsNode(world: World, prefix: string, paging: Paging): Promise<Node> {
  const references = await world.git.references(prefix);
  return connection(references, paging, ({ name }) => refNode(world, name));
}

/** The commit, tree, blob or tag that an id or an expression such as `main:path` names. */
export async function objectNode(world: World, expression: string): Promise<Node | null> {
  const info = await world.git.info(expression);
  if (info === null) return null;
  const base = {
    id: nodeId(info.type, info.oid),
    oid: info.oid,
    abbreviatedOid: info.oid.slice(0, 7),
    repository: () => repositoryNode(world),
  };
  if (info.type === 'commit') return { ...base, ...(await commitFields(world, info.oid)) };
  if (info.type === 'tree')
    return { ...base, __typename: 'Tree', entries: () => treeEntries(world, info.oid) };
  if (info.type === 'blob') return { ...base, ...blobFields(world, info) };
  const tag = await world.git.tag(info.oid);
  return {
    ...base,
    __typename: 'Tag',
    name: tag?.tag,
    message: tag?.message,
    tagger: tag?.tagger ? actorNode(tag.tagger) : null,
    target: () => objectNode(world, tag?.object ?? ''),
  };
}

async function commitFields(world: World, oid: string): Promise<Node> {
  const commit = await world.git.commit(oid);
  if (commit === null) return {};
  const [headline = ''] = commit.message.split('\n');
  return {
    __typename: 'Commit',
    message: commit.message,
    messageHeadline: headline,
    messageBody: commit.message.slice(headline.length).trim(),
    author: actorNode(commit.author),
    committer: actorNode(commit.committer),
    authoredDate: timestamp(commit.author.seconds * 1000),
    committedDate: timestamp(commit.committer.seconds * 1000),
    url: pageUrl(world, `/commit/${oid}`),
    tree: () => objectNode(world, commit.tree),
    parents: (paging: Paging) => connection(commit.parents, paging, (parent) => objectNode(world, parent)),
    history: async ({ path, ...paging }: { path?: string } & Paging) => {
      const oids = await world.git.revisions(oid, ...(path === undefined ? [] : ['--', path]));
      return connection(oids, paging, (each) => objectNode(world, each));
    },
    file: ({ path }: { path: string }) => fileEntry(world, commit.tree, path),
  };
}

async function treeEntries(world: World, oid: string, prefix = ''): Promise<Node[]> {
  const entries = (await world.git.tree(oid)) ?? [];
  return entries.map((entry) => ({
    __typename: 'TreeEntry',
    name: entry.name,
    path: prefix + entry.name,
    mode: Number.parseInt(entry.mode, 8),
    oid: entry.oid,
    type: typeOf(entry),
    size: async () => (await world.git.info(entry.oid))?.size ?? 0,
    object: () => objectNode(world, entry.oid),
  }));
}

async function fileEntry(world: World, tree: string, path: string): Promise<Node | null> {
  const slash = path.lastIndexOf('/') + 1;
  const parent = slash === 0 ? tree : (await world.git.info(`${tree}:${path.slice(0, slash - 1)}`))?.oid;
  if (parent === undefined) return null;
  const entries = await treeEntries(world, parent, path.slice(0, slash));
  return entries.find((entry) => entry.path === path) ?? null;
}

/** Longer texts come cut. */
const MAX_BLOB_TEXT = 512_000;

function blobFields(world: World, { oid, size }: { readonly oid: string; readonly size: number }): Node {
  const data = async () => (await world.git.blob(oid)) ?? Buffer.alloc(0);
  const isBinary = async () => (await data()).subarray(0, 8000).includes(0);
  return {
    __typename: 'Blob',
    byteSize: size,
    isBinary,
    isTruncated: size > MAX_BLOB_TEXT,
    text: async () => ((await isBinary()) ? null : (await data()).subarray(0, MAX_BLOB_TEXT).toString()),
  };
}

function actorNode({ name, email, seconds }: Person): Node {
  return { __typename: 'GitActor', name, email, date: timestamp(seconds * 1000) };
}

function connection<Item>(
  items: readonly Item[],
  { first, after }: Paging,
  node: (item: Item) => unknown,
): Node {
  const start = after === undefined ? 0 : Number(after);
  const end = Math.min(items.length, start + Math.min(first ?? 100, 100));
  return {
    totalCount: items.length,
    nodes: () => Promise.all(items.slice(start, end).map(node)),
    pageInfo: {
      startCursor: String(start),
      endCursor: String(end),
      hasNextPage: end < items.length,
      hasPreviousPage: start > 0,
    },
  };
}
