import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './case.js';

const MEGABYTES = 400;

/** One large stream, as a dump is: what the way through this process costs, apart from any database. */
export async function largeStream(root: string): Promise<Case> {
  const workspace = join(root, 'stream');
  mkdirSync(workspace);
  const dump = join(workspace, 'dump');
  // Half of each block is noise and half is text, which restic compresses about as a dump.
  for (let megabyte = 0; megabyte < MEGABYTES; megabyte += 1) {
    const noise = randomBytes(256 * 1024)
      .toString('base64')
      .slice(0, 512 * 1024);
    appendFileSync(
      dump,
      `${noise.padEnd(512 * 1024)}${`row ${megabyte}\n`.repeat(80_000).slice(0, 512 * 1024)}`,
    );
  }
  return {
    name: 'stream',
    pairs: 5,
    source: {
      kind: 'run',
      name: 'dump',
      usable: null,
      produce: 'cat dump',
      consume: 'cat > "$RELEASE_SCRATCH/dump"',
      fingerprint: 'stat --format=%s "${RELEASE_SCRATCH:-.}/dump"',
      timeoutMs: 600_000,
    },
    workspace,
    env: {},
    backup: 'cat dump | restic backup --stdin --stdin-filename dump',
    restore: 'restic dump latest /dump | cat > dump',
    remove: async () => undefined,
  };
}
