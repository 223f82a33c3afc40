#!/usr/bin/env bash
# Runs a command with a throw-away PostgreSQL: scripts/with-postgres.sh COMMAND ...
#
# The command finds the server in TEST_POSTGRES_URL. Its data is in a folder under /tmp, which
# goes with it, also after Ctrl-C. Where TEST_POSTGRES_URL is set already, that server is used.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($#)) || die "usage: scripts/with-postgres.sh COMMAND ..."
[[ ${TEST_POSTGRES_URL-} ]] && exec "$@"

bin=$(postgres_bin) || die "PostgreSQL's server is missing; run: scripts/setup.sh test"
# Not under TMPDIR: the path of the socket may have 107 characters at most.
folder=$(mktemp -d /tmp/job-hunt-pg.XXXXXX)
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# PostgreSQL refuses to run as root.
as_owner() {
  if ((EUID != 0)); then
    (cd "$folder" && "$@")
  elif have runuser; then
    (cd "$folder" && runuser -u postgres -- "$@")
  else
    # shellcheck disable=SC2016 # for the shell that su starts
    (cd "$folder" && su postgres -s /bin/sh -c '"$0" "$@"' -- "$@")
  fi
}

free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'
}

start() {
  local options
  ((EUID != 0)) || chown postgres "$folder"
  as_owner "$bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 \
    --locale="$(utf8_locale)" --no-sync >"$folder/log"
  # Nothing here must survive a power cut, so nothing waits for the disk.
  options="-c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c max_connections=300"
  options+=" -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
  # Another program can take the port before the server does.
  for _ in 1 2 3; do
    port=$(free_port)
    as_owner "$bin/pg_ctl" --pgdata="$folder/data" --log="$folder/server.log" --options="$options -p $port" \
      --wait --silent start && return
  done
  cat "$folder/server.log" >&2
  die "PostgreSQL does not start"
}

# A locale that knows what the lower case of "É" is, unlike plain C.
utf8_locale() {
  locale -a 2>/dev/null | grep -ixE -m1 'C\.utf-?8' || echo "${LANG:-C}"
}

stop() {
  [[ ! -f $folder/data/postmaster.pid ]] ||
    as_owner "$bin/pg_ctl" --pgdata="$folder/data" --mode=immediate --silent stop || true
  rm -rf "$folder"
}

start
export TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:$port/postgres
"$@"
