import { parse } from 'yaml';
import type { Step } from '../runner/contract.js';

interface WorkflowStep {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly jobs?: { readonly release?: { readonly steps?: readonly WorkflowStep[] } };
}

/** The step that stands for a `uses:`, by the name of the action without its version. */
export type KnownActions = Readonly<Record<string, Step>>;

/** The steps of the job `release` of a workflow file, for the sandbox's runner. */
export function workflowSteps(text: string, known: KnownActions): Step[] {
  const steps = (parse(text) as Workflow).jobs?.release?.steps ?? [];
  if (steps.length === 0) throw new Error('The workflow has no job `release` with steps.');
  return steps.map((step) => ({ ...bodyOf(step, known), ...common(step) }));
}

function bodyOf(step: WorkflowStep, known: KnownActions): Step {
  if (step.run !== undefined) return { kind: 'run', script: step.run };
  const name = (step.uses ?? '').replace(/@.*$/, '');
  const action = known[name];
  if (action === undefined) {
    throw new Error(`The workflow uses "${step.uses}". Known here: ${Object.keys(known).join(', ')}.`);
  }
  return action.kind === 'action' ? { ...action, with: texts(step.with) } : action;
}

function common({ id, env }: WorkflowStep): Pick<Step, 'id' | 'env'> {
  return { ...(id === undefined ? {} : { id }), ...(env === undefined ? {} : { env: texts(env) }) };
}

function texts(values: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
