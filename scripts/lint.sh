#!/usr/bin/env bash
# Clippy over everything, the feature `cuda` included, also on a machine without a CUDA toolkit. Warnings are errors.
#
# whisper-rs-sys compiles whisper.cpp in its build script, with nvcc when `cuda` is on. Cargo lets a
# configuration stand in for a build script (https://doc.rust-lang.org/cargo/reference/build-scripts.html,
# "Overriding build scripts"): the one here gives the Rust bindings and links nothing, which is all
# that a lint reads.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc --verbose --version | sed -n 's/^host: //p')
manifest=$(cargo metadata --locked --format-version 1 |
    grep --only-matching --max-count=1 '"manifest_path":"[^"]*/whisper-rs-sys-[^"/]*/Cargo\.toml"' | cut -d '"' -f 4)

cargo clippy --locked --all-targets --features cuda \
    --config "target.$host.whisper.WHISPER_CPP_VERSION = 'unused'" \
    --config "target.$host.whisper.rustc-env.OUT_DIR = '${manifest%/Cargo.toml}/src'" \
    -- --deny warnings
