#!/usr/bin/env bash
# Every test, from a bare Debian 12 with git and a Rust toolchain.
#   deploy/test.sh              the short dose
#   deploy/test.sh --long WHAT  one full dose; its figures are appended to tests/figures.csv
# What is missing is installed when CI is set or you agree. ADVISORY_DB=DIR names a git checkout of the RustSec
# advisory database for a machine that cannot fetch it.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/needs.sh

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
deny_version=0.20.2
mutants_version=27.1.0

# WHAT of a long dose, and the story that it tells at length. `fuzz` is one, too, and `fuzz-DOOR` one door of it;
# `mutants` is one, and `mutants-FILE` one file of it, as rules/survivors.md names it (mutants-score/news2.rs).
declare -A long_doses=([kills]=power_cut)

# `alerts` tells so many alerts while everything between the ward and its phones fails at random.
alerts_long=10000

# The doors that are fuzzed, and how many cases each gets.
fuzz_doors=(mllp hl7 mqtt json profiles)
fuzz_short=10000
fuzz_long=1000000

# What is changed on purpose, one small change at a time: the charts, the critical values, the limits, and the numbers
# that they stand on. deploy/mutants.toml says how.
mutated=(age.rs bed/limits.rs bed/own_critical.rs bed/pulse.rs bed/rise.rs bed/steady.rs bed/warning.rs
    critical.rs "critical/*.rs" decimal.rs limit.rs "score/**/*.rs" trend.rs)

figures=""
# stage NAME COMMAND… : runs one stage and notes its seconds.
stage() {
    local name=$1 begun=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    "$@"
    figures+=" $name=$((SECONDS - begun))s"
}

format() {
    cargo fmt --all --check
    cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
}

lints() {
    cargo clippy --locked --workspace --all-targets -- -D warnings
}

supply_chain() {
    if [[ "$(cargo deny --version 2>/dev/null)" != "cargo-deny $deny_version" ]]; then
        # Unoptimised: it is built once and then judges the lock in seconds.
        cargo install --quiet --locked --debug --no-default-features "cargo-deny@$deny_version"
    fi
    cargo deny --config deploy/deny.toml --log-level error check licenses bans sources
    advisories
}

# The one check whose facts are not in the lock: without them it says so, and never passes in silence.
advisories() {
    local config=$target/deny-advisories.toml
    {
        cat deploy/deny.toml
        printf '\n[advisories]\ndb-path = "%s"\n' "$target/advisory-db"
        # A database has an address with a host; git is told below which folder is meant.
        [ -z "${ADVISORY_DB:-}" ] || printf 'db-urls = ["https://given.invalid/advisory-db"]\n'
    } >"$config"
    if [ -n "${ADVISORY_DB:-}" ]; then
        GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$(realpath "$ADVISORY_DB").insteadOf" \
            GIT_CONFIG_VALUE_0=https://given.invalid/advisory-db \
            cargo deny --config "$config" --log-level error check advisories
    elif timeout 120 cargo deny --config "$config" fetch db >/dev/null 2>&1; then
        cargo deny --config "$config" --log-level error check advisories
    else
        echo "advisories not checked: the database cannot be fetched here, and ADVISORY_DB names none"
    fi
}

release() {
    cargo build --release --locked -p gateway
}

# Foreign clients and servers that the stories speak to, pinned.
peers() {
    [ -x "$target/peers/bin/python" ] || python3 -m venv "$target/peers"
    "$target/peers/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/peers.txt ||
        { echo "Python peers not installed: the stories that need them will say so"; [ -z "${CI:-}" ]; }
    cp tests/peers/package.json tests/peers/package-lock.json "$target/peers/"
    npm ci --prefix "$target/peers" --silent --omit=dev --ignore-scripts --no-audit --no-fund ||
        { echo "Node.js peers not installed: the stories that need them will say so"; [ -z "${CI:-}" ]; }
}

