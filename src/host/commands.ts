import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';

/**
 * What a step says to the runner: workflow commands on stdout, and the files that the runner reads when the step
 * has ended. The forms are those of the runner's ActionCommand.cs and FileCommandManager.cs.
 */
export function commandLine(
  name: string,
  message: string,
  properties: Readonly<Record<string, string>> = {},
): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${name}${list.length > 0 ? ` ${list.join(',')}` : ''}::${escapeData(message)}`;
}

/**
 * Appends `name` to a command file. In one write: an entry that a kill cuts in half would make the runner refuse
 * what comes after it. Without the file (outside of a runner) nothing happens.
 */
export function appendValue(file: string | undefined, name: string, value: string): void {
  if (!file) return;
  const delimiter = `ghadelimiter_${randomUUID()}`;
  appendFileSync(file, `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
