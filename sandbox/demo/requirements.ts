import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findNode } from '../runner/node-binary.js';
import { checkoutDirectory } from './world.js';

/** The oldest git that merges without a work tree. */
const GIT = { major: 2, minor: 38 };

/** Throws an error that names what is missing, and what to do. */
export function mustHaveTools(): void {
  findNode();
  if (!existsSync(join(checkoutDirectory(), 'dist', 'index.js'))) {
    throw new Error('dist/index.js, the packaged action, is missing. Run "npm run build".');
  }
  versionOf('bash');
  const git = versionOf('git');
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(git) ?? []).map(Number);
  if (major > GIT.major || (major === GIT.major && minor >= GIT.minor)) return;
  throw new Error(`git ${GIT.major}.${GIT.minor} or later is needed, found "${git}". Install a newer one.`);
}

function versionOf(tool: string): string {
  const { error, stdout } = spawnSync(tool, ['--version'], { encoding: 'utf8' });
  if (error !== undefined) {
    throw new Error(`${tool} is needed on the PATH and could not be run (${error.message}). Install it.`);
  }
  return stdout.split('\n')[0] ?? '';
}
