#!/bin/sh
# client.sh HOST PORT: turnutils_stunclient says nothing by its exit status when it got no address.
# It waits for ever when nobody answers: whoever runs this has a limit.
set -eu
out=$(turnutils_stunclient -p "$2" "$1" 2>&1) || {
    rc=$?
    printf '%s\n' "$out"
    exit "$rc"
}
printf '%s\n' "$out"
case $out in *'reflexive addr'*) ;; *) exit 1 ;; esac
