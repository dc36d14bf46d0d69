#!/bin/sh
# client.sh HOST PORT: test I of RFC 3489, section 10.1. The exit status of the client is a bit field of
# what it found out about NAT, the same with and without an answer: what it prints with -v decides.
set -eu
out=$(stun "$1:$2" 1 -v 2>&1) || true
printf '%s\n' "$out" | tr -cd '\n\040-\176'
case $out in *'ok=1'*) ;; *) exit 1 ;; esac
