#!/usr/bin/env bash
# The real OpenAI SDKs, for Python and for Node.js, LangChain and LlamaIndex, against the real binary.
#
#   sdk-tests.sh BINARY [pytest arguments …]
#
# Starts four servers on free ports of loopback, one as anyone would, one with narrow limits, one that asks for keys and
# one that passes requests on to backends: a stub, and llama.cpp before a tiny model. It tells the tests where they are
# through the environment, and stops them all, however this ends.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=$(realpath "$1")
shift
venv=$PWD/.venv/bin
tests=$PWD/tests/sdk
scratch=$(mktemp --directory)
servers=()

cleanup() {
    local status=$?
    [ "${#servers[@]}" -eq 0 ] || kill -TERM "${servers[@]}" 2>/dev/null || true
    wait "${servers[@]}" 2>/dev/null || true
    [ "$status" -eq 0 ] || tail --lines=40 "$scratch"/*.log >&2
    rm -rf "$scratch"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# start NAME [VARIABLE=VALUE …] → url, server. In an empty folder: no stray minuted.toml is read.
start() {
    local log=$scratch/$1.log data=$scratch/$1 tries=0
    shift
    (cd "$scratch" && exec env MINUTED_DATA_DIR="$data" MINUTED_SERVER_GRACE_SECONDS=0 "$@" "$binary" serve --listen 127.0.0.1:0) 2>"$log" &
    server=$!
    servers+=("$server")
    until url=$(sed -n 's|.*listening on \(http://[^ ]*\).*|\1|p' "$log") && [ -n "$url" ] &&
        curl --silent --fail --max-time 5 --output /dev/null "$url/readyz"; do
        kill -0 "$server" 2>/dev/null && [ "$((tries += 1))" -lt 600 ] || exit 1
        sleep 0.1
    done
}

start server
export TEST_SERVER_URL=$url TEST_SERVER_PID=$server
start narrow MINUTED_SERVER_MAX_REQUESTS=1 MINUTED_SERVER_MAX_UPLOAD_BYTES=1000000 MINUTED_AUDIO_MAX_AUDIO_SECONDS=60
export TEST_NARROW_SERVER_URL=$url

# Keys of an account, made as an operator would, before the server that asks for them.
minuted() {
    MINUTED_DATA_DIR=$scratch/keyed "$binary" "$@"
}
minuted accounts create acme >"$scratch/keyed.log"
TEST_KEY=$(minuted keys create --account acme --scopes transcribe --quiet)
TEST_SLOW_KEY=$(minuted keys create --account acme --requests-per-minute 1 --quiet)
TEST_POOR_KEY=$(minuted keys create --account acme --spend-per-month 0.01 --quiet)
TEST_OTHER_POOR_KEY=$(minuted keys create --account acme --spend-per-month 0.01 --quiet)
TEST_USAGE_KEY=$(minuted keys create --account acme --scopes usage --quiet)
TEST_REVOKED_KEY=$(minuted keys create --account acme --quiet)
minuted keys revoke "$TEST_REVOKED_KEY" >>"$scratch/keyed.log"
export TEST_KEY TEST_SLOW_KEY TEST_POOR_KEY TEST_OTHER_POOR_KEY TEST_USAGE_KEY TEST_REVOKED_KEY
start keyed
export TEST_KEYED_SERVER_URL=$url

# start_backend NAME → url, of one or two words.
start_backend() {
    : >"$scratch/$1.url"
    "$venv/python" "$tests/python/$1.py" >"$scratch/$1.url" 2>"$scratch/$1.log" &
    servers+=("$!")
    until url=$(<"$scratch/$1.url") && [ -n "$url" ]; do
        kill -0 "${servers[-1]}" || exit 1
        sleep 0.1
    done
}

# The backends, and the server before them.
start_backend backend
TEST_BACKEND_URL=$url
start_backend engine
read -r TEST_ENGINE_URL vectors_url <<<"$url"
cat >"$scratch/backends.toml" <<END
[[backend]]
name = "stub"
url = "$TEST_BACKEND_URL/v1"
kind = "vllm"
model = [
    { id = "small", upstream = "org/small", capabilities = ["text", "tools", "embeddings"] },
    { id = "seeing", upstream = "org/seeing", capabilities = ["text", "vision"] },
]

[[backend]]
name = "engine"
url = "$TEST_ENGINE_URL/v1"
kind = "llama.cpp"
max_concurrency = 2
model = [{ id = "tiny", capabilities = ["text", "tools"] }, { id = "tiny-seeing", capabilities = ["text", "vision"] }]

[[backend]]
name = "engine-of-vectors"
url = "$vectors_url/v1"
kind = "llama.cpp"
model = [{ id = "tiny-vectors", capabilities = ["embeddings"] }]
END
start router MINUTED_GATEWAY_BACKENDS="$scratch/backends.toml"
export TEST_BACKEND_URL TEST_ENGINE_URL TEST_ROUTER_URL=$url

"$venv/pytest" --quiet --tb=short -p no:cacheprovider "$tests/python" "$@"
"$venv/../frameworks/bin/pytest" --quiet --tb=short -p no:cacheprovider "$tests/frameworks"
PATH=$venv:$PATH npm --prefix "$tests/node" --silent test
