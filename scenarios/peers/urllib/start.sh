#!/bin/sh
# Python's urllib.request, which a control socket asks.
#   CONTROL_PORT   where, on PEER_HOST   (4083)
. "$(dirname "$0")/../common.sh"
: "${CONTROL_PORT:=4083}"
exec "$(dirname "$0")/../http_asked.py" urllib serve "$PEER_HOST:$CONTROL_PORT" > "$PEER_LOG/urllib.log" 2>&1
