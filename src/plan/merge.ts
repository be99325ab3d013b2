import { isTree, type Tree } from './path.js';

/** Lays a section over a plan: mappings merge deeply, lists and scalars replace, null removes. */
export function merge(base: Tree, over: Tree): Tree {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergeValue(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

function mergeValue(base: unknown, over: unknown): unknown {
  if (!isTree(over)) return over;
  return merge(isTree(base) ? base : {}, over);
}
