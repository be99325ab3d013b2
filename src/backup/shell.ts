import { namesIn, replaceVariables } from '../plan/variables.js';

/** A shell word that is exactly this text. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A shell word for a text of the plan: its `${NAME}` is left to the shell, so that no value is shown. */
export function quotedWithVariables(text: string): string {
  if (namesIn(text).length === 0) return quoted(text);
  const mark = '\0';
  return replaceVariables(text, (name) => `${mark}${name}${mark}`)
    .split(mark)
    .map((part, index) => (index % 2 === 1 ? `"\${${part}}"` : part === '' ? '' : quoted(part)))
    .join('');
}

/** Where a command of the report restores a source: of each into a place of its own, and short enough for a database. */
export function handName(source: string): string {
  return `restored-${source}`.slice(0, 63);
}

/** A pipe of two shell commands that fails when either does: half of a restore must not look like a whole one. */
export function piped(from: string, into: string): string {
  return `(set -o pipefail; ${from} | ${into})`;
}
