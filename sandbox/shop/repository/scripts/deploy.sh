#!/usr/bin/env bash
# Brings RELEASE_TARGET_VERSION into a slot: stable (default) or canary.
set -euo pipefail
cd "$(dirname "$0")/.."

slot="${1:-stable}"
target="${RELEASE_TARGET_VERSION:?is not set: the version to deploy}"

# The version of this checkout is uploaded first. Any other one, as in a rollback, is in the registry already.
if [[ "$target" == "${RELEASE_VERSION:-}" ]]; then
  node scripts/shopctl.mjs publish "$target"
fi
node scripts/shopctl.mjs deploy "$slot" "$target"
