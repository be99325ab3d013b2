import type { Readable, Writable } from 'node:stream';

/** The machine that a release runs on: time, processes, HTTP and the log. The engine knows only this contract. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface ScriptRequest {
  /** What a person reads as the log group, e.g. `promote` or `traffic 25 %`. */
  readonly name: string;
  /** Bash text, run with `bash --noprofile --norc -e -o pipefail`. */
  readonly script: string;
  /** Added to the scrubbed environment of the step. An empty string sets an empty variable. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Data for stdin; closed when absent. */
  readonly stdin?: NodeJS.ReadableStream;
  /**
   * Takes stdout as bytes instead of the log; the run ends only after it has. `lastLine` is then empty and
   * `tail` holds stderr alone.
   */
  readonly stdout?: NodeJS.WritableStream;
  /** Keeps the output out of the log when it succeeds (reads such as `in-service`, asked often). */
  readonly quiet?: boolean;
  /** Stands before each line in the log, instead of a group around them: for scripts that run at the same time. */
  readonly prefix?: string;
}

export interface ScriptResult {
  /** `failed`: ran and exited non-zero or by a signal. `errored`: could not be started. */
  readonly outcome: 'ok' | 'failed' | 'timed-out' | 'aborted' | 'errored';
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The last non-empty line of stdout, trimmed, not redacted (it is a value to read, not to show). */
  readonly lastLine: string;
  /** The last lines of stdout and stderr as they came, redacted, at most 40 lines of 500 characters. */
  readonly tail: readonly string[];
  readonly durationMs: number;
  /** How many processes the script left running and this runner ended. */
  readonly leftBehind: number;
}

export interface Scripts {
  /** Never rejects: each way to fail is an outcome. When it resolves, no process of the script is alive. */
  run(request: ScriptRequest): Promise<ScriptResult>;
}

export interface ProgramRequest {
  /** Looked up on the `PATH`; no shell is between. */
  readonly command: string;
  /** Everybody on the machine can read them: never a secret. */
  readonly args: readonly string[];
  /** Added to the scrubbed environment of the step: where secrets go. */
  readonly env?: Readonly<Record<string, string>>;
  /** The workspace when absent. */
  readonly cwd?: string;
  /** Whom it runs as, where this process is root and the program refuses to be; the same user when absent. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /**
   * When this process dies, however suddenly, the program is stopped as by `stop` and does not see the end of its
   * input: for a reader that would take half of the data for all of it.
   */
  readonly guardsInput?: boolean;
  /** What asks it to stop; SIGKILL follows when it has not ended within five seconds. SIGTERM when absent. */
  readonly stopBy?: 'SIGINT' | 'SIGTERM';
  /** Aborted: the program is stopped. */
  readonly signal?: AbortSignal;
}

export interface ProgramEnd {
  /** `missing`: there is no such program. `errored`: it could not be started. `stopped`: by `stop` or the signal. */
  readonly outcome: 'ok' | 'failed' | 'stopped' | 'missing' | 'errored';
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The last lines of stderr, redacted, at most 40 lines of 500 characters. */
  readonly tail: readonly string[];
}

/** A program that runs. Its stdout must be read to its end, or destroyed; until then `ended` does not resolve. */
export interface Program {
  readonly pid: number | null;
  /** Its errors are no errors of this process: what counts is how the program ended. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Never rejects. When it resolves, the program is gone and all that it wrote was taken. */
  readonly ended: Promise<ProgramEnd>;
  /** Asks it to stop, and makes it stop. Repeatable; harmless when it has ended. */
  stop(): void;
}

export interface Programs {
  /** Never throws: what does not start has ended as `missing` or `errored`. */
  start(request: ProgramRequest): Program;
  /** For short answers: stdin is empty, stdout comes back, at most 16 MiB of it. */
  run(
    request: ProgramRequest & { readonly timeoutMs: number },
  ): Promise<ProgramEnd & { readonly stdout: string }>;
}

export interface HttpAnswer {
  readonly status: number;
  /** At most `longestBody`; what is beyond is cut. */
  readonly body: string;
  readonly isCut: boolean;
  /** The server's clock by its `Date` header, to the second, in milliseconds since 1970; null without one. */
  readonly date: number | null;
}

export interface Http {
  /** Rejects with an `Error` whose message names the reason (refused, timed out, not a URL, ...). */
  request(request: {
    readonly url: string;
    readonly method?: 'GET' | 'POST';
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
    /** In bytes; 1 MiB when not given. */
    readonly longestBody?: number;
    /** Certificates in PEM that are trusted for https besides the ones that Node brings. */
    readonly ca?: string;
  }): Promise<HttpAnswer>;
}

export interface Log {
  info(line: string): void;
  /** Shown as an annotation of the run. */
  warning(message: string): void;
  error(message: string, title?: string): void;
  group<T>(title: string, work: () => Promise<T>): Promise<T>;
}

/** Replaces every known secret in a text, in all the forms of DESIGN invariant 8, by `***`. */
export interface Redactor {
  redact(text: string): string;
  /** Learns one more secret, e.g. what a script announced by `::add-mask::`. Shorter than 6 characters: ignored. */
  add(secret: string): void;
}
