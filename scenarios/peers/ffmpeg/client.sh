#!/bin/sh
# ffmpeg as a sender of PCMU with RTCP, begun and ended by the upper tester.
# usage: client.sh start SERVER RTCP_TO | client.sh bye
# The one that runs is named in a file; each start ends the one before it. It ends by itself after five minutes.
set -eu
state=${TMPDIR:-/tmp}/rtclab-ffmpeg.pid
command -v ffmpeg > /dev/null || {
    echo "ffmpeg: there is no ffmpeg here; it is in the package ffmpeg" >&2
    exit 77
}

# Its process, where it is still the one that was begun: how it is ended.
finish() {
    [ -r "$state" ] || return 0
    pid=$(cat "$state")
    if [ "$(cat "/proc/$pid/comm" 2> /dev/null)" = ffmpeg ]; then
        kill -s "$1" "$pid" || :
    fi
    rm -f "$state"
}

case $1 in
start)
    finish KILL
    setsid ffmpeg -nostdin -loglevel error -t 300 -re -f lavfi -i sine=frequency=440:sample_rate=8000:samples_per_frame=160 \
        -c:a pcm_mulaw -f rtp -rtpflags send_bye "rtp://$2?rtcpport=${3##*:}&pkt_size=172" > /dev/null 2>&1 &
    echo $! > "$state"
    ;;
bye) finish INT ;;
*) exit 77 ;;
esac
