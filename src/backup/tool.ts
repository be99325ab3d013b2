import { BackupProblem } from './problem.js';

/** What to say of a program that is not there: with the line that installs it. */
export function toolMissing(command: string, debianPackage: string): BackupProblem {
  return new BackupProblem(
    'tool-missing',
    `\`${command}\` was not found on the PATH of the step; install it in a step before this one: sudo apt-get update && sudo apt-get install --yes ${debianPackage}`,
  );
}
