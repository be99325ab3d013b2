#!/usr/bin/env bash
# Stops the canary. It may be gone already: that is no error.
set -euo pipefail
cd "$(dirname "$0")/.."

exec node scripts/shopctl.mjs remove canary
