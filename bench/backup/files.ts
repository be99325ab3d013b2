import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './case.js';

const FILES = 100_000;
const FOLDERS = 1_000;

/** Uploads and settings: very many small files. */
export async function manyFiles(root: string): Promise<Case> {
  const workspace = join(root, 'files');
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    const directory = join(workspace, 'data', `part-${folder}`);
    mkdirSync(directory, { recursive: true });
    for (let file = 0; file < FILES / FOLDERS; file += 1) {
      const line = `${folder} ${file} ${Math.random().toString(36)} of a shop that keeps its texts in files\n`;
      writeFileSync(join(directory, `text-${file}.txt`), line.repeat(1 + ((folder + file) % 25)));
    }
  }
  return {
    name: 'files',
    pairs: 3,
    source: { kind: 'files', name: 'files', usable: null, files: ['data/**'] },
    workspace,
    env: {},
    // A person lets restic read a directory by itself.
    backup: 'restic backup data',
    restore: 'restic restore latest --target .',
    remove: async () => undefined,
  };
}
