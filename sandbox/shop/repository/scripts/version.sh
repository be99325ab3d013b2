#!/usr/bin/env bash
# Prints the version in service.
set -euo pipefail
cd "$(dirname "$0")/.."

exec node scripts/shopctl.mjs version "${1:-stable}"
