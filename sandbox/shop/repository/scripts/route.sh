#!/usr/bin/env bash
# Gives the canary RELEASE_WEIGHT percent of the traffic; with --show prints the share that it has.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ "${1:-}" == "--show" ]]; then
  exec node scripts/shopctl.mjs weight
fi
exec node scripts/shopctl.mjs route "${RELEASE_WEIGHT:?is not set: the share of the canary, 0 to 100}"
