import { isTree, type Tree } from '../../plan/path.js';

/** Reads of JSON that another program wrote: what is not as it should be is as if it were not there. */
export function treeAt(tree: Tree, key: string): Tree {
  const value = Object.hasOwn(tree, key) ? tree[key] : undefined;
  return isTree(value) ? value : {};
}

export function listAt(tree: Tree, key: string): readonly Tree[] {
  const value = Object.hasOwn(tree, key) ? tree[key] : undefined;
  // An item that is no mapping still counts as one: a result must not vanish because it is malformed.
  return Array.isArray(value) ? value.map((item: unknown) => (isTree(item) ? item : {})) : [];
}

export function textAt(tree: Tree, key: string): string {
  const value = Object.hasOwn(tree, key) ? tree[key] : undefined;
  return typeof value === 'string' ? value : '';
}

/** A whole number from 0; null for anything else. */
export function indexAt(tree: Tree, key: string): number | null {
  const value = Object.hasOwn(tree, key) ? tree[key] : undefined;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}
