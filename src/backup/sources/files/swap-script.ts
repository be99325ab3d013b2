/**
 * Lies beside what was restored: finishes or undoes a swap that was interrupted, with bash and the GNU coreutils alone.
 * What is in place is told by its inode, which no rename changes. `up` leads from its directory to the workspace.
 */
export function swapScript(up: string): string {
  return `#!/usr/bin/env bash
#   bash swap.sh finish   puts the restored files in place, where they are not yet
#   bash swap.sh undo     puts the files of before back, where they are not any more
# Either may be run again. It is meant for a service that stands still: a directory is missing for a moment.
set -euo pipefail
here=$(cd -- "$(dirname -- "\${BASH_SOURCE[0]}")" && pwd -P)
cd -- "$here/${up}"
[ "\${1-}" = finish ] || [ "\${1-}" = undo ] || { echo 'bash swap.sh finish|undo' >&2; exit 2; }
there() { [ -e "$1" ] || [ -L "$1" ]; }
put() { mkdir -p -- "$(dirname -- "$2")"; mv -T -- "$1" "$2"; }
while IFS= read -r -d '' inode && IFS= read -r -d '' path; do
  new=$here/restored/$path old=$here/before/$path
  now=$(stat -c %i -- "$path" 2>/dev/null) || now=
  # Exchanged, and what was live not yet put aside.
  if [ -n "$inode" ] && [ "$now" = "$inode" ] && there "$new"; then put "$new" "$old"; fi
  if [ "$1" = finish ] && [ "$now" != "$inode" ]; then
    if [ -n "$now" ]; then put "$path" "$old"; fi
    if [ -n "$inode" ]; then put "$new" "$path"; fi
  elif [ "$1" = undo ]; then
    if [ -n "$inode" ] && [ "$now" = "$inode" ]; then put "$path" "$new"; now=; fi
    if [ -z "$now" ] && there "$old"; then put "$old" "$path"; fi
  fi
done < "$here/units"
`;
}
