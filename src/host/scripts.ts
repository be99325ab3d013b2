import { randomUUID } from 'node:crypto';
import { type Attempt, attend } from './attend.js';
import type { Log, Redactor, ScriptRequest, ScriptResult, Scripts } from './contract.js';
import { scriptEnvironment } from './environment.js';
import { noteRunning } from './leftovers.js';
import { signalQuietly } from './processes.js';
import { startScript, whyNotStarted } from './script-process.js';
import { findWorkingDirectory } from './workspace.js';

export interface ScriptsOptions {
  /** The step's environment; scripts get it scrubbed. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Against `GITHUB_WORKSPACE`, and inside it. */
  readonly workingDirectory: string;
  readonly oidc: boolean;
  readonly log: Log;
  readonly redactor: Redactor;
  /** Called for each value that a script announces by `::add-mask::`. */
  readonly onMask: (value: string) => void;
  /** Where a running script is noted for `endLeftovers`. */
  readonly markerDirectory?: string;
}

/** Runs bash scripts as DESIGN §2 says. */
export function createScripts(options: ScriptsOptions): Scripts {
  return {
    async run(request) {
      if (request.prefix !== undefined) return execute(options, request);
      if (!request.quiet) return options.log.group(request.name, () => execute(options, request));
      const result = await execute(options, request);
      if (result.outcome !== 'ok') await showTail(options.log, request.name, result.tail);
      return result;
    },
  };
}

async function execute(options: ScriptsOptions, request: ScriptRequest): Promise<ScriptResult> {
  const started = performance.now();
  const result = await attempt(options, request).catch((error: unknown) => notStarted(whyNotStarted(error)));
  // Whoever reads the target waits for its end, also when nothing was started.
  if (request.stdout?.writable) request.stdout.end();
  const tail = result.tail.map((line) => options.redactor.redact(line));
  return { ...result, tail, durationMs: Math.round(performance.now() - started) };
}

async function attempt(options: ScriptsOptions, request: ScriptRequest): Promise<Attempt> {
  if (request.signal?.aborted) return { ...notStarted('stopped before it was started'), outcome: 'aborted' };
  const place = findWorkingDirectory(options.workingDirectory, options.env.GITHUB_WORKSPACE);
  if ('problem' in place) return notStarted(place.problem);

  const marker = randomUUID();
  const env = scriptEnvironment({ env: options.env, oidc: options.oidc, added: request.env, marker });
  const script = await startScript({
    script: request.script,
    cwd: place.path,
    env,
    hasStdin: request.stdin !== undefined,
  });
  const forget = options.markerDirectory
    ? noteRunning(options.markerDirectory, { pid: script.pid, marker, name: request.name })
    : () => undefined;
  try {
    return await attend({ request, script, marker, ...options });
  } catch (error) {
    signalQuietly(-script.pid, 'SIGKILL');
    throw error;
  } finally {
    script.remove();
    forget();
  }
}

function notStarted(reason: string): Attempt {
  return { outcome: 'errored', exitCode: null, signal: null, lastLine: '', tail: [reason], leftBehind: 0 };
}

async function showTail(log: Log, name: string, tail: readonly string[]): Promise<void> {
  await log.group(name, async () => {
    for (const line of tail) log.info(line);
  });
}
