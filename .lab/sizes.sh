#!/bin/bash
# Functions over 60 lines, files over 800, and the ten longest functions. A list, never a failure:
# tables and flat switches may be long. Lines of a function: from its opening brace to its closing one,
# both in the first column, as clang-format leaves them; tests are counted too.
#
#   .lab/sizes.sh [ROOT]
set -euo pipefail
cd "${1-$(dirname "${BASH_SOURCE[0]}")/..}"

functions() { # "LINES FILE:LINE NAME"
    find codecs harness fuzz bench -name '*.[ch]' -type f -exec awk '
        FNR == 1 { head = ""; start = 0 }
        /^\{/ { start = FNR; next }
        /^\}/ && start {
            name = head
            sub(/\(.*/, "", name)
            sub(/.*[ *]/, "", name)
            printf "%d %s:%d %s\n", FNR - start + 1, FILENAME, start, name
            start = 0
            head = ""
        }
        !start && /^[a-zA-Z_]/ { head = $0 }
        ' {} + | sort -rn
}

list=$(functions)
long=$(awk '$1 > 60' <<< "$list")
echo "sizes: functions over 60 lines: $(grep -c . <<< "$long" || true)"
[ -z "$long" ] || awk '{ printf "  %4d  %s %s\n", $1, $2, $3 }' <<< "$long"
files=$(find codecs harness fuzz bench -name '*.[ch]' -type f -exec wc -l {} + |
    awk '$2 != "total" && $1 > 800 { printf "  %4d  %s\n", $1, $2 }')
echo "sizes: files over 800 lines: $(grep -c . <<< "$files" || true)"
[ -z "$files" ] || printf '%s\n' "$files"
echo "sizes: the ten longest functions"
awk 'NR <= 10 { printf "  %4d  %s %s\n", $1, $2, $3 }' <<< "$list"
