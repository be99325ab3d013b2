import type { Head } from './host/checkout.js';
import type { Clock, Log, Redactor } from './host/contract.js';
import type { Memory } from './host/memory.js';
import type { Inputs } from './inputs.js';
import type { Plan } from './plan/plan.js';
import type { Ports } from './stages/context.js';

/** The process around the engine: what the runner gives it and what it gives the runner. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  /** Knows the secrets of the environment; learns those that the plan names and that scripts announce. */
  readonly redactor: Redactor;
  /** Aborted with a `ReleaseProblem` when the runner asks the step to stop. */
  readonly signal: AbortSignal;
  readonly saved: { read(name: string): string; write(name: string, value: string): void };
  readonly memory: Memory;
  setOutput(name: string, value: string): void;
  writeSummary(markdown: string): void;
  /** The text of a file in the workspace; null when there is none. */
  readFile(path: string): string | null;
  /** The files of the workspace that match a path or a glob, from its root, sorted. */
  findFiles(pattern: string): readonly string[];
  /** A directory inside the workspace, by the input `working-directory`; or why it cannot be one. */
  findDirectory(workingDirectory: string): { readonly path: string } | { readonly problem: string };
  /** Writes a file in the workspace; or says why it cannot be written there. */
  writeFile(path: string, text: string): { readonly problem: string } | null;
  readHead(directory: string): Promise<Head | null>;
  /** Ends what a killed main left running; returns how many processes. */
  endLeftovers(): Promise<number>;
  /** Builds the ports once inputs and plan are known. */
  ports(options: PortOptions): Ports;
}

export interface PortOptions {
  readonly inputs: Inputs;
  readonly plan: Plan;
  readonly release: string;
  readonly sha: string;
  readonly version?: string;
  readonly workspace: string;
  /** How long a write of the ledger may stay without an answer; ten minutes by default. */
  readonly unreachableAfterMs?: number;
  /** An earlier step began this release: what it posted is found and updated rather than made again. */
  readonly adopts?: boolean;
  /** What an earlier step of the same release made, to be updated rather than made again. */
  readonly known?: {
    readonly checks?: Readonly<Record<string, number>>;
    readonly deployment?: number | null;
  };
}
