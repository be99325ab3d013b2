import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackupRunner } from './backup/runner.js';
import { runUrl } from './ends.js';
import { createEvidence } from './evidence/reader.js';
import { connectGithub } from './github/connect.js';
import { createRunner, type Runner, type StepProcess } from './host/actions.js';
import { readHead } from './host/checkout.js';
import { createClock } from './host/clock.js';
import type { Log } from './host/contract.js';
import { findFiles } from './host/find-files.js';
import { createHttp } from './host/http.js';
import { endLeftovers } from './host/leftovers.js';
import { createMemory } from './host/memory.js';
import { createPrograms } from './host/programs.js';
import { createRedactor } from './host/redact.js';
import { createScripts } from './host/scripts.js';
import { secretsIn } from './host/secrets.js';
import { appendSummary } from './host/summary.js';
import { findWorkingDirectory, writeInWorkspace } from './host/workspace.js';
import { createSources } from './metrics/sources.js';
import { variablesOf } from './plan/variables.js';
import { runContext } from './prepare.js';
import { STAGE_NAMES } from './release/events.js';
import { ReleaseProblem } from './release/problem.js';
import { isPublic } from './release/trigger.js';
import type { Ports } from './stages/context.js';
import { expanded } from './stages/ready.js';
import { createTraffic } from './traffic/registry.js';
import type { PortOptions, World } from './world.js';

/** From a cancel on, what is written to GitHub may take this long: SIGTERM comes after 7.5 s, the end after 10 s. */
const LAST_WORDS_MS = 4_000;

/** Of a process, what a run has of it: its environment, its output, its signals. */
export interface RunProcess extends StepProcess {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** The world of a real run: its process, its environment, GitHub. The only place where real ports are made. */
export function realWorld(process: RunProcess): World {
  const { env } = process;
  const runner = createRunner(process);
  const directory = join(env.RUNNER_TEMP ?? tmpdir(), 'gated-release');
  const markers = join(directory, 'scripts');
  const signal = stopSignal(process);
  const tokens = ['INPUT_TOKEN', 'INPUT_ROLLBACK-TOKEN']
    .map((name) => env[name]?.trim() ?? '')
    .filter(Boolean);
  const redactor = createRedactor({ env, tokens, names: [] });
  for (const token of tokens) runner.mask(token);
  const log = runner.log(redactor);
  const memory = createMemory(join(directory, `${env.GITHUB_ACTION ?? 'step'}.json`));
  const world: World = {
    env,
    clock: createClock(),
    log,
    redactor,
    signal,
    saved: {
      read: runner.readState,
      write: (name, value) => orSay(log, FOR_POST, () => runner.saveState(name, value)),
    },
    memory: { ...memory, write: (text) => orSay(log, FOR_POST, () => memory.write(text)) },
    setOutput: (name, value) =>
      orSay(log, `The output \`${name}\` is missing`, () => runner.setOutput(name, value)),
    writeSummary: (markdown) => void appendSummary(markdown, env.GITHUB_STEP_SUMMARY),
    readFile,
    findFiles: (pattern) => findFiles(env.GITHUB_WORKSPACE ?? '.', pattern),
    findDirectory: (name) => findWorkingDirectory(name, env.GITHUB_WORKSPACE),
    writeFile: (path, text) => writeInWorkspace({ path, text, workspace: env.GITHUB_WORKSPACE }),
    readHead,
    endLeftovers: () => endLeftovers(markers),
    ports: (options) => realPorts({ world, runner, markers }, options),
  };
  return world;
}

const FOR_POST =
  'What the post step must know was not saved; if this step is interrupted, only the next run takes the release back';

/** A full disk must not end a release half-way: what is lost by it is said, and the release goes on. */
function orSay(log: Log, lost: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    log.error(`${lost}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function realPorts(
  step: { readonly world: World; readonly runner: Runner; readonly markers: string },
  options: PortOptions,
): Ports {
  const { world, runner, markers } = step;
  const { inputs, plan } = options;
  const { env } = world;
  const { clock, log, redactor } = world;
  learnSecrets(world, options);
  const { oidc } = plan;
  const http = createHttp();
  const scripts = createScripts({
    env,
    workingDirectory: options.workspace,
    oidc,
    log,
    redactor,
    onMask: runner.mask,
    markerDirectory: markers,
  });
  const programs = createPrograms({
    env,
    workspace: options.workspace,
    oidc,
    redactor,
    markerDirectory: markers,
  });
  const github = connectGithub({
    token: inputs.token,
    rollbackToken: inputs.rollbackToken,
    apiUrl: env.GITHUB_API_URL ?? 'https://api.github.com',
    serverUrl: env.GITHUB_SERVER_URL ?? 'https://github.com',
    repository: env.GITHUB_REPOSITORY ?? '',
    service: plan.service,
    environment: plan.environment,
    sha: () => options.sha,
    release: () => options.release,
    redact: (text) => redactor.redact(text),
    log,
    clock,
    signal: laterThan(world.signal, LAST_WORDS_MS),
    ...(options.unreachableAfterMs === undefined ? {} : { unreachableAfterMs: options.unreachableAfterMs }),
    runUrl: runUrl(world),
    adopts: options.adopts ?? false,
    known: () => ({ checks: options.known?.checks ?? {}, deployment: options.known?.deployment ?? null }),
  });
  return {
    clock,
    scripts,
    http,
    log,
    redactor,
    github,
    metrics: createSources({
      clock,
      http,
      scripts,
      expand: (text) => expanded(text, env),
      workspace: options.workspace,
    }),
    evidence: createEvidence({ redactor, root: env.GITHUB_WORKSPACE }),
    backup: createBackupRunner({
      scripts,
      programs,
      clock,
      env,
      isPublic: () => isPublic(runContext(world)),
    }),
    traffic: (traffic, variables) => createTraffic(traffic, { scripts, env: variables }),
  };
}

/**
 * What the plan names by `${NAME}` is secret, but for the words that the release is told in: masking `production`
 * or the version in every sentence would hide nothing and tell nobody anything.
 */
function learnSecrets({ env, log, redactor }: World, { plan, version }: PortOptions): void {
  const words = [plan.service, plan.environment, version ?? '', 'baseline', 'stable', ...STAGE_NAMES];
  for (const name of plan.secrets) if (env[name]) redactor.add(env[name]);
  for (const secret of secretsIn(env, [...variablesOf(plan), ...plan.requires.env])) {
    if (!words.some((word) => word.includes(secret))) redactor.add(secret);
    else
      log.warning(
        `A variable that the plan names by \`\${NAME}\` has the value "${secret}", a word of this release; it is not masked. List the variable under \`secrets\` if it must be.`,
      );
  }
}

/**
 * The runner cancels by SIGINT, then SIGTERM. Main stops its scripts and says so; post does the rest. A second
 * signal finds the same controller aborted already.
 */
function stopSignal(process: RunProcess): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      controller.abort(
        new ReleaseProblem('cancelled', `the run was cancelled (${name})`, { verdict: 'errored' }),
      );
    });
  }
  return controller.signal;
}

function laterThan(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  signal.addEventListener('abort', () => setTimeout(() => later.abort(signal.reason), ms), { once: true });
  return later.signal;
}

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
