import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ABORT_GRACE_MS, endProcesses } from './ending.js';
import { searchForLeftovers, startOf } from './processes.js';

/**
 * Notes a running script as `<pid>.json`, so that the post step can end what a killed main leaves. Returns what
 * removes the note.
 */
export function noteRunning(
  directory: string,
  script: { readonly pid: number; readonly marker: string; readonly name: string },
): () => void {
  const file = join(directory, `${script.pid}.json`);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify({ ...script, startedAt: startOf(script.pid) }), { mode: 0o600 });
  } catch {
    // The note is a second net; a full disk must not keep a rollback script from running.
  }
  return () => rmSync(file, { force: true });
}

/**
 * Ends what the scripts noted in `directory` left, and removes the notes: what carries a noted marker in its
 * environment, what is in a script's process group (it may have emptied its environment) and the children of both.
 * A pid may belong to somebody else by now: see `searchForLeftovers`. Returns their number.
 */
export async function endLeftovers(directory: string): Promise<number> {
  const files = listNotes(directory);
  const searches = files.flatMap(noteIn).map(searchForLeftovers);
  const ended = await endProcesses(
    () => searches.flatMap((search) => search()),
    () => ABORT_GRACE_MS,
  );
  for (const file of files) rmSync(file, { force: true });
  return ended;
}

function listNotes(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /^\d+\.json$/.test(name))
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

interface Note {
  readonly pid: number;
  readonly startedAt: string;
  readonly marker: string;
}

/** A note cut short by the kill itself names nothing, and then nothing can be told to be ours. */
function noteIn(file: string): Note[] {
  try {
    const { pid, startedAt, marker } = JSON.parse(readFileSync(file, 'utf8')) as Partial<
      Record<string, unknown>
    >;
    if (typeof marker !== 'string' || !/^[0-9a-f-]{36}$/.test(marker)) return [];
    // Without the time of its beginning a group cannot be told from a later one with its number.
    if (typeof pid !== 'number' || typeof startedAt !== 'string') return [{ pid: 0, startedAt: '', marker }];
    return [{ pid, startedAt, marker }];
  } catch {
    return [];
  }
}
