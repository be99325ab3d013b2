import { createHash } from 'node:crypto';
import { isTree } from './path.js';
import type { Plan } from './plan.js';

/**
 * SHA-256, in hex, of what the plan says: the same for a file and for inputs that say the same, and with
 * `${NAME}` unexpanded. The order of keys does not matter, the order of lists does.
 */
export function digestPlan({ source: _, ...said }: Plan): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(said)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isTree(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
