/**
 * Whether an address of a restic repository is a directory of this machine. What begins with a variable may be
 * anything; what begins with a word and a colon is a backend.
 */
export function isOnThisMachine(repository: string): boolean {
  if (/^local:/i.test(repository)) return true;
  return !/^[a-z][a-z0-9]*:/i.test(repository) && !repository.startsWith('${');
}
