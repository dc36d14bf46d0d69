# shellcheck shell=sh
# Sourced by every start.sh: what the peers have in common.
#   PEER_HOST  address to listen on                          (127.0.0.1)
#   PEER_RUN   configuration, sockets, databases             (a new temporary folder)
#   PEER_LOG   log files                                     (PEER_RUN)
# A start.sh ends in exec, so that the pid its caller knows is the peer's; SIGTERM stops it.
# Users everywhere: alice, bob, carol, each with the password NAME-secret; realm interop.test.
set -eu
: "${PEER_HOST:=127.0.0.1}"
if [ -z "${PEER_RUN:-}" ]; then
    PEER_RUN=$(mktemp -d)
fi
: "${PEER_LOG:=$PEER_RUN}"
mkdir -p "$PEER_RUN" "$PEER_LOG"

# need PROGRAM PACKAGE: end with 77 (cannot run here) where the program is missing.
need() {
    command -v "$1" > /dev/null && return
    echo "$(basename "$(dirname "$0")"): there is no $1 here; it is in the package $2" >&2
    exit 77
}

# selfsigned NAME: cert.pem and key.pem for NAME, localhost and 127.0.0.1 in PEER_RUN.
selfsigned() {
    need openssl openssl
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$1" \
        -addext "subjectAltName=DNS:$1,DNS:localhost,IP:127.0.0.1" \
        -keyout "$PEER_RUN/key.pem" -out "$PEER_RUN/cert.pem" 2> "$PEER_LOG/openssl.log"
}
