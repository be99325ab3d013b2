import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Timing } from './contract.js';

export interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface StepProcess {
  /** Null once the process has ended. */
  pid(): number | null;
  /** To this process alone: its children get no signal. */
  signal(name: NodeJS.Signals): void;
  /** The ladder of a cancel or a timeout. R Runner.Sdk/ProcessInvoker.cs CancelAndKillProcessTree. */
  interrupt(): void;
  /** Rejects when the process could not be started. */
  readonly ended: Promise<Ending>;
}

export interface ProcessOptions {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timing: Timing;
  readonly onLine: (line: string) => void;
}

export type StartProcess = (options: ProcessOptions) => StepProcess;

export const startProcess: StartProcess = (options) => {
  const child = spawn(options.file, [...options.arguments], {
    cwd: options.directory,
    env: { ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Closed at once, so that nothing waits for an answer of a person. The step may be gone before: no matter.
  child.stdin.on('error', () => {});
  child.stdin.end();
  readLines(child.stdout, options.onLine);
  readLines(child.stderr, options.onLine);

  const ended = waitForEnd(child, options.timing.outputGraceMs);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    pid: () => (isRunning() ? (child.pid ?? null) : null),
    signal: (name) => {
      if (isRunning()) child.kill(name);
    },
    interrupt: () => climb(child, { timing: options.timing, ended }),
    ended,
  };
};

/** After the process has ended, a child of it that holds an output may delay the step, but not for long. */
function waitForEnd(child: ChildProcess, graceMs: number): Promise<Ending> {
  return new Promise((resolve, reject) => {
    let grace: NodeJS.Timeout | undefined;
    const finish = () => {
      clearTimeout(grace);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({ exitCode: child.exitCode, signal: child.signalCode });
    };
    child.once('error', (error) => {
      if (child.pid === undefined) reject(error);
    });
    child.once('exit', () => {
      grace = setTimeout(finish, graceMs);
    });
    child.once('close', finish);
  });
}

function climb(child: ChildProcess, { timing, ended }: { timing: Timing; ended: Promise<Ending> }): void {
  const later: NodeJS.Timeout[] = [];
  child.kill('SIGINT');
  later.push(
    setTimeout(() => child.kill('SIGTERM'), timing.sigintMs),
    setTimeout(() => child.kill('SIGKILL'), timing.sigintMs + timing.sigtermMs),
  );
  const stop = () => {
    for (const timer of later) clearTimeout(timer);
  };
  ended.then(stop, stop);
}

/** A lone carriage return ends a line too, as it does for the runner's StreamReader. */
function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let open: string[] = [];
  let heldReturn = '';
  const take = (text: string) => {
    // A return at the end of a chunk may be half of a "\r\n".
    const whole = heldReturn + text;
    heldReturn = whole.endsWith('\r') ? '\r' : '';
    const [first = '', ...others] = (heldReturn === '' ? whole : whole.slice(0, -1)).split(/\r\n|\n|\r/);
    open.push(first);
    for (const next of others) {
      onLine(open.join(''));
      open = [next];
    }
  };
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  stream.on('end', () => {
    take(decoder.end());
    const last = open.join('');
    if (last !== '' || heldReturn !== '') onLine(last);
  });
  // A stream that is destroyed at the end of the grace may report it; the step has ended then.
  stream.on('error', () => {});
}
