import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { codeOf } from './system-error.js';

export interface ScriptProcess {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when bash itself has ended; what it started may still run. */
  readonly exited: Promise<Exit>;
  /** Removes the script's file. */
  remove(): void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/**
 * Starts bash in a process group of its own. The script goes through a private file: an argument could be read
 * by everybody on the machine and is limited in size, and a descriptor would be inherited by all it starts.
 * Rejects when bash cannot be started.
 */
export async function startScript(options: {
  readonly script: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly hasStdin: boolean;
}): Promise<ScriptProcess> {
  const directory = mkdtempSync(join(options.env.RUNNER_TEMP || tmpdir(), 'gated-release-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    const child = spawn(
      'bash',
      ['--noprofile', '--norc', '-e', '-o', 'pipefail', writeScript(directory, options.script)],
      {
        cwd: options.cwd,
        env: { ...options.env },
        detached: true,
        stdio: [options.hasStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      },
    );
    return { ...(await started(child)), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function writeScript(directory: string, script: string): string {
  chmodSync(directory, 0o700);
  const file = join(directory, 'script.sh');
  writeFileSync(file, script.endsWith('\n') ? script : `${script}\n`, { mode: 0o600 });
  return file;
}

function started(child: ChildProcess): Promise<Omit<ScriptProcess, 'remove'>> {
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      const { pid, stdin, stdout, stderr } = child;
      if (pid === undefined || stdout === null || stderr === null)
        reject(new Error('bash has no pid or no pipes'));
      else resolve({ pid, stdin, stdout, stderr, exited });
    });
  });
}

/** What a person can do about a bash that did not start. */
export function whyNotStarted(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'bash was not found on the PATH of the step; scripts need bash';
  if (code === 'E2BIG')
    return 'the environment of the step is too large for a process; pass large values as files';
  return `bash could not be started: ${error instanceof Error ? error.message : String(error)}`;
}
