#!/usr/bin/env bash
# Runs a command as the other scripts would, with their toolchain and tools, so that it shares
# their build cache. For example:
#
#   scripts/with-env.sh cargo nextest run --features ssr
set -euo pipefail
(($#)) || { sed -n '2,5s/^# \{0,1\}//p' "$0" && exit 2; }
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

require_toolchain
exec "$@"
