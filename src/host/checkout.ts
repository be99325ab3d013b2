import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The commit that is checked out. */
export interface Head {
  /** 40 digits. */
  readonly sha: string;
  readonly message: string;
}

/** The commit that is checked out in a directory; null when there is no repository or no git. */
export async function readHead(directory: string): Promise<Head | null> {
  try {
    // In a container the workspace often belongs to another user; only reading the head is safe all the same.
    const args = ['-c', 'safe.directory=*', 'log', '-1', '--format=%H%n%B'];
    const { stdout } = await run('git', args, {
      cwd: directory,
      maxBuffer: 4 * 1024 * 1024,
      timeout: 30_000,
    });
    const end = stdout.indexOf('\n');
    const sha = stdout.slice(0, end);
    return /^[0-9a-f]{40}$/.test(sha) ? { sha, message: stdout.slice(end + 1) } : null;
  } catch {
    return null;
  }
}
