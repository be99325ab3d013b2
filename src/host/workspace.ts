import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';

/**
 * The directory that scripts run in: `working-directory` against the workspace, which it must not leave. Asked
 * for each script anew, since a script may remove it.
 */
export function findWorkingDirectory(
  workingDirectory: string,
  workspace: string | undefined,
): { readonly path: string } | { readonly problem: string } {
  const path = resolve(workspace ?? '.', workingDirectory);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    return {
      problem: `working-directory: "${workingDirectory}" is not a directory (looked at ${path}); check the name, and that the checkout step runs before this one`,
    };
  }
  const way = workspace === undefined ? '' : relative(realpathSync(workspace), realpathSync(path));
  if (way === '..' || way.startsWith('../') || isAbsolute(way)) {
    return {
      problem: `working-directory: "${workingDirectory}" leads out of the workspace ${workspace}; give a directory inside it`,
    };
  }
  return { path };
}
