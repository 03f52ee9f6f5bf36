#!/usr/bin/env bash
# A PostgreSQL cluster of its own, from the binaries in $1, until standard input ends. With `on` as $2 every commit waits
# for the disk; tests need no such patience.
#
# Prints the folder of its socket when it takes connections. Whoever started this holds the other end of standard
# input, so the cluster goes with it, however it ends. A line `crash` there ends the server as a crash would, and
# `start` starts it again; each is printed again once it is done.
set -euo pipefail

bin=$1
fsync=${2:-off}
folder=$(mktemp --directory /tmp/minuted-postgres.XXXXXX)
server=

# PostgreSQL refuses to run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then
    user=$(id -u postgres 2>/dev/null || id -u nobody)
    chown "$user" "$folder"
    as=(setpriv --reuid="$user" --regid="$(id -g "$user" 2>/dev/null || echo "$user")" --clear-groups)
fi

start() {
    "${as[@]}" "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync="$fsync" \
        -c max_connections=400 -c shared_buffers=32MB </dev/null >"$folder/log" 2>&1 &
    server=$!
    for _ in $(seq 600); do
        if "$bin/pg_isready" --quiet --host="$folder"; then
            return
        fi
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    cat "$folder/log" >&2
    exit 1
}
crash() {
    [ -z "$server" ] || kill -QUIT "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" || true
    server=
}
trap 'crash; rm -rf "$folder"' EXIT
# The ones that a terminal or a supervisor sends to the whole group: the end of standard input follows.
trap '' INT HUP

# Sorted as people read, not as bytes: the tables must not depend on it.
cd "$folder"
"${as[@]}" "$bin/initdb" --pgdata=data --auth=trust --username=minuted --encoding=UTF8 --locale=C.UTF-8 \
    --locale-provider=icu --icu-locale=en --no-sync >/dev/null
start
echo "$folder"
while read -r order; do
    case $order in
        crash) crash ;;
        start) start ;;
    esac
    echo "$order"
done
