#!/bin/bash
# fuzz/run.sh - runs fuzzing targets: builds, copies the corpus, runs, judges, minimises, names.
# Called as `./lab fuzz ARGUMENT...`; works from the top of the tree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    cat << 'HELP'
usage: fuzz/run.sh [TARGET|PROTOCOL...] [OPTION...]

  TARGET|PROTOCOL     targets to run, or all of a protocol; without: all
  --time S            seconds for each target (60)
  --ci                120 seconds over all targets, spread by their weights; then the planted bug
                      (fuzz/bugs) has to be found
  --engine NAME       libfuzzer (clang-19, ASan and UBSan) or afl (AFL++, ASan and UBSan)
  --build DIR         build folder: build-fuzz, or build-afl for --engine afl
  --seed N            of the engine's own chance; 0: the engine's choice
  --keep              go on with the corpus of the last run; without: start from the seeds

Works on copies below DIR/work/TARGET/; what is found is there in findings/, minimised and named, and as
SARIF in findings.sarif. The verdict rests on the inputs that engines keep, not on how they end.
Exit status: 0 nothing found, 1 something was, 2 usage, or it does not build.

  ./lab fuzz stun --time 60
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
# the program that runs and judges: one without instrumentation where there is one
rtclab=''
for candidate in build/rtclab build-dev/rtclab; do
    if [ -x "$candidate" ] && "$candidate" fuzz --help | grep -q 'fuzz triage'; then
        rtclab=$candidate
        break
    fi
done
if [ -z "$rtclab" ]; then
    cmake --build "$build" -j "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" --target rtclab || die "rtclab does not build"
    rtclab=$build/rtclab
fi
export RTCLAB_SHARE=$PWD

declare -A max_len=() weight=() dict=() codecs=() seeds=()
known=()
while read -r name len share book mutator folder; do
    known+=("$name")
    max_len[$name]=$len weight[$name]=$share dict[$name]=$book codecs[$name]=$mutator seeds[$name]=$folder
done < <("$programs/list_targets")
asked=(${names[@]+"${names[@]}"})
names=()
for name in ${asked[@]+"${asked[@]}"}; do
    if [ -n "${max_len[$name]-}" ]; then
        names+=("$name")
        continue
    fi
    of=()
    for target in "${known[@]}"; do
        [ "${target%%_*}" != "$name" ] || of+=("$target")
    done
    [ ${#of[@]} -gt 0 ] || die "there is no target or protocol '$name'; there are: ${known[*]}"
    names+=("${of[@]}")
done
[ ${#names[@]} -gt 0 ] || names=("${known[@]}")

# ---- seeds ----

# gather TARGET DIR: copies its seeds, each under a name of its own.
gather() {
    local p=${1%%_*} to=$2 folder
    mkdir -p "$to"
    [ -d "corpus/$p" ] || p=base
    for folder in "corpus/$p" "corpus/$p/regressions" "corpus/${seeds[$1]}"; do
        [ -d "$folder" ] || continue
        find "$folder" -maxdepth 1 -type f ! -name '*.md' -exec cp -t "$to" {} +
    done
    if [ "$p" = base ]; then # text of any kind
        cp fuzz/dict/*.dict "$to"
    else
        "$rtclab" vectors --quiet --seeds "$to" "$p" ||
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

options() { # what rtclab fuzz is told in either case
    printf '%s\n' --programs "$programs" --out "$build/work" --minimise 20
    [ "$seed" = 0 ] || printf '%s\n' --seed "$seed"
    [ "$keep" = 0 ] || printf '%s\n' --resume
}

# judged COMMAND...: 1 is a finding, everything else but 0 means that it did not run.
judged() {
    local status=0
    "$@" || status=$?
    case $status in
        0) ;;
        1) found=1 ;;
        5 | 130) exit 130 ;;
        *) broken=1 ;;
    esac
}

run_libfuzzer() { # TARGET SECONDS
    local more=()
    mapfile -t more < <(options)
    judged "$rtclab" fuzz run "$1" --time "$2" "${more[@]}"
}

run_afl() { # TARGET SECONDS
    local name=$1 dir=$build/work/$1 options=() more=() execs
    rm -rf "$dir/out" "$dir/raw" "$dir/log"
    [ "$keep" = 1 ] || rm -rf "$dir/corpus"
    mkdir -p "$dir/raw"
    gather "$name" "$dir/corpus"
    [ "${dict[$name]}" = - ] || options+=(-x "fuzz/dict/${dict[$name]}.dict")
    [ "$seed" = 0 ] || options+=(-s "$seed")
    unset AFL_CUSTOM_MUTATOR_LIBRARY RTCLAB_MUTATE
    if [ "${codecs[$name]}" != - ]; then # beside AFL++'s own
        export AFL_CUSTOM_MUTATOR_LIBRARY=$PWD/$programs/librtclab_mutate.so RTCLAB_MUTATE=${codecs[$name]}
    fi
    watched "$dir/log" afl-fuzz -i "$dir/corpus" -o "$dir/out" -V "$2" -G "${max_len[$name]}" \
        -t 10000 "${options[@]}" -- "$programs/fuzz_$name"
    execs=$(awk -F ' *: *' '$1 == "execs_done" { print $2 }' "$dir/out/default/fuzzer_stats" 2> /dev/null || true)
    if [ -z "$execs" ]; then
        say "$name: afl-fuzz did not run; the end of $dir/log:"
        tail -n 15 "$dir/log"
        broken=1
        return
    fi
    say "$name: afl, $execs execs, $((execs / $2)) /s, $(find "$dir/out" -path '*/queue/id*' | wc -l) in the queue"
    find "$dir/out" \( -path '*/crashes/id*' -o -path '*/hangs/id*' \) -type f -exec cp -t "$dir/raw" {} +
    mapfile -t more < <(options)
    judged "$rtclab" fuzz triage "$name" "$dir/raw" "${more[@]}"
}

# ---- all of it ----

total=0 broken=0 found=0
for name in "${names[@]}"; do
    total=$((total + weight[$name]))
done
for name in "${names[@]}"; do
    time=$seconds
    [ "$ci" = 0 ] || time=$((120 * weight[$name] / total > 0 ? 120 * weight[$name] / total : 1))
    say "$name: $engine, $time s"
    "run_$engine" "$name" "$time"
done
if [ "$ci" = 1 ] && [ "$engine" = libfuzzer ]; then
    say "the planted bug"
    fuzz/bugs/found.sh "$rtclab" "$programs/bugs" "$build/work/bugs" 120 || broken=1
fi
if [ "$found" -gt 0 ]; then
    say "found: see above; the input of each finding belongs into corpus/PROTOCOL/regressions/"
    exit 1
fi
[ "$broken" = 0 ] || die "a target did not run, or the planted bug was not found"
say "nothing was found"
