import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { GRACE_MS } from './ending.js';

/** Waits for a word. When its own input ends without one, whoever should have said it is dead. */
const SCRIPT = `
read -r word && [ "$word" = dismissed ] && exit
kill -s "$2" "$1"
for ((i = 0; i < $3; i++)); do kill -0 "$1" 2>/dev/null || exit; sleep 0.1; done
kill -s KILL "$1"
`;

/**
 * Holds the writing end of a program's input beside this process. A pipe whose last writer dies looks to its reader
 * like the end of the data; so a process that outlives this one keeps it open until the reader was stopped.
 */
export function guardInput(guarded: {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stopBy?: 'SIGINT' | 'SIGTERM';
}): { dismiss(): void } {
  const { pid, stdin, stopBy = 'SIGTERM' } = guarded;
  const args = ['-c', SCRIPT, 'guard', String(pid), stopBy.slice('SIG'.length), String(GRACE_MS / 100)];
  const guard = spawn('bash', ['--noprofile', '--norc', ...args], {
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['pipe', 'ignore', 'ignore', stdin],
    detached: true,
  });
  // Without bash there is no guard; scripts need it anyway, and the program itself goes on as it would.
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  return { dismiss: () => void guard.stdin?.end('dismissed\n') };
}
