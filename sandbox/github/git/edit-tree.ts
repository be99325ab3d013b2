import { isTree, type TreeEntry } from './objects.js';

/** What becomes of a path: an entry to put there, or null to take it away. */
export interface TreeChange {
  readonly path: string;
  readonly entry: { readonly mode: string; readonly oid: string } | null;
}

export interface TreeAccess {
  read(oid: string): Promise<readonly TreeEntry[]>;
  write(entries: readonly TreeEntry[]): string;
}

/** A path that was to be taken away and is not there. */
export class MissingPath extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`There is no file at ${path}.`);
    this.name = 'MissingPath';
    this.path = path;
  }
}

/**
 * Applies changes to a tree and gives the id of the new one, the empty tree included. Directories left empty
 * disappear. Rejects with `MissingPath`.
 */
export async function editTree(
  access: TreeAccess,
  base: string | null,
  changes: readonly TreeChange[],
): Promise<string> {
  return access.write(await edited(access, { base, changes, prefix: '' }));
}

interface Level {
  readonly base: string | null;
  readonly changes: readonly TreeChange[];
  readonly prefix: string;
}

async function edited(access: TreeAccess, { base, changes, prefix }: Level): Promise<TreeEntry[]> {
  const entries = new Map((base === null ? [] : await access.read(base)).map((entry) => [entry.name, entry]));
  const below = new Map<string, TreeChange[]>();
  for (const change of changes) {
    const slash = change.path.indexOf('/');
    if (slash < 0) applyHere(entries, change, prefix);
    else push(below, change.path.slice(0, slash), { ...change, path: change.path.slice(slash + 1) });
  }
  for (const [name, inner] of below) {
    const found = entries.get(name);
    const subtree = found !== undefined && isTree(found) ? found.oid : null;
    const children = await edited(access, { base: subtree, changes: inner, prefix: `${prefix}${name}/` });
    if (children.length === 0) entries.delete(name);
    else entries.set(name, { mode: '040000', name, oid: access.write(children) });
  }
  return [...entries.values()];
}

function applyHere(entries: Map<string, TreeEntry>, { path, entry }: TreeChange, prefix: string): void {
  if (entry !== null) entries.set(path, { ...entry, name: path });
  else if (!entries.delete(path)) throw new MissingPath(prefix + path);
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** Why git would not accept a path in a tree; null when it would. */
export function pathProblem(path: string): string | null {
  if (path === '') return 'path cannot be empty';
  if (path.startsWith('/') || path.endsWith('/')) return 'path cannot start or end with a slash';
  if (path.includes('\0')) return 'path contains a NUL byte';
  const parts = path.split('/');
  if (parts.includes('')) return 'path contains an empty component';
  if (parts.some((part) => part === '.' || part === '..')) return 'path contains a malformed path component';
  if (parts.some((part) => part.toLowerCase() === '.git')) return 'path contains a reserved component .git';
  return null;
}
