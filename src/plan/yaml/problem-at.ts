import type { Problem } from '../problem.js';

/** A problem of the file as text, before it has keys to name. */
export function problemAt(line: number, said: Omit<Problem, 'path' | 'line'>): Problem {
  return { path: '', line, ...said };
}
