import { lstatSync, type Stats } from 'node:fs';
import { systemCode } from '../../problem.js';

/** What is at a path itself; null when nothing is: also below what is no directory (any more). */
export function statIfThere(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}
