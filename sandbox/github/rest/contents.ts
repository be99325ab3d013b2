import { notFound, ok, Refusal } from '../answer.js';
import { type Call, reading } from '../call.js';
import { isTree, type TreeEntry, typeOf } from '../git/objects.js';
import { apiUrl, pageUrl, type World } from '../world.js';
import { commitBody } from './commits.js';
import { inLines } from './git-objects.js';

export const contentRoutes = reading('contents', {
  'repos/get-content': getContent,
  'repos/get-branch': getBranch,
  'repos/get-branch-rules': ({ world, path }) =>
    ok(
      world.rules
        .of(path.branch ?? '')
        .filter(({ kind }) => kind === 'ruleset')
        .map(({ id }) => ({
          type: 'update',
          ruleset_source_type: 'Repository',
          ruleset_source: `${world.owner}/${world.repo}`,
          ruleset_id: id,
        })),
    ),
});

interface Place {
  readonly world: World;
  readonly path: string;
  readonly ref: string;
}

async function getContent({ world, path: parameters, query, accept }: Call) {
  const path = (parameters.path ?? '').replace(/^\/+|\/+$/g, '');
  const ref = query.ref ?? world.defaultBranch;
  const commit = await world.git.commitId(ref);
  if (commit === null) throw notFound();
  const place = { world, path, ref };
  const info = await world.git.info(path === '' ? `${commit}^{tree}` : `${commit}:${path}`);
  if (info === null) throw notFound();
  if (info.type === 'tree') return ok(await directory(place, info.oid));
  const data = await world.git.blob(info.oid);
  if (data === null) throw notFound();
  if (/\braw\b/.test(accept)) {
    return {
      status: 200,
      body: data,
      headers: { 'content-type': 'application/vnd.github.raw+json; charset=utf-8' },
    };
  }
  return ok(file(place, info.oid, data));
}

async function directory(place: Place, tree: string) {
  const entries = (await place.world.git.tree(tree)) ?? [];
  return Promise.all(
    entries.map(async (entry) => {
      const below = { ...place, path: place.path === '' ? entry.name : `${place.path}/${entry.name}` };
      return { ...links(below, entry), type: kindOf(entry), size: await sizeOf(place.world, entry) };
    }),
  );
}

function kindOf(entry: TreeEntry): string {
  if (isTree(entry)) return 'dir';
  if (entry.mode === '120000') return 'symlink';
  return entry.mode === '160000' ? 'submodule' : 'file';
}

async function sizeOf(world: World, entry: TreeEntry): Promise<number> {
  return typeOf(entry) === 'blob' ? ((await world.git.info(entry.oid))?.size ?? 0) : 0;
}

/** From 1 MB on GitHub leaves the content out; it is to be read as raw or as a blob. */
const LARGEST = 1_000_000;

function file(place: Place, oid: string, data: Buffer) {
  const large = data.length > LARGEST;
  return {
    ...links(place, { oid, mode: '100644' }),
    type: 'file',
    size: data.length,
    content: large ? '' : inLines(data.toString('base64')),
    encoding: large ? 'none' : 'base64',
  };
}

function links({ world, path, ref }: Place, entry: { readonly oid: string; readonly mode: string }) {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const kind = isTree(entry) ? 'tree' : 'blob';
  const self = apiUrl(world, `/contents/${encoded}?ref=${encodeURIComponent(ref)}`);
  const git = apiUrl(world, `/git/${kind}s/${entry.oid}`);
  const html = pageUrl(world, `/${kind}/${ref}/${encoded}`);
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    path,
    sha: entry.oid,
    url: self,
    git_url: git,
    html_url: html,
    download_url: isTree(entry) ? null : pageUrl(world, `/raw/${ref}/${encoded}`),
    _links: { self, git, html },
  };
}

async function getBranch({ world, path }: Call) {
  const name = path.branch ?? '';
  const reference = await world.git.reference(`refs/heads/${name}`);
  if (reference === null) throw new Refusal(404, 'Branch not found');
  const rules = world.rules.of(name);
  return ok({
    name,
    commit: await commitBody(world, reference.oid),
    _links: { self: apiUrl(world, `/branches/${name}`), html: pageUrl(world, `/tree/${name}`) },
    protected: rules.length > 0,
    protection: {
      enabled: rules.some(({ kind }) => kind === 'branch-protection'),
      required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] },
    },
    protection_url: apiUrl(world, `/branches/${name}/protection`),
  });
}
