import { once } from 'node:events';
import { PassThrough, type Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ProgramEnd, ProgramRequest, Programs } from '../host/contract.js';
import { BackupProblem } from './problem.js';
import { saidAtTheEnd } from './said.js';

/** For a question to a server or a program, in milliseconds. */
const ASK_TIMEOUT_MS = 60_000;

/**
 * Bytes that one reader of several may be behind the others. With less, on a busy machine all would wait for each to be
 * scheduled after every chunk.
 */
const WINDOW = 1024 * 1024;

/** PostgreSQL tells the values of a row in these; they are data, and belong in no report. */
const TELLS_DATA = /^\s*(?:\w+: )?(?:DETAIL|CONTEXT|STATEMENT|QUERY|LINE \d+|Command was)\b/;

/** A program that a source needs. */
export interface Tool extends ProgramRequest {
  /** What a person reads: `pg_dump`. */
  readonly name: string;
  /** What to say when it is not there. */
  readonly missing?: BackupProblem;
}

export interface Flow {
  /** What the program reads; nothing when absent. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
  /** What takes its stdout. It is not ended: whether all of it came is known only when this resolves. */
  readonly output?: Writable | undefined;
}

/** Runs a program to its end. Rejects unless it exits with 0, all of its input came, and all of its output was taken. */
export async function runTool(programs: Programs, tool: Tool, { input, output }: Flow = {}): Promise<void> {
  tool.signal?.throwIfAborted();
  const program = programs.start(tool);
  const stopOn = (work: Promise<void>): Promise<unknown> =>
    work.then(
      () => null,
      (error: unknown) => {
        program.stop();
        return error;
      },
    );
  const [fed, taken] = await Promise.all([
    stopOn(input === undefined ? finish(program.stdin) : pour(input, [program.stdin])),
    stopOn(carry(program.stdout, output)),
  ]);
  const ended = await program.ended;
  tool.signal?.throwIfAborted();
  // A program that failed by itself breaks its pipes and is the reason; one that was stopped was so for theirs.
  if (ended.outcome !== 'stopped') refuseFailure(tool, ended);
  for (const broken of [fed, taken]) if (broken !== null) throw broken;
  refuseFailure(tool, ended);
}

/** Asks a program for a short answer: its stdout, trimmed. Rejects as `runTool` does. */
export async function askTool(programs: Programs, tool: Tool): Promise<string> {
  const { stdout, ...ended } = await programs.run({ ...tool, timeoutMs: ASK_TIMEOUT_MS });
  tool.signal?.throwIfAborted();
  refuseFailure(tool, ended);
  return stdout.trim();
}

/**
 * Pours a stream into several sinks at the pace of the slowest, and ends them. A sink that is closed early is left
 * out, since how its program ended tells more.
 */
async function pour(input: AsyncIterable<Uint8Array>, sinks: readonly Writable[]): Promise<void> {
  for await (const chunk of input) {
    const full = sinks.filter((sink) => !sink.destroyed && sink.writable && !sink.write(chunk));
    await Promise.all(full.map(drained));
  }
  await Promise.all(sinks.map(finish));
}

/**
 * Gives one stream to several readers, at the pace of the slowest. All of it is read whatever becomes of them: that it
 * is damaged, which shows at its end, is a better reason than what a reader found.
 */
export async function fanOut(
  input: AsyncIterable<Uint8Array>,
  readers: readonly ((input: AsyncIterable<Uint8Array>) => Promise<void>)[],
): Promise<void> {
  const failures: unknown[] = [];
  const pipes = readers.map(() => new PassThrough({ highWaterMark: WINDOW }).on('error', () => undefined));
  const reading = pipes.map(async (pipe, index) => {
    try {
      await readers[index]?.(pipe);
    } catch (error) {
      failures.push(error);
    } finally {
      pipe.destroy();
    }
  });
  try {
    await pour(input, pipes);
  } catch (error) {
    failures.unshift(error);
    for (const pipe of pipes) pipe.destroy(error instanceof Error ? error : new Error(String(error)));
  }
  await Promise.all(reading);
  if (failures.length > 0) throw failures[0];
}

/** What is written to it, as one text of at most a few MB. */
export async function textOf(work: (sink: Writable) => Promise<void>): Promise<string> {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  await work(sink);
  return Buffer.concat(chunks).toString();
}

async function carry(stdout: Readable, output: Writable | undefined): Promise<void> {
  if (output === undefined) {
    stdout.resume();
    await finished(stdout);
    return;
  }
  for await (const chunk of stdout) {
    if (output.destroyed) throw output.errored ?? new Error('what takes the output was closed');
    if (!output.write(chunk)) await drained(output);
  }
}

function drained(sink: Writable): Promise<unknown> {
  if (sink.destroyed || !sink.writableNeedDrain) return Promise.resolve();
  const settled = new AbortController();
  const { signal } = settled;
  return Promise.race([once(sink, 'drain', { signal }), once(sink, 'close', { signal })])
    .catch(() => undefined)
    .finally(() => settled.abort());
}

/** A pipe whose program has ended is broken, which its program's end explains. */
async function finish(sink: Writable): Promise<void> {
  if (sink.destroyed || !sink.writable) return;
  sink.end();
  await finished(sink, { readable: false }).catch(() => undefined);
}

function refuseFailure({ name, missing }: Tool, { outcome, exitCode, signal, tail }: ProgramEnd): void {
  if (outcome === 'ok') return;
  const said = saidAtTheEnd(tail.filter((line) => line.trim() !== '' && !TELLS_DATA.test(line)));
  switch (outcome) {
    case 'missing':
      throw missing ?? new BackupProblem('tool-missing', `\`${name}\` was not found on the PATH of the step`);
    case 'stopped':
      throw new BackupProblem('failed', `\`${name}\` did not end in time and was stopped; ${said}`);
    case 'errored':
      throw new BackupProblem('failed', `\`${name}\` could not be started; ${said}`);
    default:
      throw new BackupProblem(
        'failed',
        `\`${name}\` ${signal === null ? `failed with exit code ${exitCode}` : `was ended by ${signal}`}; ${said}`,
      );
  }
}
