import { readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import picomatch from 'picomatch';

/** What a workspace holds that is not the repository's own. */
const NOT_LOOKED_INTO = ['node_modules', '.git'];

/** The files below a directory that match a path or a glob, sorted; a path that is no glob is itself, if it is there. */
export function findFiles(root: string, pattern: string): readonly string[] {
  const { base, isGlob } = picomatch.scan(pattern);
  const matches = picomatch(pattern, { dot: true });
  if (!isGlob)
    return filesBelow(root, posix.dirname(pattern)).filter((path) => path === posix.normalize(pattern));
  return filesBelow(root, base)
    .filter((path) => matches(path))
    .sort();
}

function filesBelow(root: string, directory: string): string[] {
  return entriesOf(join(root, directory)).flatMap((entry) => {
    const path = posix.join(directory, entry.name);
    if (entry.isDirectory()) return NOT_LOOKED_INTO.includes(entry.name) ? [] : filesBelow(root, path);
    return entry.isFile() ? [path] : [];
  });
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // A directory that is not there holds no plan; that none was found is said by who asked.
    return [];
  }
}
