import type { FoundTool } from '../gates/requires.js';
import { toolVersion } from '../gates/tool-version.js';
import type { Scripts } from '../host/contract.js';

/** Stands for the end of a line, since the last line alone is kept. */
const LINE_END = '<line>';

/**
 * Prints `missing`; `refused` and the path of a file that may not be run; or `found` and, where a version is asked for,
 * what the tool says in the first of the usual ways that it takes and that has a digit. Only a file counts: a shell has
 * words of its own. What is printed as an error counts where nothing else is.
 */
const TOOL_SCRIPT = `
tool=$(type -P "$RELEASE_TOOL") || { echo missing; exit 0; }
# Bash falls back to a file that cannot be run.
[ -x "$tool" ] || { echo "refused $tool"; exit 0; }
[ -n "$RELEASE_ASK_VERSION" ] || { echo found; exit 0; }
for way in '--version' 'version --client' 'version' '-version'; do
  # Not quoted: a way may be two words.
  text=$("$tool" $way 2>/dev/null </dev/null) || continue
  [ -n "$text" ] || text=$("$tool" $way 2>&1 </dev/null) || continue
  text=\${text:0:8000}
  # To a log it ends a line.
  text=\${text//$'\\r'/$'\\n'}
  case $text in *[0-9]*) echo "found \${text//$'\\n'/${LINE_END}}"; exit 0 ;; esac
done
echo found`;

/** Looks for a tool on the PATH of the scripts. It is started only when its version is asked for. */
export async function findTool(
  scripts: Scripts,
  asked: {
    readonly name: string;
    readonly isVersionAsked: boolean;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  },
): Promise<FoundTool> {
  const { name, isVersionAsked, timeoutMs, signal } = asked;
  const { outcome, lastLine } = await scripts.run({
    name: 'requires',
    script: TOOL_SCRIPT,
    env: { RELEASE_TOOL: name, RELEASE_ASK_VERSION: isVersionAsked ? 'true' : '' },
    ...{ timeoutMs, signal, quiet: true },
  });
  if (outcome === 'timed-out') return { kind: 'silent', afterMs: timeoutMs };
  if (outcome !== 'ok') return { kind: 'unknown' };
  const word = lastLine.split(' ', 1).join();
  const rest = lastLine.slice(word.length + 1);
  if (word === 'refused') return { kind: 'refused', path: rest };
  if (word !== 'found') return { kind: 'missing' };
  return { kind: 'found', version: toolVersion(name, rest.replaceAll(LINE_END, '\n')) };
}
