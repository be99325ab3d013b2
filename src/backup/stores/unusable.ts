import { BackupProblem, messageOf, systemCode } from '../problem.js';

/** Turns a failure of the filesystem below `root` into what people can act on. */
export function unusable(root: string, error: unknown): BackupProblem {
  if (error instanceof BackupProblem) return error;
  const remedy = REMEDIES[systemCode(error) ?? ''] ?? 'see to it, or name another directory';
  const message = messageOf(error);
  return new BackupProblem(
    'store-unusable',
    `the backup store ${root} cannot be used (${message}); ${remedy}`,
    error,
  );
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room, or name a directory on another disk',
  EDQUOT: 'the quota is used up: make room, or name a directory on another disk',
  EROFS: 'it is on a read-only filesystem: name a directory that can be written',
  EACCES: 'let the user that runs this job write it',
  EPERM: 'let the user that runs this job write it',
  ENOTDIR: 'a part of the path is not a directory: name another one',
  EEXIST: 'something that is not a directory has this name: name another one',
  ENOENT: 'it vanished while it was used: see that nothing cleans it up during a release',
};
