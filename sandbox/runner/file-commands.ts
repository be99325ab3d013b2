import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from './failure.js';

/** The paths of one step's own command files. */
export interface CommandFiles {
  readonly path: string;
  readonly env: string;
  readonly summary: string;
  readonly state: string;
  readonly output: string;
}

/** New and empty for each step, main and post alike. R FileCommandManager.cs InitializeFiles. */
export async function createCommandFiles(temp: string): Promise<CommandFiles> {
  const directory = join(temp, '_runner_file_commands');
  await mkdir(directory, { recursive: true });
  const suffix = randomUUID();
  const files: CommandFiles = {
    path: join(directory, `add_path_${suffix}`),
    env: join(directory, `set_env_${suffix}`),
    summary: join(directory, `step_summary_${suffix}`),
    state: join(directory, `save_state_${suffix}`),
    output: join(directory, `set_output_${suffix}`),
  };
  await Promise.all(Object.values(files).map((path: string) => writeFile(path, '')));
  return files;
}

/** A file that the step deleted counts as empty. */
export async function readCommandFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}

/**
 * The entries `NAME=VALUE` and `NAME<<DELIMITER` of a command file. It throws at the first malformed entry, after
 * having handed out those before it. R FileCommandManager.cs EnvFileKeyValuePairs.
 */
export function* readPairs(text: string): Generator<readonly [name: string, value: string]> {
  const lines = new Lines(text);
  for (let line = lines.next(); line !== null; line = lines.next()) {
    if (line.text === '') continue;
    const equals = line.text.indexOf('=');
    const heredoc = line.text.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      yield [line.text.slice(0, equals), line.text.slice(equals + 1)];
    } else if (heredoc >= 0) {
      yield readHeredoc(line.text, heredoc, lines);
    } else {
      throw new Error(`Invalid format '${line.text}'`);
    }
  }
}

function readHeredoc(first: string, at: number, lines: Lines): readonly [string, string] {
  const name = first.slice(0, at);
  const delimiter = first.slice(at + 2);
  if (name === '' || delimiter === '') {
    throw new Error(`Invalid format '${first}'. Name must not be empty and delimiter must not be empty`);
  }
  const value: string[] = [];
  for (let line = lines.next(); ; line = lines.next()) {
    if (line === null) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
    if (line.text === delimiter) return [name, value.join('\n')];
    if (!line.ended) throw new Error('Invalid value. EOF marker missing new line.');
    value.push(line.text);
  }
}

class Lines {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next line and whether a newline ends it; null at the end. A carriage return stays part of the line. */
  next(): { readonly text: string; readonly ended: boolean } | null {
    if (this.#position >= this.#text.length) return null;
    const start = this.#position;
    const end = this.#text.indexOf('\n', start);
    this.#position = end < 0 ? this.#text.length : end + 1;
    return { text: this.#text.slice(start, end < 0 ? undefined : end), ended: end >= 0 };
  }
}
