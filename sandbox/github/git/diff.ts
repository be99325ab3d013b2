import { gitOutput } from './process.js';

export interface FileDifference {
  readonly path: string;
  /** The former path of a rename. */
  readonly from: string | null;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed' | 'changed';
  /** The blob after the change, or before it when the file was removed. */
  readonly oid: string;
  readonly additions: number;
  readonly deletions: number;
}

const STATUS: Readonly<Record<string, FileDifference['status']>> = {
  A: 'added',
  D: 'removed',
  M: 'modified',
  R: 'renamed',
  T: 'changed',
};

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** The files that differ between two commits, by path. A base of null means an empty one. */
export async function differences(
  repository: string,
  base: string | null,
  head: string,
): Promise<FileDifference[]> {
  const args = ['diff-tree', '-r', '-M', '-z', '--raw', '--numstat', base ?? EMPTY_TREE, head];
  const fields = (await gitOutput(repository, args)).split('\0').filter((field) => field !== '');
  const next = () => fields.shift() ?? '';
  const found: Omit<FileDifference, 'additions' | 'deletions'>[] = [];
  while (fields[0]?.startsWith(':')) {
    const [, , before = '', after = '', letter = 'M'] = next().split(' ');
    const status = STATUS[letter[0] ?? 'M'] ?? 'modified';
    const from = status === 'renamed' ? next() : null;
    found.push({ status, from, path: next(), oid: status === 'removed' ? before : after });
  }
  return found.map((file) => {
    const [additions = '', deletions = '', path = ''] = next().split('\t');
    // A rename gives its two paths as fields of their own.
    if (path === '') fields.splice(0, 2);
    return { ...file, additions: count(additions), deletions: count(deletions) };
  });
}

/** Binary files have `-` for a count. */
function count(text: string): number {
  return text === '-' ? 0 : Number(text);
}
