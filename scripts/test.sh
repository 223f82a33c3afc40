#!/usr/bin/env bash
# Checks everything: scripts/test.sh [fmt|clippy|unit|site|openapi|e2e ...]
#
# Without a name, all of these in this order, up to the first that fails. All use the same
# features and profiles, so that each compiles only what the ones before it did not.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run_fmt() {
  cargo fmt --check
}

run_clippy() {
  cargo clippy "${FEATURE_ARGS[@]}" --all-targets -- -D warnings
  cargo clippy "${LIB_ARGS[@]}" -- -D warnings
}

run_unit() {
  local runner=(cargo test)
  if cargo nextest --version >/dev/null 2>&1; then runner=(cargo nextest run); fi
  scripts/with-postgres.sh "${runner[@]}" --no-fail-fast "${FEATURE_ARGS[@]}"
}

run_site() {
  scripts/build.sh dev
  node scripts/site.mjs budget dev
}

run_openapi() {
  [[ -x $SCHEMATHESIS/bin/st ]] || die "schemathesis is missing; run: scripts/setup.sh test"
  "$SCHEMATHESIS/bin/python" tests/openapi/run.py "$SERVER"
}

run_e2e() {
  if [[ ! -f end2end/package.json ]]; then
    say "There are no browser tests (end2end/package.json)."
    return
  fi
  CHROMIUM_PATH=$(find_chromium) || die "Chromium is missing; run: scripts/setup.sh test"
  export CHROMIUM_PATH
  export SERVER_BIN=$SERVER
  scripts/with-postgres.sh bash -c 'cd end2end && exec npx playwright test' || return
  again_e2e
}

# A test that passed at its second try alone shows that this was the machine and no race: it passes eight
# times in a row, or the run fails.
again_e2e() {
  local project place unsure
  unsure=$(cat end2end/test-results/unsure.txt)
  [[ $unsure ]] || return 0
  # Each of these is a sign that something is wrong with all of them.
  (($(wc -l <<<"$unsure") <= 3)) || die "too many tests passed at their second try alone"
  while IFS=$'\t' read -r project place; do
    say "Not sure of $place: eight times more"
    CI='' scripts/with-postgres.sh bash -c 'cd end2end && exec npx playwright test "$@"' _ \
      --project="$project" --repeat-each=8 "specs/$place" </dev/null || return
  done <<<"$unsure"
}

title() {
  case $1 in
  fmt) say "Formatting" ;;
  clippy) say "Lints, server and browser" ;;
  unit) say "Tests" ;;
  site) say "Site and server" ;;
  openapi) say "The API, tried by its description" ;;
  e2e) say "Tests in the browser" ;;
  *) die "unknown check '$1'; there are: fmt, clippy, unit, site, openapi, e2e" ;;
  esac
}

require_toolchain
cargo_args dev

current=
trap '[[ $? == 0 || ! $current ]] || say "== $current: FAILED after $((SECONDS - start)) s"' EXIT
(($#)) || set -- fmt clippy unit site openapi e2e
for check in "$@"; do
  name=$(title "$check")
  current=$name start=$SECONDS
  printf '\n== %s\n' "$current"
  "run_$check"
  say "== $current: passed, $((SECONDS - start)) s"
done
