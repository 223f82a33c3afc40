#!/usr/bin/env bash
# Checks that scripts/build.sh and cargo-leptos give the same site: scripts/check-site.sh [dev|release]
#
# The same files; the same CSS; in dev the same bytes of everything but the WASM, from which ours leaves
# out what is never called. In release the scripts differ, as cargo-leptos has another minifier, and only
# ours has compressed copies.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mode=${1:-dev}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

require_toolchain

list_site() {
  node scripts/site.mjs list "$mode" | grep -vE '\.(br|gz) '
}

# What must be equal: the hash too, or the name alone.
comparable() {
  if [[ $mode == dev ]]; then sed -E '/\.wasm /s/ .*//'; else sed -E '/\.css /!s/ .*//'; fi
}

scripts/build.sh "$mode"
list_site | comparable >"$folder/build.sh"
leptos=(scripts/cargo-leptos.sh build)
[[ $mode == dev ]] || leptos+=(--release)
"${leptos[@]}"
list_site | comparable >"$folder/cargo-leptos"
diff -u --label build.sh --label cargo-leptos "$folder/build.sh" "$folder/cargo-leptos" ||
  die "scripts/build.sh and cargo-leptos give different sites"
say "scripts/build.sh and cargo-leptos give the same site ($mode, $(wc -l <"$folder/build.sh") files)."
