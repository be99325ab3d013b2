import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Node 24 of the development dependencies: the runtime that `using: node24` means. */
export function findNode(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', 'node', 'bin', 'node');
    if (existsSync(candidate)) return candidate;
    if (directory === dirname(directory)) {
      throw new Error(
        `No node_modules/node/bin/node above ${start}. Run "npm ci", or give the option "node".`,
      );
    }
  }
}

/**
 * Arguments by which a node keeps what it compiled beside the packages, for its next start: reading the bundle is
 * most of what a short run costs. The program sees nothing of it, its environment least of all.
 */
export function compileCacheArguments(node: string): readonly string[] {
  const modules = dirname(dirname(dirname(node)));
  if (basename(modules) !== 'node_modules') return [];
  const directory = JSON.stringify(join(modules, '.cache', 'gated-release'));
  const code = `import{enableCompileCache}from'node:module';enableCompileCache(${directory})`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}
