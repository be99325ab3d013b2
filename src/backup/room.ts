import { statfs } from 'node:fs/promises';
import { BackupProblem } from './problem.js';

/** Rejects where a second copy of the data has no room beside the live one. `bytes`: of the backup, where it is known. */
export async function refuseWithoutRoom(directory: string, bytes: number | undefined): Promise<void> {
  if (bytes === undefined) return;
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize > bytes) return;
  throw new BackupProblem(
    'failed',
    `the restored data needs ${bytes} bytes beside the live data, and ${JSON.stringify(directory)} has ${bavail * bsize} left; make room there (earlier restores leave \`_before_\` and \`_restored_\` copies)`,
  );
}
