import { moveReference } from './loose.js';
import { runGit } from './process.js';

export interface ReferenceChange {
  /** Fully qualified. */
  readonly name: string;
  /** Null deletes. */
  readonly to: string | null;
  /** What it has to be now; null: absent. */
  readonly from: string | null;
}

export const ZERO = '0'.repeat(40);

/** A reference is not where the change expected it, or its name cannot exist beside the present ones. */
export class ReferenceConflict extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReferenceConflict';
  }
}

/** All of the changes or none, by git's own locks: it holds against pushes by path too. */
export async function changeReferences(
  repository: string,
  changes: readonly ReferenceChange[],
): Promise<void> {
  const [only, ...others] = changes;
  if (only !== undefined && others.length === 0 && only.to !== null) {
    if (moveReference(repository, { ...only, to: only.to })) return;
  }
  const lines = changes.map(({ name, to, from }) => {
    if (to === null) return `delete ${name} ${from ?? ZERO}\n`;
    return from === null ? `create ${name} ${to}\n` : `update ${name} ${to} ${from}\n`;
  });
  const { code, stderr } = await runGit(repository, ['update-ref', '--stdin'], { input: lines.join('') });
  if (code !== 0) throw new ReferenceConflict(stderr);
}

/** As `git check-ref-format`, and fully qualified with at least two slashes, as GitHub asks. */
export function isReferenceName(name: string): boolean {
  return (
    /^refs\/[^/]+\/./.test(name) &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: git forbids them in names.
    !/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(\/|$)|[/.]$/.test(name)
  );
}
