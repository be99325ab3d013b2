import { constants } from 'node:os';
import { applyCommandFiles, type FileEffects } from './apply-files.js';
import type { JobFacts } from './contexts.js';
import type { Outcome, StepResult, Timing } from './contract.js';
import { stepEnvironment } from './environment.js';
import { type Contexts, interpolate } from './expression.js';
import { messageOf } from './failure.js';
import { type CommandFiles, createCommandFiles } from './file-commands.js';
import type { Masks } from './masks.js';
import type { Stage } from './stage.js';
import { StepLog } from './step-log.js';
import { type Ending, type StepProcess, startProcess } from './step-process.js';

export interface StageOptions {
  readonly stage: Stage;
  readonly facts: JobFacts;
  readonly timing: Timing;
  readonly masks: Masks;
  readonly node: string;
  readonly runtimeToken: string;
  /** The environment and the path that the job has by now, without the step's own `env:`. */
  readonly env: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  readonly contexts: (env: Readonly<Record<string, string>>) => Contexts;
}

export interface StageEnd {
  readonly result: StepResult;
  readonly effects: FileEffects;
}

/** One stage from its start to its result. Whatever goes wrong in it is its outcome; it never rejects. */
export class StageRun {
  readonly stage: Stage;
  readonly #options: StageOptions;
  readonly #log: StepLog;
  #process: StepProcess | null = null;
  #interruption: 'cancel' | 'timeout' | null = null;

  constructor(options: StageOptions) {
    this.#options = options;
    this.stage = options.stage;
    const { facts, masks, stage } = options;
    this.#log = new StepLog({
      masks,
      state: stage.state,
      workspace: facts.options.workspace,
      debug: facts.options.debug ?? false,
      onLine: (line) => facts.options.onLine?.(line, stage.name),
    });
  }

  get pid(): number | null {
    return this.#process?.pid() ?? null;
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.signal(name);
  }

  /** What came first decides the outcome; the ladder is climbed once. */
  interrupt(why: 'cancel' | 'timeout'): void {
    if (this.#interruption !== null) return;
    this.#interruption = why;
    this.#process?.interrupt();
  }

  async finish(): Promise<StageEnd> {
    const started = performance.now();
    const files = await createCommandFiles(this.#options.facts.options.temp);
    let ending: Ending | null = null;
    let effects: FileEffects;
    try {
      ending = await this.#runProcess(files);
    } catch (error) {
      this.#log.error(messageOf(error));
    } finally {
      // Also after a crash or a kill: what was written before it counts. R ActionRunner.cs RunAsync.
      effects = await applyCommandFiles({ files, log: this.#log, masks: this.#options.masks });
    }
    const outcome = this.#outcome(ending);
    const { outputs, state, annotations } = this.#log;
    return {
      effects,
      result: {
        id: this.stage.id,
        outcome,
        conclusion: outcome === 'failure' && this.stage.step.continueOnError ? 'success' : outcome,
        exitCode: ending?.exitCode ?? null,
        signal: ending?.signal ?? null,
        outputs: { ...outputs },
        state: { ...state },
        annotations,
        summary: effects.summary,
        log: this.#log.text,
        durationMs: performance.now() - started,
      },
    };
  }

  async #runProcess(files: CommandFiles): Promise<Ending> {
    const { stage, facts, timing, node, path, runtimeToken } = this.#options;
    const { apiUrl, temp, workspace } = facts.options;
    const jobContexts = this.#options.contexts(this.#options.env);
    const own = Object.entries(stage.step.env ?? {}).map(([name, text]) => [
      name,
      interpolate(text, jobContexts),
    ]);
    const env = { ...this.#options.env, ...Object.fromEntries(own) };
    const contexts = this.#options.contexts(env);
    const launch = await stage.prepare({ contexts, log: this.#log, node, temp, apiUrl, runtimeToken });
    const { startAction = startProcess } = facts.options;
    const start = stage.step.kind === 'action' ? startAction : startProcess;
    this.#process = start({
      file: launch.file,
      arguments: launch.arguments,
      // R NodeScriptActionHandler.cs: the workspace, not the directory of the action.
      directory: workspace,
      env: { ...stepEnvironment(facts, { id: stage.id, files, env, path }), ...launch.env },
      timing,
      onLine: (line) => this.#log.printed(line),
    });
    // A cancel that came while the process was being prepared.
    if (this.#interruption !== null) this.#process.interrupt();
    const minutes = stage.step.timeoutMinutes;
    const timeout =
      minutes === undefined ? undefined : setTimeout(() => this.interrupt('timeout'), minutes * 60_000);
    try {
      return await this.#process.ended;
    } finally {
      clearTimeout(timeout);
    }
  }

  /** R StepsRunner.cs RunStepAsync: an interrupted step is cancelled, or failed by its timeout, even on exit 0. */
  #outcome(ending: Ending | null): Outcome {
    const { name, step } = this.stage;
    if (this.#interruption === 'cancel') {
      this.#log.error('The operation was canceled.');
      return 'cancelled';
    }
    if (this.#interruption === 'timeout') {
      this.#log.error(`The action '${name}' has timed out after ${step.timeoutMinutes} minutes.`);
      return 'failure';
    }
    if (ending?.exitCode === 0) return this.#log.commandFailed ? 'failure' : 'success';
    if (ending !== null && step.kind === 'run') {
      this.#log.error(
        `Process completed with exit code ${ending.exitCode ?? 128 + signalNumber(ending.signal)}.`,
      );
    }
    return 'failure';
  }
}

function signalNumber(name: string | null): number {
  return Object.entries(constants.signals).find(([known]) => known === name)?.[1] ?? 0;
}
