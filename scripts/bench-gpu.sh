#!/usr/bin/env bash
# Builds what measures minuted on NVIDIA GPUs into the folder target/bench-gpu. Where there is a GPU it is
# measured at once; elsewhere the folder is tried on the CPU, to be copied to a machine that has one: ./run there needs no Rust.
#
#   bench-gpu.sh [--workers 1,2,4,8,16] [--seconds N]
#
# CUDA's toolkit is that of $CUDA_PATH, or else comes as Python packages, which stay in $MINUTED_BENCH_CACHE or in
# ~/.cache/minuted-bench. $CUDA_ARCHITECTURES says for which GPUs, in CMake's words: 90-real is an H100 or H200; after a change
# `cargo clean --release -p whisper-rs-sys`. The compiler needs 20 minutes of a core; a build that was stopped goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=target/bench-gpu

# NVIDIA's packages, made into what looks like an installed toolkit; prints where it is.
toolkit() {
    local cache=${MINUTED_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/minuted-bench}/cuda
    local wanted=benches/gpu/requirements.txt root library
    if ! cmp --silent "$wanted" "$cache/requirements.txt"; then
        python3 -m venv "$cache"
        "$cache/bin/pip" install --quiet --no-deps --requirement "$wanted"
        root=$(echo "$cache"/lib/python3*/site-packages/nvidia/cu13)
        ln -sfn lib "$root/lib64"
        for library in cublas cublasLt cudart; do
            ln -sf "lib$library.so.13" "$root/lib/lib$library.so"
        done
        # The driver's library is on the machine that runs it; to link, its name is enough.
        mkdir -p "$root/lib/stubs"
        gcc -shared -Wl,-soname,libcuda.so.1 -o "$root/lib/stubs/libcuda.so" -xc /dev/null
        cp "$wanted" "$cache/requirements.txt"
    fi
    echo "$cache"/lib/python3*/site-packages/nvidia/cu13
}

CUDA_PATH=${CUDA_PATH:-$(toolkit)}
libraries=$CUDA_PATH/lib64
export CUDA_PATH CUDACXX=$CUDA_PATH/bin/nvcc CMAKE_CUDA_ARCHITECTURES=${CUDA_ARCHITECTURES:-90-real}
# Where the linker looks besides.
export LIBRARY_PATH=$libraries:$libraries/stubs${LIBRARY_PATH:+:$LIBRARY_PATH}
messages=$(cargo build --release --locked --features cuda --bin minuted --bench gpu --message-format json-render-diagnostics)
# Where cargo has put the program of this name.
built() {
    sed -n "s|.*\"name\":\"$1\".*\"executable\":\"\([^\"]*\)\".*|\1|p" <<<"$messages"
}

mkdir -p "$folder/lib"
cp benches/gpu/run "$folder"
strip -o "$folder/measure" "$(built gpu)"
# To serve there, with the same libraries.
strip -o "$folder/minuted" "$(built minuted)"
# Of the libraries that are found, those that are NVIDIA's.
LD_LIBRARY_PATH=$libraries ldd "$folder/measure" | awk -v from="$libraries/" 'index($3, from) == 1 { print $3 }' |
    xargs cp --dereference --update --target-directory "$folder/lib"

if gpu=$(nvidia-smi --id=0 --query-gpu=name --format=csv,noheader 2>/dev/null | tr -cs '[:alnum:]\n' '-') && [ -n "$gpu" ]; then
    mkdir -p benches/results
    exec "$folder/run" --out "benches/results/gpu-$(date +%F)-${gpu,,}.md" "$@"
fi
"$folder/run" --trial
echo "There is no GPU here. Copy the folder $folder to a machine that has one, and run ./run there."
