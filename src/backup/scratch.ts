import { chmodSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { Breath } from './breath.js';
import { BackupProblem, messageOf } from './problem.js';

/**
 * Lends a fresh empty directory with mode 0700 below `temporary`, and removes it in any case.
 * When `work` fails, its reason is told even if the directory could not be removed as well.
 */
export async function withScratch<T>(temporary: string, work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = await makeScratch(temporary);
  let result: T;
  try {
    result = await work(scratch);
  } catch (error) {
    await remove(scratch).catch(() => undefined);
    throw error;
  }
  await remove(scratch);
  return result;
}

async function makeScratch(temporary: string): Promise<string> {
  try {
    return await mkdtemp(join(temporary, 'gated-release-restore-'));
  } catch (error) {
    throw new BackupProblem(
      'failed',
      `no scratch directory could be made in ${temporary} (${messageOf(error)}), so nothing can be restored for comparison; set TMPDIR to a directory that can be written`,
      error,
    );
  }
}

async function remove(scratch: string): Promise<void> {
  try {
    await removeTree(Buffer.from(scratch), new Breath());
  } catch (error) {
    throw new BackupProblem(
      'failed',
      `the scratch directory ${scratch} could not be removed (${messageOf(error)}); it holds restored data, so remove it by hand`,
      error,
    );
  }
}

/** A restored directory may be read-only, as its original was: only root could empty it as it stands. */
async function removeTree(directory: Buffer, breath: Breath): Promise<void> {
  chmodSync(directory, 0o700);
  for (const entry of readdirSync(directory, { withFileTypes: true, encoding: 'buffer' })) {
    if (breath.isDue()) await breath.take();
    const path = Buffer.concat([directory, Buffer.from('/'), entry.name]);
    if (entry.isDirectory()) await removeTree(path, breath);
    else unlinkSync(path);
  }
  rmdirSync(directory);
}
