import { type Environment, expand } from '../plan/variables.js';
import { BackupProblem, type BackupProblemCode } from './problem.js';

/** Replaces each `${NAME}` in a text of the plan; rejects naming `what` and the variables that are missing. */
export function expanded(
  text: string,
  env: Environment,
  { what, code = 'failed' }: { readonly what: string; readonly code?: BackupProblemCode },
): string {
  const place = expand(text, env);
  if ('text' in place) return place.text;
  throw new BackupProblem(
    code,
    `${what} ${JSON.stringify(text)} names ${place.missing.join(', ')}, which is not set or empty; give the step this variable by \`env\``,
  );
}
