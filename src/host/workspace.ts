import { lstatSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';

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
  if (isOutside(path, workspace)) {
    return {
      problem: `working-directory: "${workingDirectory}" leads out of the workspace ${workspace}; give a directory inside it`,
    };
  }
  return { path };
}

/** Writes a file that lies in the workspace, by links as well; returns why not, or null when it is written. */
export function writeInWorkspace(file: {
  readonly path: string;
  readonly text: string;
  readonly workspace: string | undefined;
}): { readonly problem: string } | null {
  const path = resolve(file.workspace ?? '.', file.path);
  const way = relative(resolve(file.workspace ?? '.'), path);
  const refused = { problem: `runbook: "${file.path}" leads out of the workspace; give a path inside it` };
  if (way === '' || way.startsWith('..') || isAbsolute(way)) return refused;
  try {
    if (isOutside(existing(dirname(path)), file.workspace)) return refused;
    mkdirSync(dirname(path), { recursive: true });
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return refused;
    writeFileSync(path, file.text);
    return null;
  } catch (error) {
    return {
      problem: `runbook: "${file.path}" cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** Whether an existing path, with all links followed, lies elsewhere. */
function isOutside(path: string, workspace: string | undefined): boolean {
  const way = workspace === undefined ? '' : relative(realpathSync(workspace), realpathSync(path));
  return way === '..' || way.startsWith('../') || isAbsolute(way);
}

/** The nearest directory above, or the path itself, that is there. */
function existing(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) || dirname(path) === path ? path : existing(dirname(path));
}
