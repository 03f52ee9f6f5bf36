#!/usr/bin/env bash
# Measures the router beside nginx and LiteLLM's proxy, prints the tables and keeps them under benches/results/.
#
#   bench-router.sh [--rounds N] [--seconds N] [--requests N] [--beside FILE]
#
# With options it only prints; FILE is another build of minuted, for a before and after. LiteLLM, and nginx where there
# is none, stay in $MINUTED_BENCH_CACHE, or else in ~/.cache/minuted-bench: about a gigabyte.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${MINUTED_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/minuted-bench}
wanted=benches/router/requirements.txt
if ! cmp --silent "$wanted" "$cache/litellm/requirements.txt"; then
    python3 -m venv "$cache/litellm"
    "$cache/litellm/bin/pip" install --quiet --no-deps --requirement "$wanted"
    cp "$wanted" "$cache/litellm/requirements.txt"
fi

# Debian's package is unpacked and not installed: it would start a server on port 80.
nginx=$(command -v nginx || echo "$cache/nginx/usr/sbin/nginx")
if [ ! -x "$nginx" ]; then
    mkdir -p "$cache/nginx"
    (cd "$cache/nginx" && apt-get download nginx && dpkg --extract nginx_*.deb .) || {
        echo "nginx is missing and could not be had: install it, or run apt-get update first." >&2
        exit 1
    }
fi

programs=(--nginx "$nginx" --litellm "$cache/litellm/bin/litellm")

# The machine, and nothing that names it.
processor=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1 | tr -cs '[:alnum:]\n' '-')
results=()
[ $# -gt 0 ] || results=(--out "benches/results/router-$(date +%F)-${processor,,}-$(nproc)-cores.md")
mkdir -p benches/results
cargo bench --locked --bench router -- "${programs[@]}" "${results[@]}" "$@"
