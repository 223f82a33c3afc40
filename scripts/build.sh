#!/usr/bin/env bash
# Builds the site and the server: scripts/build.sh [dev|release]
#
# Does what `cargo leptos build` does, from the same settings ([package.metadata.leptos] in
# Cargo.toml), without the long wait for cargo-leptos itself to be compiled first.
# scripts/check-site.sh checks that both give the same site.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mode=${1:-dev}
[[ $mode == dev || $mode == release ]] || die "usage: scripts/build.sh [dev|release]"

require_toolchain
cargo_args "$mode"

say "Browser side: cargo, profile $LIB_PROFILE"
if [[ $mode == release ]]; then
  # As it stands in Cargo.toml, with the library beside it that the server and the tests link, cargo
  # leaves out what `lto` asks for, and says nothing.
  cargo rustc "${LIB_ARGS[@]}" --crate-type=cdylib
else
  cargo build "${LIB_ARGS[@]}"
fi

# The site is put together while the server compiles.
node scripts/site.mjs build "$mode" &
site=$!
trap 'kill "$site" 2>/dev/null || true' EXIT

say "Server: cargo, profile $BIN_PROFILE"
cargo build "${BIN_ARGS[@]}"
wait "$site"
[[ $mode == dev ]] || node scripts/site.mjs budget release
say "Built $SERVER"
