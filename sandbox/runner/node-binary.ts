import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
