#!/bin/bash
# fuzz/run.sh - runs fuzzing targets: builds, copies the corpus, runs, judges, minimises, names.
# Called as `./lab fuzz ARGUMENT...`; works from the top of the tree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    cat << 'HELP'
usage: fuzz/run.sh [TARGET...] [OPTION...]

  TARGET              targets to run; without: all
  --time S            seconds for each target (60)
  --ci                60 seconds over all targets, spread by their weights
  --engine NAME       libfuzzer (clang-19, ASan and UBSan) or afl (AFL++, ASan and UBSan)
  --build DIR         build folder: build-fuzz, or build-afl for --engine afl
  --seed N            of the engine's own chance; 0: the engine's choice
  --keep              go on with the corpus of the last run; without: start from the seeds

Works on copies below DIR/work/TARGET/; what is found is there in findings/, minimised and named.
Exit status: 0 nothing found, 1 something was, 2 usage, or it does not build.

  ./lab fuzz stun_parse --time 600
  ./lab fuzz --ci
  ./lab fuzz stun_roundtrip --engine afl --time 300
HELP
}

say() { printf '==> fuzz: %s\n' "$*"; }
die() {
    printf 'fuzz/run.sh: %s\n' "$*" >&2
    exit 2
}

# ---- what is asked for ----

engine=libfuzzer build='' seconds=60 ci=0 seed=0 keep=0
names=()
[ $# -gt 0 ] || {
    usage
    exit 0
}
while [ $# -gt 0 ]; do
    case $1 in
        --time | --engine | --build | --seed)
            [ $# -gt 1 ] || die "$1 wants a value"
            case $1 in
                --time) seconds=$2 ;;
                --engine) engine=$2 ;;
                --build) build=$2 ;;
                --seed) seed=$2 ;;
            esac
            shift
            ;;
        --ci) ci=1 ;;
        --keep) keep=1 ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*) die "there is no option '$1'" ;;
        *) names+=("$1") ;;
    esac
    shift
done
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "--time wants whole seconds, not '$seconds'"
[[ $seed =~ ^[0-9]+$ ]] || die "--seed wants a number, not '$seed'"
case $engine in
    libfuzzer) preset=fuzz build=${build:-build-fuzz} ;;
    afl) preset=afl build=${build:-build-afl} ;;
    *) die "there is no engine '$engine': libfuzzer or afl" ;;
esac

# ---- build ----

# Sanitizers of AFL++ come from the environment, of configuring and building alike.
export AFL_QUIET=1 AFL_USE_ASAN=1 AFL_USE_UBSAN=1
export AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1
export AFL_ALLOW_TMP=1 TERM=${TERM:-dumb}
export UBSAN_OPTIONS=print_stacktrace=1
for tool in /usr/bin/llvm-symbolizer-19 /usr/bin/llvm-symbolizer-14; do
    if [ -x "$tool" ]; then
        export ASAN_SYMBOLIZER_PATH=$tool
        break
    fi
done

say "preset $preset, in $build/"
{ cmake --preset "$preset" -B "$build" > /dev/null &&
    cmake --build "$build" -j "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" --target fuzz_all; } ||
    die "the targets do not build"
programs=$build/fuzz

declare -A max_len=() weight=() dict=()
known=()
while read -r name len share book; do
    known+=("$name")
    max_len[$name]=$len weight[$name]=$share dict[$name]=$book
done < <("$programs/list_targets")
for name in ${names[@]+"${names[@]}"}; do
    [ -n "${max_len[$name]-}" ] || die "there is no target '$name'; there are: ${known[*]}"
