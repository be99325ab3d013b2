import { type Reading, refuse } from '../reading.js';
import { plain } from './fields.js';

const HANDLE_PATTERN = '^@[A-Za-z0-9-]+(/[A-Za-z0-9._-]+)?$';

/** A person or a team on GitHub. */
export const handle = plain('a GitHub name, e.g. `"@acme/sre"`', parseHandle, HANDLE_PATTERN);

function parseHandle(value: string): Reading<string> {
  if (new RegExp(HANDLE_PATTERN).test(value)) return { value };
  return refuse('A GitHub name is `@person` or `@organisation/team`', 'Write for example `"@acme/sre"`.');
}
