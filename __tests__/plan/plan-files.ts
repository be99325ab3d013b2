import { readdirSync, readFileSync } from 'node:fs';

/** The files of one folder: name, text and folder. */
export function planFiles(folder: 'valid' | 'invalid'): [string, string, URL][] {
  const directory = new URL(`./files/${folder}/`, import.meta.url);
  return readdirSync(directory)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => [name, readFileSync(new URL(name, directory), 'utf8'), directory]);
}

/** A file says in its first line for which environment it is read, when it is not production. */
export function environmentOf(text: string): string {
  return /^# environment: (\S+)/.exec(text)?.[1] ?? 'production';
}
