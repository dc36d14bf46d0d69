#!/bin/bash
# The installed tree, tried away from the sources.
#
#   .lab/installed.sh BUILD          install BUILD into a temporary prefix and try that
#   .lab/installed.sh --tree PREFIX  try what is installed below PREFIX (usr of an unpacked .deb)
#   .lab/installed.sh --red BUILD    check the checker: a tree without scenarios, one without a header
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

die() {
    printf 'installed: %s\n' "$*" >&2
    exit 1
}

# The program finds all that is its own: nothing of the source tree is named to it.
try_program() { # PREFIX
    local rtclab=$1/bin/rtclab out report
    (
        cd "$dir"
        unset RTCLAB_SHARE
        out=$("$rtclab" doctor --json | grep '"share"') || true
        [[ $out == *"$(realpath "$1")/share/rtclab"* ]] || die "the program does not find its share: $out"
        "$rtclab" list stun > cases || die "no cases"
        [ -s cases ] || die "an empty list of cases"
        "$rtclab" test stun-server-001 --out run > /dev/null || die "a case does not pass"
        for report in run/run.jsonl run/report.html run/junit.xml; do
            [ -s "$report" ] || die "no $report"
        done
        "$rtclab" vectors -q stun || die "vectors do not pass"
        [ "$("$rtclab" help --words profile | grep -c '^coturn$')" = 1 ] || die "no profiles"
    )
    [ -s "$1/share/man/man1/rtclab-test.1.gz" ] || die "no manual page of rtclab test"
    [ -s "$1/share/man/man5/rtclab-profile.5.gz" ] || die "no manual page of profiles"
    "$rtclab" help --man run.jsonl > /dev/null || die "no page of the record"
    bash -n "$1/share/bash-completion/completions/rtclab" || die "no completion for bash"
    grep -q '^#compdef rtclab' "$1/share/zsh/vendor-completions/_rtclab" || die "none for zsh"
}

# A program of somebody else's, built with what pkg-config says alone.
try_libraries() { # PREFIX
    local pc example=$1/share/doc/rtclab-dev/examples/lint_stdin.c said flags
    pc=$(find "$1" -name rtclab-harness.pc -printf '%h\n' | head -n 1)
    [ -n "$pc" ] || die "no rtclab-harness.pc"
    flags=$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs rtclab-harness) || die "pkg-config fails"
    PKG_CONFIG_PATH=$pc pkg-config --cflags --libs rtclab-codecs > /dev/null || die "no rtclab-codecs"
    # shellcheck disable=SC2086 # flags are words
    (cd "$dir" && ${CC-cc} -std=c17 -Wall -Wextra -Werror ${CFLAGS-} "$example" $flags -o example > log 2>&1) ||
        tail -n 3 "$dir/log" >&2
    [ -x "$dir/example" ] ||
        die "the example does not build with: $flags"
    said=$(echo 000100002112a442000102030405060708090a0b | "$dir/example") || die "it finds fault: $said"
    [[ $said == 'stun: '*' 0 findings' ]] || die "it says: $said"
    said=$(echo 000100032112a442000102030405060708090a0b000000 | "$dir/example") && die "no fault found"
    [[ $said == *RFC8489:* ]] || die "it names no clause: $said"
    # every public header stands alone
    mkdir "$dir/headers"
    find "$1/include/rtclab" -name '*.h' | while read -r header; do
        header=${header#"$1"/include/rtclab/}
        printf '#include "%s"\n' "$header" > "$dir/headers/${header//\//-}.c"
    done
    # shellcheck disable=SC2086 # flags are words
    (cd "$dir/headers" && ${CC-cc} -std=c17 -fsyntax-only ./*.c $flags) || die "a header needs more"
}

install_into() { # BUILD PREFIX
    cmake --install "$1" --prefix "$2" > "$dir/install.log" 2>&1 || {
        tail -n 5 "$dir/install.log" >&2
        die "cmake --install fails"
    }
}

case ${1-} in
    --tree) # no '&&' here: it would switch errexit off within the functions
        try_program "$2"
        if [ -d "$2/include" ]; then
            try_libraries "$2"
        fi
        ;;
    --red)
        install_into "$2" "$dir/prefix"
        "$here/installed.sh" --tree "$dir/prefix"
        mv "$dir/prefix/share/rtclab/scenarios" "$dir/away"
        ! "$here/installed.sh" --tree "$dir/prefix" 2> /dev/null || die "lost scenarios are not noticed"
        mv "$dir/away" "$dir/prefix/share/rtclab/scenarios"
        rm "$dir/prefix/include/rtclab/codecs/base/base.h"
        ! "$here/installed.sh" --tree "$dir/prefix" > /dev/null 2>&1 || die "a lost header is not noticed"
        ;;
    *)
        install_into "$1" "$dir/prefix"
        try_program "$dir/prefix"
        try_libraries "$dir/prefix"
        ;;
esac
