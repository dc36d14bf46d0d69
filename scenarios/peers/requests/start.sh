#!/bin/sh
# Python's requests, which a control socket asks.
#   CONTROL_PORT   where, on PEER_HOST   (4084)
. "$(dirname "$0")/../common.sh"
: "${CONTROL_PORT:=4084}"
exec "$(dirname "$0")/../http_asked.py" requests serve "$PEER_HOST:$CONTROL_PORT" > "$PEER_LOG/requests.log" 2>&1
