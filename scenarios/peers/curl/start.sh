#!/bin/sh
# curl, which a control socket asks.
#   HTTP_CONTROL   the control socket   (PEER_RUN/control)
. "$(dirname "$0")/../common.sh"
: "${HTTP_CONTROL:=$PEER_RUN/control}"
exec "$(dirname "$0")/../http_asked.py" curl serve "$HTTP_CONTROL" > "$PEER_LOG/curl.log" 2>&1
