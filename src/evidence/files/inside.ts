import { isAbsolute, relative } from 'node:path';

/** Whether a path is the directory or lies below it. Both absolute, and real where links matter. */
export function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}
