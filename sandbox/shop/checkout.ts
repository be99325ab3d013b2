import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceFiles } from './contract.js';

export interface RepositoryFile {
  readonly content: string;
  /** Git's mode. */
  readonly mode: '100644' | '100755';
}

export type RepositoryFiles = Readonly<Record<string, RepositoryFile>>;

/** The template of the shop's repository. Found from the sources and from the compiled `lib/` alike. */
export function repositoryDirectory(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; ; directory = dirname(directory)) {
    const candidate = join(directory, 'sandbox', 'shop', 'repository');
    if (existsSync(candidate)) return candidate;
    if (directory === dirname(directory)) throw new Error(`No sandbox/shop/repository above ${start}.`);
  }
}

/** The files of the template, by path. What begins with `#!` is executable, whatever the disk says. */
export async function exportRepository(directory = repositoryDirectory()): Promise<RepositoryFiles> {
  const found = await readdir(directory, { recursive: true });
  const pairs = await Promise.all(
    found.map(async (path): Promise<[string, RepositoryFile][]> => {
      const file = join(directory, path);
      if (!(await stat(file)).isFile()) return [];
      const content = await readFile(file, 'utf8');
      return [[path, { content, mode: content.startsWith('#!') ? '100755' : '100644' }]];
    }),
  );
  return Object.fromEntries(pairs.flat().sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** How a version of the shop behaves. `broken` fails its own tests, `crash-at-start` only where it is deployed;
 * `spoils-orders` spoils its data when everybody is on it. */
export type Behaviour =
  | 'good'
  | `errors-${number}-percent`
  | 'slow'
  | 'crash-at-start'
  | 'leaking'
  | 'spoils-orders'
  | 'broken';

/** What a commit that makes a new version changes. */
export function releaseFiles(version: string, behaviour: Behaviour): RepositoryFiles {
  return {
    'shop/release.json': { content: `${JSON.stringify({ version, behaviour })}\n`, mode: '100644' },
  };
}

/** The files of a version as its build would publish them. */
export async function sourceFiles(version: string, behaviour: Behaviour = 'good'): Promise<SourceFiles> {
  const all = { ...(await exportRepository()), ...releaseFiles(version, behaviour) };
  return Object.fromEntries(
    Object.entries(all).flatMap(([path, { content }]) => (path.startsWith('shop/') ? [[path, content]] : [])),
  );
}
