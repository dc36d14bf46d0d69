#!/bin/sh
# The WebSocket server of ws for Node: it sends back what comes; of subprotocols it speaks "chat".
#   WS_PORT    plain                                    (8080)
#   WSS_PORT   over TLS, with a certificate of its own  (empty: not)
. "$(dirname "$0")/../common.sh"
: "${WS_PORT:=8080}" "${WSS_PORT:=}"
need node nodejs
[ -d /usr/share/nodejs/ws ] || {
    echo "node-ws: there is no module ws here; it is in the package node-ws" >&2
    exit 77
}
[ -z "$WSS_PORT" ] || selfsigned "$PEER_HOST"
exec node "$(dirname "$0")/peer.js" serve "$PEER_HOST" "$WS_PORT" \
    ${WSS_PORT:+"$WSS_PORT" "$PEER_RUN/cert.pem" "$PEER_RUN/key.pem"} 2> "$PEER_LOG/node-ws.log"
