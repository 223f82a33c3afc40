# shellcheck shell=bash
# What the scripts share. Sourced by them; leaves the shell at the root of the repository.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

WASM_TARGET=wasm32-unknown-unknown
# Name under which rustup knows the compiler of Debian's packages, where that one is needed.
DISTRO_TOOLCHAIN=distro
# Tools that must match this project's Cargo.lock live apart, so that nobody's own are overwritten.
TOOLS=${XDG_CACHE_HOME:-$HOME/.cache}/job-hunt-tracker
export PATH="$PWD/node_modules/.bin:$TOOLS/bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

# What tries the API by its description, in Python's own kind of folder.
SCHEMATHESIS=$PWD/.cache/schemathesis

say() { printf '%s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Says whether the toolchain that `rustc` stands for here has a standard library for the browser.
has_wasm_target() {
  local sysroot
  sysroot=$(rustc --print sysroot 2>/dev/null) || return 1
  compgen -G "$sysroot/lib/rustlib/$WASM_TARGET/lib/libstd-*.rlib" >/dev/null
}

# Chooses the toolchain for both sides: rustup's own where it can build for the browser, else
# the one that scripts/setup.sh made from Debian's packages. Fails where neither can.
use_toolchain() {
  has_wasm_target && return
  local before=${RUSTUP_TOOLCHAIN-}
  export RUSTUP_TOOLCHAIN=$DISTRO_TOOLCHAIN
  has_wasm_target && return
  if [[ $before ]]; then RUSTUP_TOOLCHAIN=$before; else unset RUSTUP_TOOLCHAIN; fi
  return 1
}

require_toolchain() {
  use_toolchain || die "no Rust toolchain here can build for the browser; run: scripts/setup.sh build"
}

# cargo_args dev|release: the arguments that cargo-leptos would give cargo. Sets LIB_ARGS and
# BIN_ARGS (arrays), FEATURE_ARGS (the server's features alone), LIB_PROFILE, BIN_PROFILE and
# SERVER (the binary).
cargo_args() {
  local settings
  settings=$(node scripts/site.mjs args "$1") || exit 1
  eval "$settings"
}

# The version of a crate in Cargo.lock.
locked_version() {
  [[ -f Cargo.lock ]] || die "Cargo.lock is missing; run: cargo generate-lockfile"
  awk -v name="name = \"$1\"" '$0 == name { getline; gsub(/[^0-9a-z.+-]|version = /, ""); print; exit }' Cargo.lock
}

# The folder of PostgreSQL's server programs, which Debian keeps off the PATH.
postgres_bin() {
  local folder
  for folder in "$(dirname "$(command -v initdb || echo none)")" $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
    [[ -x $folder/initdb && -x $folder/pg_ctl ]] && printf '%s\n' "$folder" && return
  done
  return 1
}

# A Chromium for the browser tests: CHROMIUM_PATH, or what is installed.
find_chromium() {
  local name
  [[ ${CHROMIUM_PATH-} ]] && printf '%s\n' "$CHROMIUM_PATH" && return
  for name in chromium chromium-browser google-chrome-stable google-chrome; do
    command -v "$name" && return
  done
  return 1
}
