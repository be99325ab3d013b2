import { delimiter } from 'node:path';
import { githubContext, type JobFacts, runnerContext } from './contexts.js';
import type { CommandFiles } from './file-commands.js';

type Environment = Record<string, string>;

/** What every step gets, an action and a script alike. Later entries win, in the order of the real runner. */
export function stepEnvironment(
  facts: JobFacts,
  step: {
    readonly id: string;
    readonly files: CommandFiles;
    /** The job's and the step's `env:`, and what earlier steps wrote to `GITHUB_ENV`. */
    readonly env: Readonly<Environment>;
    /** What earlier steps wrote to `GITHUB_PATH`, the latest first. */
    readonly path: readonly string[];
  },
): Environment {
  const env = { ...developersEnvironment(), ...step.env };
  env.PATH = [...step.path, env.PATH ?? ''].join(delimiter);
  return {
    ...env,
    // R ProcessInvoker.cs: CI only where nobody else has set it.
    CI: env.CI ?? 'true',
    GITHUB_ACTIONS: 'true',
    ...prefixed('GITHUB_', githubContext(facts, step.id)),
    GITHUB_ENV: step.files.env,
    GITHUB_OUTPUT: step.files.output,
    GITHUB_PATH: step.files.path,
    GITHUB_STATE: step.files.state,
    GITHUB_STEP_SUMMARY: step.files.summary,
    ...prefixed('RUNNER_', runnerContext(facts.options)),
    RUNNER_TRACKING_ID: facts.trackingId,
  };
}

/**
 * What only a JavaScript action gets: its inputs, its state, and the addresses and tokens of the runtime, which
 * its children inherit unless it scrubs them. R Handlers/NodeScriptActionHandler.cs.
 */
export function actionEnvironment(options: {
  readonly inputs: Readonly<Environment>;
  readonly state: Readonly<Environment>;
  readonly runtimeToken: string;
  readonly apiUrl: string;
}): Environment {
  const { apiUrl, runtimeToken } = options;
  return {
    ...Object.fromEntries(Object.entries(options.state).map(([name, value]) => [`STATE_${name}`, value])),
    // R Handlers/Handler.cs AddInputsToEnvironment: only spaces are replaced, hyphens stay.
    ...prefixed('INPUT_', options.inputs),
    ACTIONS_RUNTIME_URL: `${apiUrl}/_runtime/`,
    ACTIONS_RUNTIME_TOKEN: runtimeToken,
    ACTIONS_RESULTS_URL: `${apiUrl}/_results/`,
    ACTIONS_CACHE_URL: `${apiUrl}/_cache/`,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${apiUrl}/_oidc/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: runtimeToken,
  };
}

/** Nothing else of the machine that the sandbox runs on: neither its secrets nor its settings. */
function developersEnvironment(): Environment {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR'];
  return Object.fromEntries(names.flatMap((name) => entryOf(name, process.env[name])));
}

function entryOf(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}

function prefixed(prefix: string, values: Readonly<Environment>): Environment {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `${prefix}${name.replaceAll(' ', '_').toUpperCase()}`,
      value,
    ]),
  );
}
