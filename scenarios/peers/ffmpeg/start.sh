#!/bin/sh
# ffmpeg as a sender of RTP, which a control socket begins and ends.
#   RTP_CONTROL   the control socket   (PEER_RUN/control)
. "$(dirname "$0")/../common.sh"
: "${RTP_CONTROL:=$PEER_RUN/control}"
need ffmpeg ffmpeg
exec /usr/bin/python3 "$(dirname "$0")/peer.py" "$RTP_CONTROL" > "$PEER_LOG/ffmpeg.log" 2>&1
