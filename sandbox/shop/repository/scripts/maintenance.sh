#!/usr/bin/env bash
# Shows every customer the maintenance page (on), or the shop again (off).
set -euo pipefail
cd "$(dirname "$0")/.."

exec node scripts/shopctl.mjs maintenance "${1:-on}"
