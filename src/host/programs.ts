import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Program, ProgramEnd, ProgramRequest, Programs, Redactor } from './contract.js';
import { GRACE_MS } from './ending.js';
import { scriptEnvironment } from './environment.js';
import { guardInput } from './input-guard.js';
import { noteRunning } from './leftovers.js';
import { createOutput } from './output.js';
import { codeOf } from './system-error.js';

/** The most that `run` gives back, in bytes. */
const MOST_STDOUT = 16 * 1024 * 1024;

export interface ProgramsOptions {
  /** The step's environment; programs get it scrubbed, as scripts do. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workspace: string;
  readonly oidc: boolean;
  readonly redactor: Redactor;
  /** Where a running program is noted for `endLeftovers`. */
  readonly markerDirectory?: string;
}

/** Starts programs without a shell, for what must be streamed and watched rather than shown. */
export function createPrograms(options: ProgramsOptions): Programs {
  const start = (request: ProgramRequest) => startProgram(options, request);
  return { start, run: (request) => runToEnd(start, request) };
}

function startProgram(options: ProgramsOptions, request: ProgramRequest): Program {
  const marker = randomUUID();
  const spawned = spawnQuietly(options, request, marker);
  if ('error' in spawned) return notStarted(spawned.error);
  const { child } = spawned;
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) return notStarted(new Error('it has no pipes'));
  const { pid } = child;
  const forget =
    pid === undefined || options.markerDirectory === undefined
      ? () => undefined
      : noteRunning(options.markerDirectory, { pid, marker, name: request.command });
  const guard = request.guardsInput && pid !== undefined ? guardInput({ pid, stdin, ...request }) : null;
  const stopping = stopper(child, request);
  stdin.on('error', () => undefined);
  const ended = end({ child, stdout, stderr, options, wasStopped: stopping.wasStopped }).finally(() => {
    stopping.forget();
    guard?.dismiss();
    forget();
  });
  return { pid: pid ?? null, stdin, stdout, ended, stop: stopping.stop };
}

/** Node reports most failures to start by an event, but some (an argument with NUL, too large an environment) at once. */
function spawnQuietly(
  options: ProgramsOptions,
  request: ProgramRequest,
  marker: string,
): { child: ChildProcess } | { error: Error } {
  try {
    const child = spawn(request.command, [...request.args], {
      cwd: request.cwd ?? options.workspace,
      env: scriptEnvironment({ env: options.env, oidc: options.oidc, added: request.env ?? {}, marker }),
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: the SIGINT of a terminal or of the runner must not reach it before this process has decided.
      detached: true,
      ...(request.user ?? {}),
    });
    return { child };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function stopper(child: ChildProcess, { signal, stopBy }: ProgramRequest) {
  let isStopped = false;
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    if (isStopped || child.exitCode !== null || child.signalCode !== null) return;
    isStopped = true;
    child.kill(stopBy ?? 'SIGTERM');
    killing = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  };
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  return {
    stop,
    wasStopped: () => isStopped,
    forget: () => {
      clearTimeout(killing);
      signal?.removeEventListener('abort', stop);
    },
  };
}

async function end(running: {
  readonly child: ChildProcess;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly options: ProgramsOptions;
  readonly wasStopped: () => boolean;
}): Promise<ProgramEnd> {
  const { child, stdout, stderr, options, wasStopped } = running;
  const output = createOutput({ redactor: options.redactor, onMask: () => undefined, show: null });
  stderr.on('data', (chunk: Buffer) => output.stderr.write(chunk));
  const exit = await new Promise<{ code: number | null; signal: string | null } | { error: Error }>(
    (resolve) => {
      child.once('error', (error) => resolve({ error }));
      child.once('exit', (code, signal) => resolve({ code, signal }));
    },
  );
  if ('error' in exit) return failedToStart(exit.error);
  // What a pipe could not give is missing at its reader, which then fails; here only the end matters.
  await Promise.all([stdout, stderr].map((stream) => finished(stream).catch(() => undefined)));
  const { tail } = output.end();
  const outcome = wasStopped() ? 'stopped' : exit.code === 0 ? 'ok' : 'failed';
  return { outcome, exitCode: exit.code, signal: exit.signal, tail };
}

function notStarted(error: Error): Program {
  const nothing = () => new PassThrough().end();
  const stdin: Writable = new PassThrough().resume();
  return {
    pid: null,
    stdin,
    stdout: nothing(),
    ended: Promise.resolve(failedToStart(error)),
    stop: () => undefined,
  };
}

function failedToStart(error: Error): ProgramEnd {
  const outcome = codeOf(error) === 'ENOENT' ? 'missing' : 'errored';
  return { outcome, exitCode: null, signal: null, tail: [error.message] };
}

async function runToEnd(
  start: (request: ProgramRequest) => Program,
  { timeoutMs, signal, ...request }: ProgramRequest & { readonly timeoutMs: number },
): Promise<ProgramEnd & { readonly stdout: string }> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const program = start({ ...request, signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
  program.stdin.end();
  const chunks: Buffer[] = [];
  let size = 0;
  program.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MOST_STDOUT) chunks.push(chunk);
    else program.stop();
  });
  program.stdout.on('error', () => undefined);
  const ended = await program.ended;
  return { ...ended, stdout: Buffer.concat(chunks).toString('utf8') };
}
