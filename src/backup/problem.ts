/**
 * `failed`: the source was not backed up or not restored. `damaged`: the store gives back something else than it was
 * given. `not-identical`: the restored copy differs. `not-usable`: it did not do what the plan's script tried with it.
 * `store-unusable`: the store could not be written or read at all. `tool-missing`: a program that it needs is not
 * installed, or too old. `cancelled`: the release was stopped.
 */
export type BackupProblemCode =
  | 'failed'
  | 'damaged'
  | 'not-identical'
  | 'not-usable'
  | 'store-unusable'
  | 'tool-missing'
  | 'cancelled';

/** Why a source is not proved. The message is for people: what was found, the rule, and what to do. */
export class BackupProblem extends Error {
  readonly code: BackupProblemCode;

  constructor(code: BackupProblemCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'BackupProblem';
    this.code = code;
  }
}

/** The code of a system error (`ENOSPC`), or null for any other value. */
export function systemCode(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}

/** What an error says, or the thrown value itself when it is none. */
export function messageOf(error: unknown): string {
  const isError = typeof error === 'object' && error !== null && 'message' in error;
  return isError ? String(error.message) : String(error);
}

/** Names several findings in one sentence and keeps it readable when there are thousands. */
export function listed(names: readonly string[], atMost = 10): string {
  const shown = names.slice(0, atMost).map((name) => JSON.stringify(name));
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}
