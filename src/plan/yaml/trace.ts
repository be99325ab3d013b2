import { type Document, isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Path } from '../path.js';

/** Follows a path into the file as far as it goes: how many keys, and the line of the last one. */
export function traceIn(
  document: Document,
  path: Path,
  lineOf: (offset: number) => number,
): { readonly depth: number; readonly line: number } {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  let depth = 0;
  for (const key of path) {
    const child = childOf(isAlias(node) ? node.resolve(document) : node, key);
    if (child === null) break;
    node = child.node;
    offset = child.offset;
    depth++;
  }
  return { depth, line: lineOf(offset) };
}

function childOf(node: unknown, key: string | number): { node: unknown; offset: number } | null {
  if (isSeq(node) && typeof key === 'number') {
    const item = node.items[key];
    return isNode(item) ? { node: item, offset: item.range?.[0] ?? 0 } : null;
  }
  if (!isMap(node)) return null;
  const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === key);
  if (pair === undefined) return null;
  return { node: pair.value, offset: isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0 };
}
