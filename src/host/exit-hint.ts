/** What the two exit codes of bash mean that people meet most and understand least; null for the others. */
export function hintFor(exitCode: number | null, tail: readonly string[]): string | null {
  if (exitCode === 126) {
    const file = fileBefore('Permission denied', tail) ?? '<file>';
    return `exit code 126: the file is not executable; run \`git update-index --chmod=+x ${file}\` and commit`;
  }
  if (exitCode === 127) {
    const name = fileBefore('No such file or directory', tail) ?? fileBefore('command not found', tail);
    return `exit code 127: ${name === null ? 'a command' : `\`${name}\``} was not found; check its name, that it is in the checkout or installed on this runner, and the working-directory`;
  }
  return null;
}

/** From bash's own message: `…/script.sh: line 1: ./deploy.sh: Permission denied`. */
function fileBefore(message: string, tail: readonly string[]): string | null {
  const line = tail.findLast((one) => one.endsWith(`: ${message}`));
  return /: line \d+: ([^:]+): [^:]+$/.exec(line ?? '')?.[1] ?? null;
}
