# What Wardlight needs of a Debian machine beside a Rust toolchain, and how it gets there.
# Sourced by run.sh and test.sh. Without leave to install it only names what is missing.
# shellcheck shell=bash

# A broker and a toolchain may lie where a plain login shell does not look.
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin:/usr/sbin:/sbin"
export PATH

missing=()

# need PACKAGE COMMAND… : notes the package as missing unless the command succeeds.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

needs_to_build() {
    need gcc command -v cc
    need libc6-dev test -e /usr/include/stdlib.h
    need pkg-config command -v pkg-config
    need libasound2-dev pkg-config --exists alsa
}

needs_to_test() {
    need mosquitto command -v mosquitto
    need mosquitto-clients command -v mosquitto_pub
    need pulseaudio command -v pulseaudio
    need pulseaudio-utils command -v pactl
    need chromium command -v chromium
    need chromium-driver command -v chromedriver
    need fonts-dejavu-core test -e /usr/share/fonts/truetype
    need faketime command -v faketime
    need g++ command -v c++
    need nodejs command -v node
    need npm command -v npm
    need python3-venv python3 -c 'import ensurepip, venv'
}

# The toolchain is the one thing that is never installed for you.
needs_a_toolchain() {
    command -v cargo >/dev/null || {
        echo "A Rust toolchain is missing (cargo, 1.95 or newer): install it with rustup." >&2
        return 1
    }
}

# provide YES : installs what is missing, or names it and fails. YES=1 does not ask.
provide() {
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "Missing here: ${missing[*]}"
    local install=(apt-get install -y --no-install-recommends "${missing[@]}")
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo)
        # Nobody may be there to type a password.
        [ -t 0 ] || as_root=(sudo -n)
    fi
    if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null || ! agreed "$1"; then
        echo "Not installed. As root: apt-get update && ${install[*]}" >&2
        return 1
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}"
    # Debian starts a broker when it installs one; port 1883 is the gateway's, and the tests start their own.
    if [[ " ${missing[*]} " == *" mosquitto "* ]]; then
        "${as_root[@]}" systemctl disable --now mosquitto >/dev/null 2>&1 || true
    fi
}

agreed() {
    [ "$1" = 1 ] && return 0
    [ -t 0 ] || return 1
    local answer
    read -r -p "Install them with apt-get? [y/N] " answer
    [ "$answer" = y ] || [ "$answer" = Y ]
}
