/**
 * `failed`: the source was not backed up or not proved. `not-identical`: the restored copy differs.
 * `store-unusable`: the store could not be written or read at all. `cancelled`: the release was stopped.
 */
export type BackupProblemCode = 'failed' | 'not-identical' | 'store-unusable' | 'cancelled';

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