# fuzz CASES : so many cases at each door. Plain cargo builds the libFuzzer binaries with the flags that cargo-fuzz
# would give it, so there is one tool less to install. No sanitizer: the house has no unsafe code, and what is looked
# for is a panic, a broken promise or a bound that does not hold.
fuzz() {
    local cases=$1 built=$target/fuzz host door begun seeds
    host=$(rustc -vV | sed -n 's/^host: //p')
    RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares -Clink-dead-code -Ccodegen-units=1" \
        CARGO_TARGET_DIR=$built cargo build --quiet --locked --release --target "$host" \
        --manifest-path tests/fuzz/Cargo.toml
    for door in "${fuzz_doors[@]}"; do
        begun=$SECONDS
        seeds=tests/fuzz/seeds/$door
        [ -d "$seeds" ] || seeds=tests/data/hl7
        # What was worth keeping of earlier runs is tried again first.
        mkdir -p "$built/corpus/$door"
        # A backtrace would need more memory than a case may have.
        RUST_BACKTRACE=0 "$built/$host/release/$door" -runs="$cases" -max_len=8192 -timeout=30 -rss_limit_mb=1024 \
            -artifact_prefix="$built/found-$door-" "$built/corpus/$door" "$seeds" >"$built/$door.log" 2>&1 ||
            { tail -n 40 "$built/$door.log"; echo "$door: a fault; the input is kept beside $built/$door.log"; return 1; }
        echo "$door: $cases cases without a fault, $((SECONDS - begun)) s"
        [ "$cases" -lt "$fuzz_long" ] ||
            echo "$(date -u +%FT%TZ),\"fuzzed without a fault: $door\",$cases,cases" >>tests/figures.csv
    done
}

# mutants [FILE] : changes the files, or one of them. What the tests let pass must stand with its reason in
# rules/survivors.md, and nothing else may stand there.
mutants() {
    local file=${1:-} built=$target/mutants ended=0 changed caught survived
    local tool=$built/tool/bin/cargo-mutants told=$built/mutants.out
    if [[ "$("$tool" mutants --version 2>/dev/null)" != "cargo-mutants $mutants_version" ]]; then
        cargo install --quiet --locked --root "$built/tool" "cargo-mutants@$mutants_version"
    fi
    changed=("${mutated[@]/#/--file=rules/src/}")
    [ -z "$file" ] || changed=("--file=rules/src/$file")
    # Only what was changed is built anew, optimised a little: the tests then take a tenth of the time. Chance tries the
    # same cases each time.
    CARGO_INCREMENTAL=1 CARGO_PROFILE_TEST_DEBUG=0 CARGO_PROFILE_TEST_OPT_LEVEL=1 CARGO_TARGET_DIR=$built/build \
        PROPTEST_RNG_SEED=1 "$tool" mutants --config deploy/mutants.toml --output "$built" "${changed[@]}" || ended=$?
    # 2 and 3 say that something survived or never ended; anything else is no answer.
    [[ $ended = [023] ]] || { echo "the mutants were not all tried" >&2; return 1; }
    caught=$(cat "$told/caught.txt" "$told/timeout.txt" | wc -l)
    [ "$caught" -gt 0 ] || { echo "there is nothing to change in '$file'" >&2; return 1; }
    sed -E 's|^rules/src/([^:]+):[0-9]+:[0-9]+: |\1\t|' "$told/missed.txt" | LC_ALL=C sort >"$built/survived"
    sed -nE 's/^\| `([^`]+)` \| `([^`]+)` \| .+/\1\t\2/p' rules/survivors.md | sed 's/\\|/|/g' |
        awk -F '\t' -v file="$file" 'file == "" || $1 == file' | LC_ALL=C sort >"$built/explained"
    survived=$(wc -l <"$built/survived")
    echo "$((caught + survived)) mutants: $caught caught, $survived survived"
    if ! cmp -s "$built/explained" "$built/survived"; then
        echo "rules/survivors.md gives these no reason:"
        LC_ALL=C comm -13 "$built/explained" "$built/survived"
        echo "rules/survivors.md lists these, and they do not survive:"
        LC_ALL=C comm -23 "$built/explained" "$built/survived"
        return 1
    fi
    [ -n "$file" ] || {
        echo "$(date -u +%FT%TZ),\"mutants of charts and limits, caught\",$caught,mutants"
        echo "$(date -u +%FT%TZ),\"mutants of charts and limits, surviving with a reason\",$survived,mutants"
    } >>tests/figures.csv
}

