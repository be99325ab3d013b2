import { type FoundTool, judgeChecks, judgeMachine } from '../gates/requires.js';
import type { GateVerdict } from '../gates/verdict.js';
import { GithubError } from '../github/contract.js';
import { findTool } from './find-tool.js';
import { type GateOptions, known } from './gate-facts.js';

const LOOK_MS = 30_000;

/** The last line of it ends in the free kibibytes, a percentage and the mount point. */
const DISK_SCRIPT = 'df -Pk .';

/** What the plan requires of the machine, the variables, the token and the commit. */
export async function lookAtMachine(options: GateOptions): Promise<readonly GateVerdict[]> {
  const { requires } = options.request.plan;
  const asksMachine =
    requires.tools.length + requires.env.length + requires.permissions.length > 0 ||
    requires.diskBytes !== null;
  const [machine, checks] = await Promise.all([
    asksMachine ? [await machineOf(options)] : [],
    requires.checks.length === 0 ? [] : [await checksOf(options)],
  ]);
  return [...machine, ...checks];
}

async function machineOf(options: GateOptions): Promise<GateVerdict> {
  const { requires } = options.request.plan;
  return judgeMachine(requires, {
    tools: await toolsOf(options),
    missingVariables: requires.env.filter((name) => !options.env[name]),
    freeBytes: requires.diskBytes === null ? null : await freeBytes(options),
    checks: null,
    permissions: await tryPermissions(options),
  });
}

function checksOf({ request, ports }: GateOptions): Promise<GateVerdict> {
  return known({ gate: 'requires', reason: 'checks-not-green' }, async () =>
    judgeChecks(request.plan.requires.checks, { checks: await ports.github.facts.checks(request.sha) }),
  );
}

/** Each by its name once: one need may leave out the version that another one asks for. */
async function toolsOf({ request, ports, signal }: GateOptions): Promise<Map<string, FoundTool>> {
  const needs = request.plan.requires.tools;
  const tools = new Map<string, FoundTool>();
  for (const name of new Set(needs.map((need) => need.name))) {
    const isVersionAsked = needs.some((need) => need.name === name && need.version !== null);
    const look = { name, isVersionAsked, timeoutMs: LOOK_MS, signal };
    tools.set(name, await findTool(ports.scripts, look));
  }
  return tools;
}

async function freeBytes(options: GateOptions): Promise<number | null> {
  const line = await look(options, { script: DISK_SCRIPT, env: {} });
  const kibibytes = /\s(\d+)\s+\d+%\s+\S/.exec(line ?? '')?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}

async function look(
  { ports, signal }: GateOptions,
  asked: { readonly script: string; readonly env: Readonly<Record<string, string>> },
): Promise<string | null> {
  const result = await ports.scripts.run({
    name: 'requires',
    ...asked,
    timeoutMs: LOOK_MS,
    signal,
    quiet: true,
  });
  return result.outcome === 'ok' ? result.lastLine : null;
}

async function tryPermissions({ request, ports }: GateOptions) {
  const scopes = request.plan.requires.permissions;
  const tried = await Promise.all(
    scopes.map(async (scope) => {
      const may = await ports.github.facts.mayWrite(scope).catch((error: unknown) => {
        if (error instanceof GithubError) return null;
        throw error;
      });
      return { scope, may };
    }),
  );
  return {
    missing: tried.filter(({ may }) => may === false).map(({ scope }) => scope),
    unknown: tried.filter(({ may }) => may === null).map(({ scope }) => scope),
  };
}
