#!/usr/bin/env bash
# Installs what is missing, and only that: scripts/setup.sh build|test|dev ...
#
#   build  what `make run` needs: Rust for the server and the browser, wasm-bindgen, npm packages
#   test   what `make test` needs besides: PostgreSQL, Chromium, Playwright, schemathesis
#   dev    cargo-leptos, for `make dev`
#
# Takes under a second when all is there. On a bare Debian it does everything by itself.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

CARGO_LEPTOS_VERSION=0.3.11
NODE_MAJOR=20

# --- how steps run ---

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# attempt "what" command...: runs the command with its output in $log, and sets $status.
# Not to be called as a condition: bash would then ignore errors inside the command.
attempt() {
  local what=$1 start=$SECONDS
  shift
  printf 'Setup: %s ... ' "$what"
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  if ((status == 0)); then say "done, $((SECONDS - start)) s"; else say "failed"; fi
}

# step "what" command...: as attempt, and gives up where that fails.
step() {
  attempt "$@"
  ((status == 0)) && return
  trap - EXIT
  tail -n 30 "$log" >&2
  die "setup stopped at: $1 (all its output: $log)"
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# apt_install "how long" package...
apt_install() {
  local time=$1
  shift
  have apt-get || die "please install these, or what your system calls them: $*"
  ((EUID == 0)) || have sudo || die "please run as root: apt-get install $*"
  apt_update
  step "Debian packages $* ($time)" \
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# A source of packages that cannot be reached need not be one that matters.
apt_update() {
  [[ ${apt_updated-} ]] && return
  apt_updated=1
  attempt "Debian's lists of packages (10 s)" as_root apt-get update
  ((status == 0)) || say "Going on with the lists that are here."
}

# --- build ---

setup_build() {
  need_node
  have cc || apt_install "20 s" gcc libc6-dev
  setup_rust
  require_toolchain
  setup_wasm_bindgen
  npm_packages . "Tailwind and wasm-opt (10 s)"
}

need_node() {
  local version
  version=$(node --version 2>/dev/null) || die "please install Node.js $NODE_MAJOR or newer: https://nodejs.org"
  version=${version#v}
  ((${version%%.*} >= NODE_MAJOR)) || die "Node.js here is $version; please install $NODE_MAJOR or newer: https://nodejs.org"
  have npm || die "please install npm, which belongs to Node.js"
}

# npm_packages folder "what": as package-lock.json has them. A copy of that file says which are in.
npm_packages() {
  local lock=$1/package-lock.json mark=$1/node_modules/.installed-lock
  cmp -s "$lock" "$mark" && return
  step "npm packages in $1: $2" npm --prefix "$1" ci --ignore-scripts
  cp "$lock" "$mark"
}

setup_rust() {
  wasm_works && return
  if have rustup; then
    attempt "Rust for the browser, from rustup (10 s)" rustup target add "$WASM_TARGET"
    wasm_works && return
    say "That cannot be had from rustup here, so it is made from Debian's packages."
  elif ! have apt-get; then
    die "please install Rust with rustup: https://rustup.rs"
  fi
  rust_from_debian
}

# Compiles and links a few lines for the browser: a library made by another compiler, or a
# missing linker, shows only then.
wasm_works() (
  use_toolchain || return 1
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  printf '#[unsafe(no_mangle)] pub extern "C" fn f(n: usize) -> usize { vec![n; n].len() }' |
    rustc --edition 2024 --crate-type cdylib --crate-name works --target "$WASM_TARGET" \
      --out-dir "$folder" - 2>/dev/null
)

# Debian's newest compiler comes with the sources of its standard library but without that
# library for the browser, so it is built here.
rust_from_debian() {
  local llvm
  apt_update
  enough_rustc_in_debian
  # The linker must be of the LLVM that the compiler has.
  llvm=$(apt-cache depends rust-web-llvm | sed -n 's/.*Depends: llvm-\([0-9][0-9]*\)$/\1/p')
  apt_install "1 min" rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web "lld-$llvm"
  export RUSTUP_TOOLCHAIN=$DISTRO_TOOLCHAIN
  have rustup && step "toolchain '$DISTRO_TOOLCHAIN' for rustup" rustup toolchain link "$DISTRO_TOOLCHAIN" /usr
  step "Rust's standard library for the browser (1 min)" build_wasm_std
  wasm_works || die "the standard library was built, but a test program for $WASM_TARGET does not link"
}

enough_rustc_in_debian() {
  local wanted found
  wanted=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' Cargo.toml)
  found=$(apt-cache policy rustc-web | awk '/Candidate:/ { print $2 }')
  [[ $(printf '%s\n' "$wanted" "${found:-0}" | sort -V | head -n 1) == "$wanted" ]] ||
    die "Rust $wanted or newer is needed, and Debian has ${found:-none}; please run where rustup works: rustup target add $WASM_TARGET"
}

build_wasm_std() {
  local folder lib=/usr/lib/rustlib/$WASM_TARGET/lib
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder's name is needed now
  trap "rm -rf '$folder'" EXIT
  mkdir "$folder/src"
  touch "$folder/src/lib.rs"
  printf '%s\n' '[package]' 'name = "throw-away"' 'version = "0.0.0"' \
    '[profile.release]' 'opt-level = "s"' 'debug = 0' >"$folder/Cargo.toml"
  # Bitcode, or no program that uses the library could be optimised as a whole (`lto = true`).
  (
    cd "$folder"
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes cargo build --release --target-dir target \
      -Zbuild-std=std,panic_abort,proc_macro --target "$WASM_TARGET"
  )
  rm "$folder/target/$WASM_TARGET"/release/deps/libthrow_away-*.rlib
  as_root rm -rf "$lib"
  as_root mkdir -p "$lib"
  as_root cp "$folder/target/$WASM_TARGET"/release/deps/*.rlib "$lib/"
}

# The command-line tool must have the very version of the library.
setup_wasm_bindgen() {
  local version
  version=$(locked_version wasm-bindgen)
  [[ $version ]] || die "Cargo.lock does not name wasm-bindgen; run: cargo generate-lockfile"
  [[ $(wasm-bindgen --version 2>/dev/null) == "wasm-bindgen $version" ]] && return
  step "wasm-bindgen $version, compiled (2 min)" install_wasm_bindgen "$version"
}

install_wasm_bindgen() {
  local install=(cargo install wasm-bindgen-cli --bin wasm-bindgen --version "$1" --root "$TOOLS" --debug)
  export CARGO_PROFILE_DEV_DEBUG=0
  # Its own list of versions can name one that was withdrawn.
  "${install[@]}" --locked || "${install[@]}"
}

# --- test ---

setup_test() {
  setup_build
  has_clippy_and_fmt || step "clippy and rustfmt (20 s)" rustup component add clippy rustfmt
  postgres_bin >/dev/null || apt_install "30 s" postgresql
  find_chromium >/dev/null || apt_install "40 s" chromium fonts-liberation
  # Playwright drives the Chromium above; it need not fetch one.
  [[ ! -f end2end/package-lock.json ]] ||
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm_packages end2end "Playwright (10 s)"
  setup_schemathesis
}

# Exactly what tests/openapi/requirements.txt names. A copy of that file says that it is in.
setup_schemathesis() {
  local lock=tests/openapi/requirements.txt mark=$SCHEMATHESIS/.installed-lock
  cmp -s "$lock" "$mark" && return
  has_venv || apt_install "20 s" python3 python3-venv
  step "schemathesis, from PyPI (20 s)" install_schemathesis "$lock"
  cp "$lock" "$mark"
}

has_venv() {
  python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

install_schemathesis() {
  rm -rf "$SCHEMATHESIS"
  python3 -m venv "$SCHEMATHESIS"
  "$SCHEMATHESIS/bin/python" -m pip install --disable-pip-version-check --require-hashes -r "$1"
}

has_clippy_and_fmt() {
  cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1
}

# --- dev ---

setup_dev() {
  setup_build
  cargo leptos --version >/dev/null 2>&1 && return
  # Unoptimised: its release build takes half an hour on two cores.
  export CARGO_PROFILE_DEV_DEBUG=0
  step "cargo-leptos $CARGO_LEPTOS_VERSION, compiled once (9 min on two cores)" \
    cargo install cargo-leptos --version "$CARGO_LEPTOS_VERSION" --debug --locked --features no_downloads
}

# --- start ---

(($#)) || die "usage: scripts/setup.sh build|test|dev ..."
for part in "$@"; do
  case $part in
  build | test | dev) "setup_$part" ;;
  *) die "unknown part '$part'; there are: build, test, dev" ;;
  esac
done
