import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * What the post step needs when main was killed. A file rather than the runner's state, because a state value
 * reaches post as an environment variable, and Linux refuses to start a process with one above 128 KiB.
 */
export interface Memory {
  /** Replaces what is remembered, at once and wholly: a kill leaves the old text or the new one. */
  write(text: string): void;
  read(): string | null;
}

export function createMemory(file: string): Memory {
  return {
    write(text) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const next = `${file}.next`;
      writeFileSync(next, text, { mode: 0o600, flush: true });
      renameSync(next, file);
    },
    read() {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        // Nothing was begun, or the runner's temporary directory is gone: the ledger is asked instead.
        return null;
      }
    },
  };
}
