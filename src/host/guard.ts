import { randomUUID } from 'node:crypto';

/** Prints lines so that the runner takes none of them for a workflow command. */
export interface CommandGuard {
  /** Prints a text; each of its lines is shown and none is obeyed. */
  print(text: string): void;
  /** Lets the runner obey commands again. To be called before each command that is meant. */
  leave(): void;
}

/**
 * Stops the runner's command processing at the first line that it could obey, with a token that nobody outside
 * this process knows, and starts it again before our own next command. Doing it lazily keeps the log free of
 * tokens, and one guard for all output keeps two scripts at a time from ending each other's.
 */
export function createCommandGuard(write: (line: string) => void): CommandGuard {
  let token: string | null = null;

  function stopCommands(): void {
    token = randomUUID();
    write(`::stop-commands::${token}`);
  }

  return {
    print(text) {
      for (const line of text.split(/\r\n|\n|\r/)) {
        if (token === null && couldBeCommand(line)) stopCommands();
        write(line);
      }
    },
    leave() {
      if (token === null) return;
      write(`::${token}::`);
      token = null;
    },
  };
}

/** Wider than what the runner obeys: `::` at the start of a line after blanks, or `##[` anywhere in it. */
function couldBeCommand(line: string): boolean {
  return line.includes('::') || line.includes('##[');
}
