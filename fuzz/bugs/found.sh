#!/bin/bash
# fuzz/bugs/found.sh - the proof of the lab: the planted bug is found, told apart, made small, and crashes again.
#
#   found.sh RTCLAB PROGRAMS OUT [SECONDS]     RTCLAB the program, PROGRAMS the folder of the bugs' targets
#
# The way there is chance: where one seed has not found it in SECONDS, another one starts anew, three in all.
set -euo pipefail
rtclab=$1 programs=$2 out=$3 seconds=${4-60}

for seed in 1 2 3; do
    rm -rf "$out"
    status=0
    "$rtclab" fuzz run bug_server_state --time "$seconds" --seed "$seed" --fresh --programs "$programs" --out "$out" --minimise 20 --enough 1 || status=$?
    [ "$status" = 0 ] || break
done
[ "$status" = 1 ] || {
    echo "found.sh: nothing was found in three times $seconds s (status $status)" >&2
    exit 1
}
found=$(find "$out/bug_server_state/findings" -type f ! -name '*.log' | sort)
while read -r input; do
    size=$(stat -c %s "$input")
    "$programs/replay_bug_server_state" "$input" > /dev/null 2>&1 && {
        echo "found.sh: $input does not crash again" >&2
        exit 1
    }
    # four requests of about a hundred octets; a program as it is found has many more
    [ "$size" -le 900 ] || {
        echo "found.sh: $input has $size octets still" >&2
        exit 1
    }
done <<< "$found"
grep -q '"version": "2.1.0"' "$out/bug_server_state/findings.sarif"
echo "found.sh: found, and made small"
