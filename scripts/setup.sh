#!/usr/bin/env bash
# Makes sure that what the build needs is there, and installs it on Debian and Ubuntu.
#
#   setup.sh build           a C++ compiler, CMake, curl, certificates, a recent cargo
#   setup.sh test            the same, and Python with venv, rustfmt and clippy; PostgreSQL, if it can be had
#   setup.sh bench           the same as for build, and Python with venv, ffmpeg and the synthesisers; PostgreSQL too
#   setup.sh packages NAME…  these Debian packages
#   setup.sh port HOST:PORT  that nobody listens there
#
# Silent when nothing is missing. Without root and sudo it prints the command to run and stops.
set -euo pipefail

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# The packages that are missing, one a line, found by what they give and not by the package
# manager's word: a compiler from elsewhere is as good.
missing() {
    command -v gcc >/dev/null || echo gcc
    command -v g++ >/dev/null || echo g++
    echo '#include <stdlib.h>' | gcc -fsyntax-only -xc - 2>/dev/null || echo libc6-dev
    command -v cmake >/dev/null || echo cmake
    command -v curl >/dev/null || echo curl
    [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
    [ "$1" != build ] || return 0
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    [ "$1" = bench ] || return 0
    command -v ffmpeg >/dev/null || echo ffmpeg
    command -v espeak-ng >/dev/null || echo espeak-ng
    /sbin/ldconfig -p | grep 'libespeak-ng\.so\.1 ' >/dev/null || echo libespeak-ng1
    /sbin/ldconfig -p | grep 'libflite\.so\.1 ' >/dev/null || echo libflite1
}

install_packages() {
    local command as_root=()
    [ $# -gt 0 ] || return 0
    command="apt-get update && apt-get install --yes --no-install-recommends $*"

    command -v apt-get >/dev/null ||
        fail "missing: $*" "Install them (these are Debian's names) and run make again."
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "missing: $*" "Run this as root, then make again:" "" "    $command" ""
        as_root=(sudo)
    fi
    echo "installing $*" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -ec "$command" >&2
}

# The tests run clusters of their own from PostgreSQL's binaries; the one that the package would make and start is told
# not to. Without it half of a suite is skipped, by name, so nobody is stopped for want of it.
install_postgresql() {
    local as_root=() settings=/etc/postgresql-common/createcluster.d
    ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || return 0
    command -v apt-get >/dev/null || return 0
    if [ "$(id -u)" -ne 0 ]; then
        sudo --non-interactive true 2>/dev/null || return 0
        as_root=(sudo)
    fi
    echo "installing postgresql" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -ec "
        mkdir -p $settings
        echo 'create_main_cluster = false' >$settings/minuted.conf
        trap 'rm $settings/minuted.conf' EXIT
        apt-get update
        apt-get install --yes --no-install-recommends postgresql" >&2 ||
        echo "PostgreSQL could not be installed: what needs it will be skipped." >&2
}

check_rust() {
    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    command -v cargo >/dev/null ||
        fail "cargo is missing: install Rust $wanted or newer, for example with rustup (https://rustup.rs)."
    found=$(cargo --version | cut -d ' ' -f 2)
    printf '%s\n' "$wanted" "$found" | sort --check=quiet --version-sort ||
        fail "cargo $found is too old: Rust $wanted or newer is needed ('rustup update stable')."
    [ "$1" = test ] || return 0
    cargo fmt --version >/dev/null 2>&1 || fail "rustfmt is missing: 'rustup component add rustfmt'."
    cargo clippy --version >/dev/null 2>&1 || fail "clippy is missing: 'rustup component add clippy'."
}

# A port that another process holds is better said now than after the build.
check_port() {
    local host=${1%:*} port=${1##*:}
    if (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null; then
        fail "$1 is taken by another process." "Stop it, or choose another address: make run LISTEN=$host:$((port + 1))"
    fi
}

cd "$(dirname "$0")/.."
case ${1:-} in
    build | test | bench)
        check_rust "$1"
        mapfile -t packages < <(missing "$1")
        install_packages "${packages[@]}"
        [ "$1" = build ] || install_postgresql
        ;;
    packages) install_packages "${@:2}" ;;
    port) check_port "$2" ;;
    *) fail "usage: setup.sh build | test | bench | packages NAME… | port HOST:PORT" ;;
esac
