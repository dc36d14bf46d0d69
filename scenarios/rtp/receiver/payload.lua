-- What a receiver has to put up with in a stream: RFC 3550 section 5.1, RFC 3551 sections 4.1, 4.2, 6, RFC 3389,
-- RFC 5761.

local function lib(t) return t:lib("rtp") end

case {
  id = "rtp-receiver-070",
  title = "packets of 10 to 200 ms of audio are taken",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local r
    for _, ms in ipairs { 10, 20, 30, 60, 100, 200 } do
      r = a:stream { count = 6, ptime_us = ms * 1000, payload = ("\255"):rep(ms * 8) }
    end
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if not ev then return end
    t:check("RFC3551:4.2#4", l.is_lost(b, 0) and b.highest_sequence & 0xffff == r.last,
      ("%d lost, highest %d and not %d"):format(l.lost(b), b.highest_sequence & 0xffff, r.last), ev)
  end
}

case {
  id = "rtp-receiver-071",
  title = "the payload type may change within a stream: none is lost by it",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local steps = l.steps(60)
    for i, s in ipairs(steps) do s.payload_type = (i // 10) % 2 == 0 and 0 or 8 end
    for _, s in ipairs(steps) do if s.payload_type == 0 then s.payload_type = nil end end
    local ev, b, _, r = l.reported(t, a, { steps = steps })
    if not ev then return end
    l.counts(t, ev, b, { highest = r.last, lost = 0 }) -- a source may change it: RFC3551:6#3
  end
}

case {
  id = "rtp-receiver-072",
  title = "silence, with a comfort noise packet in it, and a talkspurt behind",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 20, sequence = 1000, timestamp = 8000, marker = true }
    a:send { payload_type = 13, sequence = 1020, timestamp = 8000 + 20 * 160, payload = "\x40", marker = false }
    t:pass(0.5)
    local r = a:stream { count = 30, sequence = 1021, timestamp = 8000 + 20 * 160 + 4000, marker = true }
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if not ev then return end
    t:check("RFC3551:4.1#2", l.is_lost(b, 0) and b.highest_sequence == r.last,
      ("%d lost, highest %d and not %d"):format(l.lost(b), b.highest_sequence, r.last), ev)
  end
}

case {
  id = "rtp-receiver-073",
  title = "the timestamp wraps: no loss, no jitter",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local ev, b, _, r = l.reported(t, a, { count = 60, timestamp = 0x100000000 - 30 * 160 })
    if not ev then return end
    l.counts(t, ev, b, { highest = r.last, lost = 0 })
    t:check("RFC3550:6.4.1#9", b.jitter <= 8 + (t.sim and 0 or 80 * t.scale),
      ("interarrival jitter is %d after the timestamp has wrapped"):format(b.jitter), ev)
  end
}

case {
  id = "rtp-receiver-074",
  title = "RTP and RTCP on one port: SRs are told from packets, and reports come there",
  role = "rtp-receiver", type = "V", needs = { "udp", "rtcp-mux" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t, { mux = true })
    if not a then return end
    a:stream { count = 30, marker = true }
    a:rtcp(l.sr(a.ssrc, { seconds = 3900000011 }))
    local r = a:stream { count = 30 }
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if not ev then return end
    t:check("RFC5761:5.1.1#5", b.lsr == (3900000011 & 0xffff) << 16 | 0x8000,
      ("LSR is 0x%08x: the SR on the RTP port was not taken"):format(b.lsr), ev)
    l.counts(t, ev, b, { highest = r.last, lost = 0 })
  end
}

case {
  id = "rtp-receiver-075",
  title = "redundant audio (RFC 2198) under a payload type that was agreed on is counted like any other",
  role = "rtp-receiver", type = "V", needs = { "udp", "text" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 10, sequence = 1000, timestamp = 8000 }
    for i = 0, 29 do
      a:send { payload_type = 100, sequence = 1010 + i, timestamp = 8000 + (10 + i) * 160, delay_us = i * 20000,
        payload = l.red({ { 160, "abc" } }, "def") }
    end
    t:pass(0.6)
    local r = a:stream { count = 10, sequence = 1040, timestamp = 8000 + 40 * 160 }
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if not ev then return end
    l.counts(t, ev, b, { highest = 1049, lost = 0 })
  end
}
