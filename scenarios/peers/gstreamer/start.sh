#!/bin/sh
# GStreamer's rtpbin in the foreground, as a sender or a receiver that a control socket tells what to do.
#   RTP_ROLE      sender or receiver                         (receiver)
#   RTP_PORT      RTP; RTCP is at the next                   (5204)
#   RTP_CONTROL   the control socket                         (PEER_RUN/control)
. "$(dirname "$0")/../common.sh"
: "${RTP_ROLE:=receiver}" "${RTP_PORT:=5204}"
: "${RTP_CONTROL:=$PEER_RUN/control}"
need gst-launch-1.0 gstreamer1.0-tools
/usr/bin/python3 -c 'import gi; gi.require_version("Gst", "1.0"); from gi.repository import Gst' 2> /dev/null || {
    echo "gstreamer: there is no binding for Python here; it is in the packages python3-gi and gir1.2-gstreamer-1.0" >&2
    exit 77
}
exec /usr/bin/python3 "$(dirname "$0")/peer.py" "$RTP_ROLE" "$PEER_HOST" "$RTP_PORT" "$RTP_CONTROL" > "$PEER_LOG/gstreamer.log" 2>&1