done
[ ${#names[@]} -gt 0 ] || names=("${known[@]}")

# ---- seeds ----

# A program that writes the vectors out; without one the corpus alone has to do.
rtclab=''
for candidate in build/rtclab build-dev/rtclab "$build/rtclab"; do
    if [ -x "$candidate" ]; then
        rtclab=$candidate
        break
    fi
done
[ -n "$rtclab" ] || say "there is no build/rtclab, so vectors are no seeds this time"

# gather TARGET DIR: copies its seeds, each under a name of its own.
gather() {
    local p=${1%%_*} to=$2 folder
    mkdir -p "$to"
    [ -d "corpus/$p" ] || p=base
    for folder in "corpus/$p" "corpus/$p/regressions"; do
        [ -d "$folder" ] || continue
        find "$folder" -maxdepth 1 -type f ! -name '*.md' -exec cp -t "$to" {} +
    done
    if [ "$p" = base ]; then # text of any kind
        cp fuzz/dict/*.dict "$to"
    elif [ -n "$rtclab" ]; then
        RTCLAB_SHARE=$PWD "$rtclab" vectors --quiet --seeds "$to" "$p" ||
            say "$1: the vectors of $p could not be written out"
    fi
    # an empty corpus stops AFL++
    [ -n "$(ls -A "$to")" ] || printf 'x' > "$to/x"
}

# ---- running ----

child=''
stop_child() { # ask, then insist
    local i
    [ -n "$child" ] || return 0
    kill "$child" 2> /dev/null || true
    for ((i = 0; i < 30; i++)); do
        kill -0 "$child" 2> /dev/null || break
        sleep 0.1
    done
    kill -9 "$child" 2> /dev/null || true
    wait "$child" 2> /dev/null || true
    child=''
}
trap stop_child EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# watched LOG COMMAND...: run it as the child that is ended with us; its status is its own affair.
watched() {
    local log=$1
    shift
    "$@" >> "$log" 2>&1 &
    child=$!
    wait "$child" || true
    child=''
}

run_libfuzzer() { # TARGET DIR SECONDS: until the time is over, or five things are found
    local name=$1 dir=$2 left=$3 began=$SECONDS had=-1 found_now options=()
    [ "${dict[$name]}" = - ] || options+=("-dict=fuzz/dict/${dict[$name]}.dict")
    [ "$seed" = 0 ] || options+=("-seed=$seed")
    while [ "$left" -gt 0 ]; do
        found_now=$(raw_findings "$dir" | wc -l)
        if [ "$found_now" -ge 5 ] || [ "$found_now" = "$had" ]; then
            break # enough, or it ended for a reason of its own
        fi
        had=$found_now
        watched "$dir/log" "$programs/fuzz_$name" -max_total_time="$left" -timeout=10 \
            -rss_limit_mb=2048 -max_len="${max_len[$name]}" -print_final_stats=1 \
            -artifact_prefix="$dir/raw/" "${options[@]}" "$dir/corpus"
        left=$(($3 - (SECONDS - began)))
    done
    execs=$(awk '/^stat::number_of_executed_units:/ { n += $2 } END { printf "%d", n }' "$dir/log")
    corpus=$(find "$dir/corpus" -type f | wc -l)
    took=$((SECONDS - began))
}

run_afl() { # TARGET DIR SECONDS
    local name=$1 dir=$2 began=$SECONDS options=()
    [ "${dict[$name]}" = - ] || options+=(-x "fuzz/dict/${dict[$name]}.dict")
    [ "$seed" = 0 ] || options+=(-s "$seed")
    rm -rf "$dir/out"
    watched "$dir/log" afl-fuzz -i "$dir/corpus" -o "$dir/out" -V "$3" -G "${max_len[$name]}" \
        -t 10000 "${options[@]}" -- "$programs/fuzz_$name"
    local stats=$dir/out/default/fuzzer_stats
    execs=$(awk -F ' *: *' '$1 == "execs_done" { print $2 }' "$stats" 2> /dev/null)
    corpus=$(awk -F ' *: *' '$1 == "corpus_count" { print $2 }' "$stats" 2> /dev/null)
    if [ -z "$execs" ]; then
        say "$name: afl-fuzz did not run; the end of $dir/log:"
        tail -n 15 "$dir/log"
        broken=1
    fi
    find "$dir/out" \( -path '*/crashes/id*' -o -path '*/hangs/id*' \) -type f \
        -exec cp -t "$dir/raw" {} + 2> /dev/null || true
    took=$((SECONDS - began))
}

raw_findings() { # DIR: the files that the engine kept; the verdict rests on these alone
    find "$1/raw" -type f | sort
}

# ---- findings ----

# name_of LOG: what a replay's log says of itself: the oracle or the kind of error, and our function.
name_of() {
    local kind where
    kind=$(sed -n 's/^oracle: //p' "$1" | head -n 1)
    [ -n "$kind" ] || kind=$(sed -n 's/^.*ERROR: [A-Za-z]*Sanitizer: \([a-zA-Z-]*\).*/\1/p' "$1" | head -n 1)
    [ -n "$kind" ] || kind=$(sed -n 's/^.*runtime error: //p' "$1" | head -n 1)
    [ -n "$kind" ] || kind=$(sed -n 's/^fuzz_[a-z_0-9]*: \(.*\) in .*/\1/p' "$1" | head -n 1)
    where=$(sed -n 's/^ *#[0-9]* 0x[0-9a-f]* in \([a-zA-Z_0-9]*\) .*\/codecs\/.*/\1/p' "$1" | head -n 1)
    printf '%s %s' "${kind:-unknown}" "$where" | tr -c 'A-Za-z0-9\n' '-' | tr -s - | tr '[:upper:]' '[:lower:]' |
        cut -c 1-80 | sed 's/-*$//'
}

minimise() { # TARGET FROM TO: where nothing smaller is found, a copy
    local size
    cp "$2" "$3"
    if [ "$engine" = libfuzzer ]; then
        watched /dev/null "$programs/fuzz_$1" -minimize_crash=1 -max_total_time=15 \
            -exact_artifact_path="$3.small" "$2"
    else
        watched /dev/null timeout 30 afl-tmin -i "$2" -o "$3.small" -- "$programs/fuzz_$1"
    fi
    size=$(stat -c %s "$2")
    # the engine may have ended up with another bug: what is kept has to fail too
    if [ -s "$3.small" ] && [ "$(stat -c %s "$3.small")" -lt "$size" ] &&
        ! "$programs/replay_$1" "$3.small" > /dev/null 2>&1; then
        mv "$3.small" "$3"
    fi
    rm -f "$3.small"
}

judge() { # TARGET DIR: names what was found; sets findings
    local name=$1 dir=$2 file log label
    local -A seen=()
    findings=0
    while read -r file; do
        findings=$((findings + 1))
        log=$dir/replay.log
        "$programs/replay_$name" "$file" > "$log" 2>&1 && echo 'oracle: not again in replay' >> "$log"
        label=$(name_of "$log")
        [ -z "${seen[$label]-}" ] || continue
        seen[$label]=1
        mkdir -p "$dir/findings"
        cp "$log" "$dir/findings/$label.log"
        minimise "$name" "$file" "$dir/findings/$label"
        say "$name: FOUND $label: $dir/findings/$label ($(stat -c %s "$dir/findings/$label") octets)"
    done < <(raw_findings "$dir")
}

# ---- all of it ----

total=0 broken=0
for name in "${names[@]}"; do
    total=$((total + weight[$name]))
done
lines=() found=0
for name in "${names[@]}"; do
    dir=$build/work/$name
    [ "$keep" = 1 ] || rm -rf "$dir/corpus"
    rm -rf "$dir/raw" "$dir/log"
    mkdir -p "$dir/raw"
    gather "$name" "$dir/corpus"
    time=$seconds
    [ "$ci" = 0 ] || time=$((60 * weight[$name] / total > 0 ? 60 * weight[$name] / total : 1))
    say "$name: $engine, $time s, $(find "$dir/corpus" -type f | wc -l) seeds"
    execs=0 corpus=0 took=1
    "run_$engine" "$name" "$dir" "$time"
    judge "$name" "$dir"
    found=$((found + findings))
    lines+=("$(printf '%-16s %10s execs %8d /s  corpus %5s  findings %d' "$name" "$execs" \
        $((${execs:-0} / (took > 0 ? took : 1))) "$corpus" "$findings")")
    [ "${execs:-0}" -gt 0 ] || broken=1
done
printf '%s\n' "${lines[@]}"
if [ "$found" -gt 0 ]; then
    say "$found findings; the smallest input of each kind belongs into corpus/PROTOCOL/regressions/"
    exit 1
fi
[ "$broken" = 0 ] || die "a target did not run at all"
