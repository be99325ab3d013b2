import type { StartProcess } from './step-process.js';

/** What a job on the sandbox's runner takes and gives. Times are milliseconds unless the name says otherwise. */
export interface JobOptions {
  readonly steps: readonly Step[];
  /** `owner/name`. */
  readonly repository: string;
  readonly sha: string;
  /** Fully qualified, e.g. `refs/heads/main`. */
  readonly ref: string;
  /** Derived from `ref` when absent. */
  readonly refName?: string;
  readonly refType?: 'branch' | 'tag';
  readonly event: { readonly name: string; readonly payload: object };
  readonly actor?: string;
  readonly runId?: number;
  readonly runAttempt?: number;
  /** `job.check_run_id`. */
  readonly jobId?: number;
  readonly workflow?: string;
  /** `github.token`; masked in everything that the runner shows. */
  readonly token: string;
  readonly apiUrl: string;
  /** Default: `apiUrl`, so that nothing in the sandbox points at the real GitHub. */
  readonly serverUrl?: string;
  /** Default: `<apiUrl>/graphql`. */
  readonly graphqlUrl?: string;
  readonly workspace: string;
  /** `RUNNER_TEMP`. Must be a job's own directory: two jobs in one would share the event payload. */
  readonly temp: string;
  /** The node binary. Default: the Node 24 of the development dependencies. */
  readonly node?: string;
  /** Starts the main and the post of an action in the place of node. */
  readonly startAction?: StartProcess;
  /** The job's `env:`. Of the developer's own environment only PATH, HOME, LANG and TMPDIR get through. */
  readonly env?: Readonly<Record<string, string>>;
  /** Readable in `with` and `env` as `${{ secrets.NAME }}`, and masked. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Readable in `with` and `env` as `${{ vars.NAME }}`. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Step debug logging: `RUNNER_DEBUG=1`, and debug lines are kept in the log. */
  readonly debug?: boolean;
  readonly timing?: Partial<Timing>;
  /** Each line of the log as it comes, masked; `step` is the id of the step, or `Post <id>`. */
  readonly onLine?: (line: string, step: string) => void;
}

export type Step = ActionStep | ScriptStep;

interface AnyStep {
  /** Default: `step-<position, from 1>`. */
  readonly id?: string;
  /** Default `success`. */
  readonly if?: 'success' | 'failure' | 'cancelled' | 'always';
  readonly env?: Readonly<Record<string, string>>;
  /** Fractions are allowed. A post step inherits it, as it inherits `continueOnError`. */
  readonly timeoutMinutes?: number;
  readonly continueOnError?: boolean;
}

export interface ActionStep extends AnyStep {
  readonly kind: 'action';
  /** Holds `action.yml` or `action.yaml`. */
  readonly directory: string;
  readonly with?: Readonly<Record<string, string>>;
}

export interface ScriptStep extends AnyStep {
  readonly kind: 'run';
  /** Run as `bash -e <file>`. */
  readonly script: string;
}

export interface Timing {
  /** From SIGINT to SIGTERM. 7500. */
  readonly sigintMs: number;
  /** From SIGTERM to SIGKILL. 2500. */
  readonly sigtermMs: number;
  /** How long a child that holds stdout or stderr may delay the end of a step whose process has ended. 5000. */
  readonly outputGraceMs: number;
  /** From a cancel to the end of the whole job, posts included; then everything is killed. 285000. */
  readonly cancelBudgetMs: number;
}

export interface Job {
  /** As a person who presses "Cancel workflow". */
  cancel(): void;
  /** The runner and its machine are gone: every process of the job dies at once, and no post step runs. */
  lose(): void;
  /** The process of the step that runs now (main, post or script), or null between steps. */
  mainPid(): number | null;
  /** Signals that process, and only that one. */
  kill(signal: NodeJS.Signals): void;
  /** Rejects only for mistakes in the options; whatever a step does ends up in the result. */
  readonly result: Promise<JobResult>;
}

export type JobStatus = 'success' | 'failure' | 'cancelled';
export type Outcome = JobStatus | 'skipped';

export interface JobResult {
  readonly status: JobStatus;
  readonly steps: readonly StepResult[];
  /** In the order in which they ran: the post of the last step first. */
  readonly posts: readonly StepResult[];
  /** Processes that the job left running and the runner had to end. */
  readonly swept: readonly SweptProcess[];
  /** The logs of all steps in the order in which they ran. */
  readonly log: string;
}

export interface StepResult {
  readonly id: string;
  /** Before `continueOnError` is applied. */
  readonly outcome: Outcome;
  readonly conclusion: Outcome;
  /** Null when the process was ended by a signal or never started. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly annotations: readonly Annotation[];
  /** Masked Markdown; empty when there is none or it was too large. */
  readonly summary: string;
  /** Masked, as GitHub would show it, without time stamps; ends in a newline unless empty. */
  readonly log: string;
  readonly durationMs: number;
}

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
  readonly endLine?: number;
  readonly column?: number;
  readonly endColumn?: number;
}

export interface SweptProcess {
  readonly pid: number;
  readonly command: string;
}
