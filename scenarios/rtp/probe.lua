-- What an RTP receiver does, for a first profile: half a second of PCMU goes to it, twice, and what it reports is
-- looked at. `rtclab probe` runs this once for each family.

case {
  id = "rtp-probe",
  title = "what an RTP receiver does",
  role = "rtp-receiver",
  type = "V",
  run = function(t)
    local l = t:lib("rtp")
    local a = l.session(t)
    a:stream { count = 25, marker = true }
    a:rtcp(l.sr(a.ssrc, { packets = 25, octets = 4000 }))
    a:stream { count = 25 }
    local ev = l.compound(a, 15)
    if not ev.compound then
      t:claim("silent", ev.kind, "no RTCP came within 15 s of a stream of PCMU, at the port after that of RTP")
      return
    end
    t:claim("transports", t.transport, "RTCP came: " .. ev:types())
    t:claim("families", t.family, "RTCP came: " .. ev:types())
    local ssrc = ev:reporter()
    local b = ev:block(a.ssrc)
    t:claim("cname", ev:cname(ssrc) or "none", "SDES of its first report")
    t:claim("reports", b and ("%d lost, jitter %d"):format(l.lost(b), b.jitter) or "none about the stream", ev:types())
    for _, c in ipairs((ev:packet("SDES") or {}).chunks or {}) do
      for _, i in ipairs(c.items or {}) do
        if i.type == "TOOL" then t:claim("software", i.text, "TOOL of its first report") end
      end
    end
    if ev:packet("SR") then t:claim("sends", "true", "its report is an SR: it sends data of its own") end
    if ev.flow == "rtp" then t:claim("supports", "rtcp-mux", "its report came to the RTP port") end
  end
}
