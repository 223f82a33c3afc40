#!/usr/bin/env bash
# Measures the release build against the budgets of the design: sizes, start, pages in a real
# browser, the API under 50 connections. Times are compared with a bare answer (/healthz) of the
# same run, since a time alone says little on a noisy machine.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh build test
scripts/build.sh release
CHROMIUM_PATH=$(find_chromium) || die "no Chromium here; run: scripts/setup.sh test"
export CHROMIUM_PATH
exec node scripts/bench.mjs
