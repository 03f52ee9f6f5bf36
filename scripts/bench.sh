#!/usr/bin/env bash
# Measures minuted beside its peers, prints the tables and keeps them under benches/results/.
#
#   bench.sh [SECTION …] [--rounds N] [--sizes tiny=60,base] [--beams 1,5] [--hours H]
#
# Sections: throughput, kinds, frontend, memory, accuracy; all of them if none is named. A part of the whole is only printed.
# Models, recordings and Python packages stay in $MINUTED_BENCH_CACHE, or else in ~/.cache/minuted-bench: some gigabytes.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${MINUTED_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/minuted-bench}
wanted=benches/peers/requirements.txt
if ! cmp --silent "$wanted" "$cache/venv/requirements.txt"; then
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet --requirement "$wanted"
    cp "$wanted" "$cache/venv/requirements.txt"
fi
cargo build --release --locked --bin minuted --example pcm

# The machine, and nothing that names it.
processor=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1 | tr -cs '[:alnum:]\n' '-')
results=()
[ $# -gt 0 ] || results=(--out "benches/results/$(date +%F)-${processor,,}-$(nproc)-cores.md")
mkdir -p benches/results
PYTHONPATH=benches:models/recipe exec "$cache/venv/bin/python" -m peers --cache "$cache" "${results[@]}" "$@"
