#!/bin/sh
# curl, which a control socket asks.
#   CONTROL_PORT   where, on PEER_HOST   (4081)
. "$(dirname "$0")/../common.sh"
: "${CONTROL_PORT:=4081}"
exec "$(dirname "$0")/../http_asked.py" curl serve "$PEER_HOST:$CONTROL_PORT" > "$PEER_LOG/curl.log" 2>&1
