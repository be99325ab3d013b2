import { randomUUID } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ActionFile, readActionFile } from './action-file.js';
import type { ActionStep, ScriptStep, Step } from './contract.js';
import { actionEnvironment } from './environment.js';
import { type Contexts, interpolate } from './expression.js';
import { compileCacheArguments } from './node-binary.js';
import type { StepLog } from './step-log.js';

/** One thing that the runner starts: the main or the post of an action, or a script. */
export interface Stage {
  readonly id: string;
  /** `Post <id>` for a post. */
  readonly name: string;
  readonly step: Step;
  /** Evaluated when its turn comes. */
  readonly condition: string;
  /** Shared by the main and the post of the same step, and by nothing else. */
  readonly state: Record<string, string>;
  /** What to start. Inputs are evaluated here, and so at the moment of the stage. */
  prepare(now: StageMoment): Promise<Launch>;
}

export interface StageMoment {
  readonly contexts: Contexts;
  readonly log: StepLog;
  readonly node: string;
  readonly temp: string;
  readonly apiUrl: string;
  readonly runtimeToken: string;
}

export interface Launch {
  readonly file: string;
  readonly arguments: readonly string[];
  /** Added to what every step gets. */
  readonly env: Readonly<Record<string, string>>;
}

export function scriptStage(options: { readonly id: string; readonly step: ScriptStep }): Stage {
  const { id, step } = options;
  return {
    id,
    name: id,
    step,
    condition: conditionOf(step),
    state: {},
    prepare: async ({ contexts, log, temp }) => {
      const script = interpolate(step.script, contexts);
      // R Handlers/ScriptHandler.cs: a file, so that a script may be longer than an argument may be.
      const file = join(temp, `${randomUUID()}.sh`);
      await writeFile(file, script);
      log.output(`##[group]Run ${script.split('\n')[0] ?? ''}`);
      for (const line of script.split('\n')) log.output(line);
      log.output('##[endgroup]');
      return { file: 'bash', arguments: ['-e', file], env: {} };
    },
  };
}

export function mainStage(options: {
  readonly id: string;
  readonly step: ActionStep;
  readonly state: Record<string, string>;
  /** Called when main starts, before its process does. R ActionRunner.cs: that is when post is registered. */
  readonly onStart: (action: ActionFile) => void;
}): Stage {
  const { id, step, state } = options;
  return {
    id,
    name: id,
    step,
    condition: conditionOf(step),
    state,
    prepare: async (now) => {
      const action = await readActionFile(step.directory);
      options.onStart(action);
      const inputs = evaluateInputs({ action, step, now });
      describe(inputs, { log: now.log, directory: step.directory });
      return launchNode({ action, script: action.main, inputs, state, now });
    },
  };
}

export function postStage(options: {
  readonly id: string;
  readonly step: ActionStep;
  readonly state: Record<string, string>;
  readonly condition: string;
}): Stage {
  const { id, step, state, condition } = options;
  return {
    id,
    name: `Post ${id}`,
    step,
    condition,
    state,
    prepare: async (now) => {
      const action = await readActionFile(step.directory);
      if (action.post === null) throw new Error(`action.yml in ${step.directory} no longer has runs.post.`);
      const inputs = evaluateInputs({ action, step, now });
      now.log.output('Post job cleanup.');
      return launchNode({ action, script: action.post, inputs, state, now });
    },
  };
}

function conditionOf(step: Step): string {
  return `${step.if ?? 'success'}()`;
}

type Inputs = Record<string, string>;

/** What was given wins over the default, whatever the case of its name; unknown names only warn. */
function evaluateInputs(options: { action: ActionFile; step: ActionStep; now: StageMoment }): Inputs {
  const { action, step, now } = options;
  const given = Object.entries(step.with ?? {});
  const isGiven = (name: string) => given.some(([key]) => key.toLowerCase() === name.toLowerCase());
  const known = Object.keys(action.inputs);
  const unknown = given.filter(([key]) => !known.some((name) => name.toLowerCase() === key.toLowerCase()));
  if (unknown.length > 0) {
    const names = unknown.map(([key]) => `'${key}'`).join(', ');
    now.log.issue({
      level: 'warning',
      message: `Unexpected input(s) ${names}, valid inputs are [${known.map((name) => `'${name}'`).join(', ')}]`,
    });
  }
  const defaults = Object.entries(action.inputs).filter(([name]) => !isGiven(name));
  return Object.fromEntries(
    [...given, ...defaults].map(([name, value]) => [name, interpolate(value, now.contexts)]),
  );
}

function describe(inputs: Inputs, { log, directory }: { log: StepLog; directory: string }): void {
  log.output(`##[group]Run ${directory}`);
  const shown = Object.entries(inputs).filter(([, value]) => value !== '');
  if (shown.length > 0) log.output('with:');
  for (const [name, value] of shown) {
    for (const [index, line] of value.split('\n').entries()) {
      log.output(index === 0 ? `  ${name}: ${line}` : `  ${line}`);
    }
  }
  log.output('##[endgroup]');
}

async function launchNode(options: {
  action: ActionFile;
  script: string;
  inputs: Inputs;
  state: Record<string, string>;
  now: StageMoment;
}): Promise<Launch> {
  const { action, script, inputs, state, now } = options;
  const file = join(action.directory, script);
  await access(file).catch((cause) => {
    throw new Error(`File not found: '${file}'`, { cause });
  });
  return {
    file: now.node,
    arguments: [...compileCacheArguments(now.node), file],
    env: actionEnvironment({ inputs, state, runtimeToken: now.runtimeToken, apiUrl: now.apiUrl }),
  };
}
