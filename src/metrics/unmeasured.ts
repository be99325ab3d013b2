/** A source could not measure. The message is for people: what was asked, what came, what is needed, what to do. */
export class Unmeasured extends Error {}

/** It was asked and answered that there is nothing. Of the past that is an answer; live it is a problem. */
export class NothingFound extends Unmeasured {}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const LONGEST_SHOWN = 160;

/** A text of the plan or of a server on one line, cut where it is too long to read. */
export function shown(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN)}…` : line;
}
