import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ABORT_GRACE_MS, endProcesses } from './ending.js';
import { processesWithMarker } from './processes.js';

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
    writeFileSync(file, JSON.stringify(script), { mode: 0o600 });
  } catch {
    // The note is a second net; a full disk must not keep a rollback script from running.
  }
  return () => rmSync(file, { force: true });
}

/**
 * Ends the processes of all scripts noted in `directory` and removes the notes. A pid may belong to somebody
 * else by now, so only processes that carry a noted marker in their environment are touched. Returns their number.
 */
export async function endLeftovers(directory: string): Promise<number> {
  const files = listNotes(directory);
  const markers = files.flatMap(markerIn);
  const ended = await endProcesses(
    () => markers.flatMap(processesWithMarker),
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

/** A note cut short by the kill itself names no marker, and then nothing can be told to be ours. */
function markerIn(file: string): string[] {
  try {
    const note: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const marker = typeof note === 'object' && note !== null && 'marker' in note ? note.marker : null;
    return typeof marker === 'string' && /^[0-9a-f-]{36}$/.test(marker) ? [marker] : [];
  } catch {
    return [];
  }
}
