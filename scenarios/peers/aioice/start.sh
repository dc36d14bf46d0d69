#!/bin/sh
# The TURN client of aioice, which a control socket asks.
#   TURN_CONTROL   the control socket   (PEER_RUN/control)
. "$(dirname "$0")/../common.sh"
: "${TURN_CONTROL:=$PEER_RUN/control}"
exec "$(dirname "$0")/turn.py" serve "$TURN_CONTROL" > "$PEER_LOG/aioice.log" 2>&1
