#!/usr/bin/python3
"""ffmpeg as a sender of PCMU with RTCP, begun and ended over a control socket (docs/json.md).

usage: peer.py CONTROL
"""
import json
import os
import signal
import socket
import subprocess
import sys

running = None


def verb(a):
    global running
    what = a.get("verb")
    if what == "start":
        if running:
            running.kill()
            running.wait()
        server, rtcp = a["server"], a.get("rtcp_to", a["server"]).rsplit(":", 1)[1]
        running = subprocess.Popen(
            ["ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i",
             "sine=frequency=440:sample_rate=8000:samples_per_frame=160", "-c:a", "pcm_mulaw", "-f", "rtp",
             "-rtpflags", "send_bye", "rtp://%s?rtcpport=%s&pkt_size=172" % (server, rtcp)],
            stdout=subprocess.DEVNULL, preexec_fn=lambda: signal.alarm(300))
        return {"kind": "success"}
    if what == "bye" and running:
        running.send_signal(signal.SIGINT)
        running.wait()
        running = None
        return {"kind": "success"}
    return {"kind": "unsupported"}


def main():
    path = sys.argv[1]
    if os.path.exists(path):
        os.unlink(path)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(8)
    try:
        while True:
            c, _ = server.accept()
            with c, c.makefile("rw") as f:
                line = f.readline()
                if not line:  # somebody looks whether we are there
                    continue
                try:
                    answer = verb(json.loads(line))
                    f.write(json.dumps(answer) + "\n")
                    f.flush()
                except (OSError, ValueError, KeyError) as e:
                    print(e, file=sys.stderr, flush=True)
    finally:
        if running:
            running.kill()


main()
