import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { contextsOf, type JobFacts } from './contexts.js';
import type { Job, JobOptions, JobResult, JobStatus, StepResult, Timing } from './contract.js';
import { type Contexts, holds } from './expression.js';
import { messageOf } from './failure.js';
import { Masks } from './masks.js';
import { findNode } from './node-binary.js';
import { sweepOrphans } from './orphans.js';
import { mainStage, postStage, type Stage, scriptStage } from './stage.js';
import { StageRun } from './stage-run.js';

export type { Job, JobOptions, JobResult, Step, StepResult } from './contract.js';

export const defaultTiming: Timing = {
  sigintMs: 7500,
  sigtermMs: 2500,
  outputGraceMs: 5000,
  cancelBudgetMs: 285_000,
};

/** Runs the steps of one job as `actions/runner` does. */
export function startJob(options: JobOptions): Job {
  const run = new JobRun(options);
  return {
    cancel: () => run.cancel(),
    lose: () => run.lose(),
    mainPid: () => run.current?.pid ?? null,
    kill: (signal) => run.current?.signal(signal),
    result: run.finish(),
  };
}

class JobRun {
  current: StageRun | null = null;
  readonly #facts: JobFacts;
  readonly #timing: Timing;
  readonly #masks = new Masks();
  readonly #runtimeToken = `runtime-${randomUUID()}`;
  readonly #posts: Stage[] = [];
  readonly #done: StepResult[] = [];
  #status: JobStatus = 'success';
  #cancelled = false;
  #over = false;
  #budget: NodeJS.Timeout | undefined;
  #env: Record<string, string>;
  #path: string[] = [];

  constructor(options: JobOptions) {
    this.#facts = {
      options,
      trackingId: `github_${randomUUID()}`,
      eventPath: join(options.temp, '_github_workflow', 'event.json'),
    };
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#env = { ...options.env };
    for (const secret of [options.token, this.#runtimeToken, ...Object.values(options.secrets ?? {})]) {
      this.#masks.add(secret);
    }
  }

  /** R StepsRunner.cs: a step whose condition holds for a cancelled job too goes on, and so do such posts. */
  cancel(): void {
    if (this.#cancelled || this.#over) return;
    this.#cancelled = true;
    this.#status = 'cancelled';
    // R Runner.Listener/JobDispatcher.cs: then the worker is killed, whatever it is doing.
    this.#budget = setTimeout(() => this.#end(), this.#timing.cancelBudgetMs);
    const { current } = this;
    if (current !== null && !this.#conditionHolds(current.stage)) current.interrupt('cancel');
  }

  lose(): void {
    if (this.#over) return;
    if (this.#status === 'success') this.#status = 'failure';
    this.#end();
  }

  async finish(): Promise<JobResult> {
    await this.#prepare();
    const steps: StepResult[] = [];
    for (const stage of this.#facts.options.steps.map((step, index) => this.#toStage(step, index))) {
      const result = await this.#runStage(stage);
      this.#done.push(result);
      steps.push(result);
    }
    const posts: StepResult[] = [];
    for (let post = this.#posts.pop(); post !== undefined; post = this.#posts.pop()) {
      posts.push(await this.#runStage(post));
    }
    this.#over = true;
    clearTimeout(this.#budget);
    const swept = await sweepOrphans(this.#facts.trackingId);
    return {
      status: this.#status,
      steps,
      posts,
      swept,
      log: [...steps, ...posts].map(({ log }) => log).join(''),
    };
  }

  async #prepare(): Promise<void> {
    const { temp, event } = this.#facts.options;
    await mkdir(temp, { recursive: true });
    await mkdir(dirname(this.#facts.eventPath), { recursive: true });
    await writeFile(this.#facts.eventPath, JSON.stringify(event.payload));
  }

  #toStage(step: JobOptions['steps'][number], index: number): Stage {
    const id = step.id ?? `step-${index + 1}`;
    if (step.kind === 'run') return scriptStage({ id, step });
    const state: Record<string, string> = {};
    return mainStage({
      id,
      step,
      state,
      onStart: ({ post, postIf }) => {
        // A stack: the post of the last step runs first. R ExecutionContext.cs RegisterPostJobStep.
        if (post !== null) this.#posts.push(postStage({ id, step, state, condition: postIf }));
      },
    });
  }

  async #runStage(stage: Stage): Promise<StepResult> {
    if (this.#over) return notRun(stage);
    try {
      if (!this.#conditionHolds(stage)) return notRun(stage);
    } catch (error) {
      return this.#merge(notRun(stage, messageOf(error)));
    }
    this.current = new StageRun({
      stage,
      facts: this.#facts,
      timing: this.#timing,
      masks: this.#masks,
      node: this.#facts.options.node ?? findNode(),
      runtimeToken: this.#runtimeToken,
      env: this.#env,
      path: this.#path,
      contexts: (env) => this.#contexts(stage.id, env),
    });
    const { result, effects } = await this.current.finish();
    this.current = null;
    this.#env = { ...this.#env, ...effects.env };
    // The latest entry comes first, and an older one of the same name goes.
    this.#path = [...new Set([...effects.path.reverse(), ...this.#path])];
    return this.#merge(result);
  }

  /** R TaskResultUtil.cs MergeTaskResults: a failure makes a success worse, never a cancel. */
  #merge(result: StepResult): StepResult {
    if (result.conclusion === 'failure' && this.#status === 'success') this.#status = 'failure';
    return result;
  }

  #conditionHolds(stage: Stage): boolean {
    return holds(stage.condition, this.#contexts(stage.id, this.#env));
  }

  #contexts(step: string, env: Readonly<Record<string, string>>): Contexts {
    return contextsOf(this.#facts, { status: this.#status, step, env, done: this.#done });
  }

  #end(): void {
    this.#over = true;
    this.current?.signal('SIGKILL');
    // At once and not at the end of the job: what it left running must not act any more either. What escapes
    // this sweep, or makes it fail, meets the one at the end.
    sweepOrphans(this.#facts.trackingId).catch(() => {});
  }
}

/** Skipped, or failed where its condition could not be evaluated. */
function notRun(stage: Stage, problem?: string): StepResult {
  const outcome = problem === undefined ? 'skipped' : 'failure';
  return {
    id: stage.id,
    outcome,
    conclusion: outcome,
    exitCode: null,
    signal: null,
    outputs: {},
    state: {},
    annotations: problem === undefined ? [] : [{ level: 'error', message: problem }],
    summary: '',
    log: problem === undefined ? '' : `##[error]${problem}\n`,
    durationMs: 0,
  };
}
