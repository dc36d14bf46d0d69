#!/bin/sh
# wget, which a control socket asks.
#   CONTROL_PORT   where, on PEER_HOST   (4082)
. "$(dirname "$0")/../common.sh"
: "${CONTROL_PORT:=4082}"
exec "$(dirname "$0")/../http_asked.py" wget serve "$PEER_HOST:$CONTROL_PORT" > "$PEER_LOG/wget.log" 2>&1