# Every life of one bed to depth 8, and long ones by lot: none forgets what is grave.
states() {
    local told=$target/states.log
    WARDLIGHT_DOSE=long cargo test --locked --release -p rules --lib -- never_forgotten --nocapture | tee "$told"
    local lives=$(sed -nE 's/^.*states: ([0-9]+) to depth 8$/\1/p' "$told")
    [ -n "$lives" ] || { echo "the lives were not counted" >&2; return 1; }
    echo "$(date -u +%FT%TZ),\"lives of a bed to depth 8 that forget nothing\",$lives,lives" >>tests/figures.csv
}

# Alerts while everything between the ward and its phones fails: each reaches somebody, nobody is told twice.
alerts() {
    local told=$target/alerts.log
    WARDLIGHT_ALERTS="$alerts_long" cargo test --locked -p gateway --lib storm:: -- --nocapture | tee "$told"
    local count=$(sed -nE 's/^.*storm: ([0-9]+) alerts, .*$/\1/p' "$told")
    [ "$count" = "$alerts_long" ] || { echo "the alerts were not counted" >&2; return 1; }
    sed -nE 's/^.*storm: .*, ([0-9]+) calls arrived, ([0-9]+) of them twice, ([0-9]+) by .*$/\1 \2 \3/p' "$told" |
        while read -r arrived twice by_ward; do
            local now=$(date -u +%FT%TZ)
            echo "$now,\"storm: alerts that reached somebody\",$count,alerts"
            echo "$now,\"storm: of them the ward alone\",$by_ward,alerts"
            echo "$now,\"storm: calls that arrived\",$arrived,calls"
            echo "$now,\"storm: of them twice, in doubt\",$twice,calls"
        done >>tests/figures.csv
}

run_tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --locked --no-fail-fast "$@"
    else
        cargo test --locked --no-fail-fast "$@"
    fi
}

# Without the gateway's features: the bed as the node carries it.
rules_alone() {
    run_tests -p rules --no-default-features
}

short_dose() {
    stage format format
    stage lints lints
    stage supply-chain supply_chain
    stage release release
    stage peers peers
    stage rules-alone rules_alone
    stage fuzz fuzz "$fuzz_short"
    stage tests run_tests --workspace
    printf '\nseconds per stage:%s, all=%ss\n' "$figures" "$SECONDS"
}

long_dose() {
    case $1 in
        fuzz) stage fuzz fuzz "$fuzz_long"; return ;;
        fuzz-*)
            [[ " ${fuzz_doors[*]} " = *" ${1#fuzz-} "* ]] || { echo "no such door; there are: ${fuzz_doors[*]}" >&2; exit 2; }
            fuzz_doors=("${1#fuzz-}")
            stage "$1" fuzz "$fuzz_long"
            return
            ;;
        states) stage states states; return ;;
        mutants) stage mutants mutants; return ;;
        alerts) stage alerts alerts; return ;;
        mutants-*) stage "$1" mutants "${1#mutants-}"; return ;;
    esac
    local story=${long_doses[$1]:-}
    if [ -z "$story" ]; then
        echo "unknown dose '$1'; there are: alerts fuzz fuzz-DOOR mutants mutants-FILE states ${!long_doses[*]}" >&2
        exit 2
    fi
    stage release release
    stage peers peers
    # A dose that matches no test must not pass.
    cargo test --locked -q -p tests --test stories -- --list "$story::" | grep -q ': test$' || {
        echo "no story is named '$story'" >&2
        exit 1
    }
    stage "$1" env WARDLIGHT_DOSE=long cargo test --locked -p tests --test stories -- "$story::" --nocapture
    printf '\nseconds per stage:%s\n' "$figures"
}

export WARDLIGHT_BIN="$target/release/wardlight"
needs_a_toolchain
needs_to_build
needs_to_test

case "${1:-}" in
    "") provide "${CI:+1}"; short_dose ;;
    --long) [ $# -eq 2 ] || { echo "usage: deploy/test.sh --long WHAT" >&2; exit 2; }
        provide "${CI:+1}"; long_dose "$2" ;;
    *) echo "usage: deploy/test.sh [--long WHAT]" >&2; exit 2 ;;
esac
