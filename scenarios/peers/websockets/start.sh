#!/bin/sh
# The WebSocket server of Python's websockets: it sends back what comes; of subprotocols it speaks "chat".
#   WS_PORT    plain                                    (8080)
#   WSS_PORT   over TLS, with a certificate of its own  (empty: not)
. "$(dirname "$0")/../common.sh"
: "${WS_PORT:=8080}" "${WSS_PORT:=}"
/usr/bin/python3 -c 'import websockets' 2> /dev/null || {
    echo "websockets: there is no module here; it is in the package python3-websockets" >&2
    exit 77
}
[ -z "$WSS_PORT" ] || selfsigned "$PEER_HOST"
exec "$(dirname "$0")/peer.py" serve "$PEER_HOST" "$WS_PORT" \
    ${WSS_PORT:+"$WSS_PORT" "$PEER_RUN/cert.pem" "$PEER_RUN/key.pem"} 2> "$PEER_LOG/websockets.log"
