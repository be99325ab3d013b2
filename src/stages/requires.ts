import { type FoundTool, judgeChecks, judgeMachine } from '../gates/requires.js';
import { toolVersion } from '../gates/tool-version.js';
import type { GateVerdict } from '../gates/verdict.js';
import { GithubError } from '../github/contract.js';
import type { ToolNeed } from '../plan/gate-keys.js';
import { type GateOptions, known } from './gate-facts.js';

const LOOK_MS = 30_000;

/** Stands for the end of a line, since the last line alone is kept. */
const LINE_END = '<line>';

/**
 * Prints `missing`, or `found` and what the tool says in the first of the usual ways that it takes and that has a digit.
 * Only a file counts: a shell has words of its own. What is printed as an error counts where nothing else is.
 */
const TOOL_SCRIPT = `
tool=$(type -P "$RELEASE_TOOL") || { echo missing; exit 0; }
for way in '--version' 'version --client' 'version' '-version'; do
  # Not quoted: a way may be two words.
  text=$("$tool" $way 2>/dev/null </dev/null) || continue
  [ -n "$text" ] || text=$("$tool" $way 2>&1 </dev/null) || continue
  text=\${text:0:8000}
  case $text in *[0-9]*) echo "found \${text//$'\\n'/${LINE_END}}"; exit 0 ;; esac
done
echo found`;

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
  const tools = new Map<string, FoundTool>();
  for (const need of requires.tools) tools.set(need.name, await findTool(options, need));
  return judgeMachine(requires, {
    tools,
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

async function findTool(options: GateOptions, { name }: ToolNeed): Promise<FoundTool> {
  const line = await look(options, { script: TOOL_SCRIPT, env: { RELEASE_TOOL: name } });
  if (line === null || !line.startsWith('found')) return { kind: 'missing' };
  const banner = line.slice('found'.length).replaceAll(LINE_END, '\n');
  return { kind: 'found', version: toolVersion(name, banner) };
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
