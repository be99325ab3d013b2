/**
 * Lies in a directory store, so that a backup outlives this action: it needs bash, sed and the GNU coreutils, and
 * checks every byte before it hands out the first. Its order is that of `sources/files/restore.ts`.
 */
export const RESTORE_SCRIPT = `#!/usr/bin/env bash
# Restores a snapshot of this store with bash, sed and GNU coreutils alone.
#   bash restore.sh SNAPSHOT TARGET   files, into the directory TARGET, which must be new or empty
#   bash restore.sh SNAPSHOT          the stream of a run source, on stdout
set -euo pipefail
umask 077

die() { printf 'restore.sh: %s\\n' "$1" >&2; exit 1; }
lines() { sed -n "s/^\\"\\($1 [0-7]\\{4\\} .*\\)\\"[,]\\{0,1\\}\\$/\\1/p" "$manifest"; }
decode() { printf -v "$1" '%b' "\${2//%/\\\\x}"; }
object() { printf '%s/objects/%s/%s' "$store" "\${1:0:2}" "\${1:2}"; }

[ $# -ge 1 ] || die 'name a snapshot: bash restore.sh SNAPSHOT [TARGET]'
store=$(cd -- "$(dirname -- "\${BASH_SOURCE[0]}")" && pwd)
manifest=$store/snapshots/$1.json
target=\${2-}

[ -f "$manifest" ] || die "there is no snapshot $1 in $store/snapshots"
said=$(sed -n '1s/^{"sha256": "\\([0-9a-f]*\\)", "snapshot":$/\\1/p' "$manifest")
found=$(sed '1d;$d' "$manifest" | sha256sum)
[ "$said" = "\${found%% *}" ] || die "$manifest is damaged: its checksum does not match"
sums=$(lines '[fs]' | sed 's/^. .... [0-9]* \\(..\\)\\([0-9a-f]*\\) .*/\\1\\2  \\1\\/\\2/' | sort -u)
[ -z "$sums" ] || (cd "$store/objects" && sha256sum --check --strict --quiet <<<"$sums" >&2) ||
  die 'the objects named above are damaged or missing; nothing was restored'

stream=$(lines s)
if [ -n "$stream" ]; then
  [ -z "$target" ] || die "$1 is a stream, not files; leave out the target and pipe it into its consumer"
  read -r _ _ _ hash _ <<<"$stream"
  exec cat "$(object "$hash")"
fi

[ -n "$target" ] || die "$1 holds files; name a new or empty directory to restore them into"
mkdir -p -- "$target"
target=$(cd -- "$target" && pwd)
[ -z "$(ls -A "$target")" ] || die "$target is not empty"
while read -r _ _ _ _ path _; do
  decode path "$path"
  mkdir "$target/$path"
done < <(lines d)
while read -r _ mode _ hash path mtime; do
  decode path "$path"
  cp "$(object "$hash")" "$target/$path"
  chmod "$mode" "$target/$path"
  touch -d "@$mtime" "$target/$path"
done < <(lines f)
while read -r _ _ _ _ path mtime link; do
  decode path "$path"
  decode link "$link"
  ln -s -- "$link" "$target/$path"
  touch -h -d "@$mtime" "$target/$path"
done < <(lines l)
while read -r _ mode _ _ path mtime; do
  decode path "$path"
  chmod "$mode" "$target/$path"
  touch -d "@$mtime" "$target/$path"
done < <(lines d | tac)
`;
