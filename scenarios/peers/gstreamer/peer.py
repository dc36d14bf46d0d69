#!/usr/bin/python3
"""A sender or a receiver of RTP made of GStreamer's rtpbin, told what to do over a control socket.

usage: peer.py sender|receiver HOST PORT CONTROL

Each connection to CONTROL (a path) is a line of JSON with a verb, answered by one: docs/json.md. RTP is at PORT,
RTCP at the next. Every `start` and `receive` begins a new pipeline, with a new SSRC.

RTP_BANDWIDTH in the environment: the session's bandwidth in kbit/s; RTCP has the reduced minimum interval of RFC 3550,
section 6.2, which is 360 divided by it, in seconds. Without it rtpbin has its own way: five seconds.
"""
import json
import os
import socket
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gio, GLib, Gst  # noqa: E402

CAPS = {
    0: "media=audio,clock-rate=8000,encoding-name=PCMU",
    8: "media=audio,clock-rate=8000,encoding-name=PCMA",
    13: "media=audio,clock-rate=8000,encoding-name=CN",
    101: "media=audio,clock-rate=8000,encoding-name=TELEPHONE-EVENT",
}
KEYS = "0123456789*#ABCD"
PATIENCE = 5  # seconds until a packet of an event has to be there
KBITS = int(os.environ.get("RTP_BANDWIDTH", "0"))


def caps_of(pt):
    return Gst.Caps.from_string("application/x-rtp,%s,payload=%d" % (CAPS[pt], pt)) if pt in CAPS else None


def split(address):
    host, port = address.rsplit(":", 1)
    return host.strip("[]"), int(port)


