#!/usr/bin/env bash
# From a bare Debian 12 with git and a Rust toolchain to a ward that is seen and heard.
#   deploy/run.sh [--yes]      --yes installs what is missing without asking
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/needs.sh

yes=${CI:+1}
case "${1:-}" in
    "") ;;
    --yes) yes=1 ;;
    *) echo "usage: deploy/run.sh [--yes]" >&2; exit 2 ;;
esac

needs_a_toolchain
needs_to_build
provide "${yes:-0}"

cargo build --release --locked -p gateway

# Passes the demo's standard output on, and says in words what its ready line says to programs.
announce() {
    # Ctrl-C is for the demo; its last words still pass through here.
    trap '' INT
    local line
    while IFS= read -r line; do
        printf '%s\n' "$line"
        if [[ $line == *'"ready":true'* && $line =~ \"http\":\"([^\"]+)\" ]]; then
            printf '\nThe ward board:  http://%s/\n' "${BASH_REMATCH[1]}"
            if [[ $line =~ \"name\":\"([^\"]+)\",\"pin\":\"([^\"]+)\" ]]; then
                printf 'Acknowledge as:  %s, PIN %s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
            fi
            printf 'Ctrl-C ends the demo.\n\n'
        fi
    done
}

exec "${CARGO_TARGET_DIR:-target}/release/wardlight" demo > >(announce)
