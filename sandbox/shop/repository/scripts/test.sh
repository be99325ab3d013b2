#!/usr/bin/env bash
# Tests the shop of this checkout.
set -euo pipefail
cd "$(dirname "$0")/.."

exec node --test test/shop.test.mjs
