import { createHash } from 'node:crypto';
import type { TreeEntry } from './objects.js';

export const TREE = '040000';

/** The id that git gives to a file of this content. */
export function blobId(content: Buffer): string {
  return objectId('blob', content);
}

/** The id that git gives to a tree of these entries, in whatever order they come. */
export function treeId(entries: readonly TreeEntry[]): string {
  const sorted = entries
    .map((entry) => ({ ...entry, key: Buffer.from(entry.mode === TREE ? `${entry.name}/` : entry.name) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  const lines = sorted.flatMap(({ name, mode, sha }) => [
    Buffer.from(`${mode.replace(/^0/, '')} ${name}\0`),
    Buffer.from(sha, 'hex'),
  ]);
  return objectId('tree', Buffer.concat(lines));
}

function objectId(type: 'blob' | 'tree', body: Buffer): string {
  return createHash('sha1').update(`${type} ${body.length}\0`).update(body).digest('hex');
}