class Peer:
    def __init__(self, role, host, port):
        self.role, self.host, self.port = role, host, port
        self.line, self.played, self.digits, self.sockets = None, 0, "", []
        self.tones = threading.Condition()
        self.ends, self.held, self.duration = 0, 0, 0  # telephone events that ended; the last one's length, as sent

    def end(self):
        if self.line:
            self.line.set_state(Gst.State.NULL)
            self.line.get_state(5 * Gst.SECOND)
        for s in self.sockets:
            s.close()
        self.line, self.played, self.digits, self.sockets = None, 0, "", []

    def begin(self, args, media):
        self.end()
        rtp, rtcp = split(args["server"]), split(args.get("rtcp_to") or args["server"])
        at = {"host": self.host, "rtp": self.port, "rtcp": self.port + 1, "to": rtp[0], "to_rtp": rtp[1],
              "to_rtcp_host": rtcp[0], "to_rtcp": rtcp[1]}
        self.line = Gst.parse_launch((
            media + " rtpbin name=bin"
            " udpsrc name=in address={host} port={rtp} caps=application/x-rtp,media=audio,clock-rate=8000 ! bin.recv_rtp_sink_0"
            " udpsrc name=rtcpin address={host} port={rtcp} ! bin.recv_rtcp_sink_0"
            " bin.send_rtcp_src_0 ! udpsink name=rtcpout host={to_rtcp_host} port={to_rtcp} sync=false async=false"
        ).format(**at))
        rtpbin = self.line.get_by_name("bin")
        rtpbin.connect("request-pt-map", lambda _b, _s, pt: caps_of(pt))
        rtpbin.connect("pad-added", self.added)
        if KBITS:
            session = rtpbin.emit("get-internal-session", 0)
            session.set_property("bandwidth", KBITS * 1000.0)
            session.set_property("rtcp-min-interval", 360 * Gst.SECOND // KBITS)
        bus = self.line.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self.message)
        for port, names in ((self.port, ("in", "out")), (self.port + 1, ("rtcpin", "rtcpout"))):
            at = Gio.InetSocketAddress.new(Gio.InetAddress.new_from_string(self.host), port)
            s = Gio.Socket.new(at.get_family(), Gio.SocketType.DATAGRAM, Gio.SocketProtocol.UDP)
            s.bind(at, True)
            self.sockets.append(s)
            for e in filter(None, map(self.line.get_by_name, names)):
                e.set_property("socket", s)  # what is sent leaves from where it is received
                e.set_property("close-socket", False)
        self.line.set_state(Gst.State.PLAYING)

    def added(self, _rtpbin, pad):
        if not pad.get_name().startswith("recv_rtp_src"):
            return
        pt = int(pad.get_name().rsplit("_", 1)[1])
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("sync", False)
        sink.set_property("async", False)
        chain = [Gst.ElementFactory.make("rtpdtmfdepay"), sink] if pt == 101 else [sink]
        for e in chain:
            self.line.add(e)
        for a, b in zip(chain, chain[1:]):
            a.link(b)
        for e in chain:
            e.sync_state_with_parent()
        if pt in CAPS:  # another has a place to go to, and is not played
            pad.add_probe(Gst.PadProbeType.BUFFER, self.count)
        pad.link(chain[0].get_static_pad("sink"))

    def count(self, _pad, _info):
        self.played += 1
        return Gst.PadProbeReturn.OK

    def sent(self, _pad, info):
        b = info.get_buffer()
        event = b.extract_dup(12, b.get_size() - 12)  # behind the header of RTP: RFC 4733, section 2.3
        with self.tones:
            self.ends += event[1] >> 7
            now = int.from_bytes(event[2:4], "big")  # it wraps
            self.held += (now - self.duration) & 0xffff
            self.duration = now
            self.tones.notify_all()
        return Gst.PadProbeReturn.OK

    def message(self, _bus, m):
        s = m.get_structure()
        if m.type == Gst.MessageType.ELEMENT and s and s.get_name() == "dtmf-event":
            number = s.get_value("number")
            self.digits += KEYS[number] if 0 <= number < 16 else "?"
        elif m.type == Gst.MessageType.ERROR:
            print(m.parse_error(), file=sys.stderr, flush=True)

    def press(self, digits, hold):
        """Each key is held until its event is as long as asked, and let go until the packet of its end is sent."""
        pad = self.line.get_by_name("dtmf").get_static_pad("src")
        probe = pad.add_probe(Gst.PadProbeType.BUFFER, self.sent)
        try:
            for d in digits:
                for on in (True, False):
                    with self.tones:
                        ends = self.ends
                        if on:
                            self.held = self.duration = 0
                        s = Gst.Structure.from_string("dtmf-event,type=1,method=1,number=%d,volume=10,start=%s"
                                                      % (KEYS.index(d), "true" if on else "false"))[0]
                        pad.send_event(Gst.Event.new_custom(Gst.EventType.CUSTOM_UPSTREAM, s))
                        if not self.tones.wait_for(lambda: self.held >= hold * 8000 if on else self.ends > ends,
                                                   PATIENCE + hold):
                            return False
        finally:
            pad.remove_probe(probe)
        return True

    def verb(self, a):
        what = a.get("verb")
        if what == "start" and self.role == "sender":
            host, port = split(a["server"])
            self.begin(a, "audiotestsrc is-live=true samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! valve name=valve !"
                          " mulawenc ! rtppcmupay pt=0 ! mux. rtpdtmfsrc name=dtmf pt=101 clock-rate=8000 ! mux."
                          " rtpdtmfmux name=mux ! bin.send_rtp_sink_0"
                          " bin.send_rtp_src_0 ! udpsink name=out host=%s port=%d sync=false async=false" % (host, port))
        elif what == "receive" and self.role == "receiver":
            self.begin(a, "")
        elif not self.line:
            return {"kind": "failed", "why": "there is no session"}
        elif what in ("pause", "stop", "resume") and self.role == "sender":
            self.line.get_by_name("valve").set_property("drop", what != "resume")
        elif what == "dtmf" and self.role == "sender":
            if not self.press(a["digits"], max(0.25, a.get("duration_us", 250000) / 1e6)):
                return {"kind": "failed", "why": "the packets of the digits did not come"}
        elif what == "bye" and self.role == "sender":
            self.line.get_by_name("bin").get_static_pad("send_rtp_sink_0").send_event(Gst.Event.new_eos())
        elif what == "report":
            return {"kind": "success", "played": self.played, "digits": self.digits}
        else:
            return {"kind": "unsupported"}
        return {"kind": "success"}


def serve(peer, path):
    if os.path.exists(path):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(8)
    while True:
        c, _ = server.accept()
        with c, c.makefile("rw") as f:
            line = f.readline()
            if not line:  # somebody looks whether we are there
                continue
            try:
                answer = peer.verb(json.loads(line))
            except Exception as e:  # told to whoever asked
                answer = {"kind": "failed", "why": str(e)}
            try:
                f.write(json.dumps(answer) + "\n")
                f.flush()
            except OSError:
                pass


def main():
    role, host, port, path = sys.argv[1:5]
    Gst.init(None)
    peer = Peer(role, host, int(port))
    threading.Thread(target=serve, args=(peer, path), daemon=True).start()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
