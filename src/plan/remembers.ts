import type { Source } from './plan.js';

/** Whether a source can be asked about the past. */
export function remembers({ kind }: Source): boolean {
  return kind === 'prometheus';
}
