#!/usr/bin/env bash
# cargo-leptos with this project's toolchain and tools: scripts/cargo-leptos.sh watch|build ...
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

require_toolchain
exec cargo leptos "$@"
