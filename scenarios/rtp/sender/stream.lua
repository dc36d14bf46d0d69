-- What a sender sends: RFC 3550 sections 3, 5.1, 11, 12, RFC 3551 sections 3, 4.1, 4.2, RFC 5761.

local function lib(t) return t:lib("rtp") end

-- Samples in a packet of PCMU or PCMA; nil: of another type.
local function samples(ev)
  if ev.payload_type == 0 or ev.payload_type == 8 then return #ev.message.payload end
end

case {
  id = "rtp-sender-001",
  title = "sequence numbers go up by one, under one SSRC",
  role = "rtp-sender", type = "V", needs = { "udp", "ask" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t)
    if not a then return end
    local got = l.collect(t, a, 2)
    for _, ev in ipairs(got.all) do
      local first = ev.octets and ev.flow == "rtp" and ev.octets:byte(1)
      if first and first >> 6 ~= 2 then
        t:check("RFC3550:5.1#a2", false, "a packet of version " .. (first >> 6), ev)
      end
    end
    if #got.packets < 10 then
      return t:inconc("RFC3550:5.1#a10", ("%d packets came in two seconds"):format(#got.packets))
    end
    l.sequence(t, got.packets)
  end
}

case {
  id = "rtp-sender-002",
  title = "timestamps go up by the samples in each packet, and as fast as time",
  role = "rtp-sender", type = "V", needs = { "udp", "ask" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t, { payload_type = 0 })
    local got = a and l.stream(t, a, 3, 10)
    if not got then return end
    local list = got.packets
    for i = 2, #list do
      local n, step = samples(list[i - 1]), l.since(list[i].timestamp, list[i - 1].timestamp)
      if n and not list[i].marker and list[i].sequence == (list[i - 1].sequence + 1 & 0xffff) then
        t:check("RFC3550:5.1#8", step == n,
          ("the timestamp goes on by %d behind a packet of %d samples"):format(step, n), list[i])
      end
    end
    local first, last = list[#list // 2], list[#list]
    if samples(first) then -- a sender may hurry at its beginning; what is in the middle is steady
      local took = (last.time_us - first.time_us) / 1e6
      local ran = l.since(last.timestamp, first.timestamp) / 8000
      t:check("RFC3550:5.1#8", math.abs(ran - took) <= 0.1 * took + 0.1 * t.scale,
        ("timestamps ran %.3f s in %.3f s"):format(ran, took), last)
    end
  end
}

case {
  id = "rtp-sender-003",
  title = "sequence number, timestamp and SSRC begin anywhere",
  role = "rtp-sender", type = "V", needs = { "udp", "ask" },
  run = function(t)
    local l = lib(t)
    -- The first packet of a stream that has just begun; nil: there is none.
    local function first()
      local a = l.sender(t)
      local got = a and l.stream(t, a, 0.5, 1)
      return got and got.packets[1]
    end
    local p = first()
    if not p then return end
    local low = function(n) return n < 2 end
    if low(p.sequence) or low(p.timestamp) or low(p.ssrc) or p.ssrc == 0xffffffff then
      -- chance does that to a number once in 32768 streams, and twice in a row once in a thousand million: so it is
      -- what happens each time that is judged
      t:ask("bye")
      local q = first()
      if not q then return end
      if q.ssrc == p.ssrc and not low(p.ssrc) and p.ssrc ~= 0xffffffff then
        return t:inconc("RFC3550:5.1#7", ("it began with %d and %d, and does not begin anew"):format(p.sequence,
          p.timestamp), p)
      end
      t:check("RFC3550:5.1#7", not (low(p.sequence) and low(q.sequence)),
        ("two streams begin with the sequence numbers %d and %d"):format(p.sequence, q.sequence), q)
      t:check("RFC3550:5.1#11", not (low(p.timestamp) and low(q.timestamp)),
        ("two streams begin with the timestamps %d and %d"):format(p.timestamp, q.timestamp), q)
      t:check("RFC3550:5.1#13", q.ssrc ~= p.ssrc, ("two streams have the SSRC 0x%x"):format(p.ssrc), q)
      return
    end
    t:check("RFC3550:5.1#7", true)
    t:check("RFC3550:5.1#11", true)
    t:check("RFC3550:5.1#13", true)
  end
}

case {
  id = "rtp-sender-004",
  title = "no marker bit within a talkspurt",
  role = "rtp-sender", type = "V", needs = { "udp", "ask" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t, { payload_type = 0 })
    local got = a and l.stream(t, a, 2, 10)
    if not got then return end
    local list = got.packets
    for i = 2, #list do
      local n = samples(list[i - 1])
      if n and l.since(list[i].timestamp, list[i - 1].timestamp) == n then
        t:check("RFC3551:4.1#5", not list[i].marker, "a marker bit, with no silence in front of the packet", list[i])
      end
    end
  end
}

case {
  id = "rtp-sender-005",
  title = "after silence: a marker bit, the next sequence number, a timestamp that has run on",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "silence" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t, { payload_type = 0 })
    local got = a and l.stream(t, a, 1, 5)
    if not got then return end
    if t:ask("pause").kind ~= "success" then return t:inconc("RFC3551:4.1#3", "it cannot be silent") end
    local before = l.collect(t, a, 1).packets
    local last = before[#before] or got.packets[#got.packets]
    t:ask("resume")
    local after = l.stream(t, a, 0.5, 2)
    if not after then return end
    local first = after.packets[1]
    t:check("RFC3551:4.1#3", first.marker, "no marker bit on the first packet after a second of silence", first)
    t:check("RFC3550:5.1#a10", first.sequence == (last.sequence + 1 & 0xffff),
      ("sequence number %d follows %d across silence"):format(first.sequence, last.sequence), first)
    local took, ran = (first.time_us - last.time_us) / 1e6, l.since(first.timestamp, last.timestamp) / 8000
    t:check("RFC3550:5.1#a14", math.abs(ran - took) <= 0.15 * t.scale,
      ("the timestamp ran %.3f s in %.3f s of silence"):format(ran, took), first)
    for i = 2, #after.packets do
      t:check("RFC3551:4.1#5", not after.packets[i].marker, "a second marker bit", after.packets[i])
    end
  end
}

case {
  id = "rtp-sender-006",
  title = "twenty milliseconds in a packet, where nothing else was asked for",
  role = "rtp-sender", type = "V", needs = { "udp", "ask" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t, { payload_type = 0 })
    local got = a and l.stream(t, a, 1, 3)
    if not got then return end
    for _, ev in ipairs(got.packets) do
      local n = samples(ev)
      if n then t:check("RFC3551:4.2#2", n == 160, ("%d samples, which are %.1f ms"):format(n, n / 8), ev) end
    end
  end
}

case {
  id = "rtp-sender-007",
  title = "marker and payload type are never those of SR or RR, and no dynamic type comes that nobody has named",
  role = "rtp-sender", type = "V", needs = { "udp", "ask" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t, { payload_type = 0 })
    if not a then return end
    t:pass(1)
    local got = { packets = {} }
    for _, ev in ipairs(a:pending()) do
      if ev.kind == "packet" and ev.message then got.packets[#got.packets + 1] = ev end
      local second = ev.octets and ev.flow == "rtp" and #ev.octets > 11 and ev.octets:byte(2)
      if second then
        t:check("RFC3550:12#1", second ~= 200 and second ~= 201 or ev.compound ~= nil and l.supports(t, "rtcp-on-rtp"),
          ("the second octet on the RTP port is %d"):format(second), ev)
      end
    end
    for _, ev in ipairs(got.packets) do
      t:check("RFC3551:3#5", ev.payload_type < 96, "payload type " .. ev.payload_type ..
        ", which has no meaning here", ev)
    end
    if #got.packets == 0 then t:inconc("RFC3551:3#5", "no packets came") end
  end
}

case {
  id = "rtp-sender-008",
  title = "another payload type: sequence numbers and SSRC go on",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "payload-change" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t, { payload_type = 0 })
    local got = a and l.stream(t, a, 0.6, 5)
    if not got then return end
    if t:ask("payload", { payload_type = 8 }).kind ~= "success" then
      return t:inconc("RFC3550:5.1#a10", "it cannot change its payload type")
    end
    local list = got.packets
    for _, ev in ipairs(l.collect(t, a, 0.6).packets) do list[#list + 1] = ev end
    l.sequence(t, list)
    local back = 0
    for i = 2, #list do
      local step = l.since(list[i].timestamp, list[i - 1].timestamp)
      if step <= 0 then back = i end
    end
    t:check("RFC3550:5.1#8", back == 0, "the timestamp stands or goes back where the payload type changes", list[back])
  end
}

case {
  id = "rtp-sender-009",
  title = "on one port with RTCP no payload type is from 64 to 95, and both come from there",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "rtcp-mux" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t, nil, { mux = true })
    local got = a and l.stream(t, a, 8, 10)
    if not got then return end
    for _, ev in ipairs(got.packets) do
      t:check("RFC5761:4#3", ev.payload_type < 64 or ev.payload_type > 95, "payload type " .. ev.payload_type, ev)
    end
    for _, ev in ipairs(got.all) do
      t:check("RFC5761:4#3", ev.kind ~= "other", "a datagram that is neither RTP nor RTCP by its second octet", ev)
    end
    if #got.rtcp == 0 then return t:inconc("RFC3550:6.1#7", "no report came") end
    l.whole(t, got.rtcp[1])
  end
}

case {
  id = "rtp-sender-010",
  title = "what comes back at a sender does not stop it: feedback, other types, and what is no RTCP",
  role = "rtp-sender", type = "X", needs = { "udp", "ask" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t)
    local got = a and l.stream(t, a, 1, 5)
    if not got then return end
    local media = got.packets[1].ssrc
    a:aim { to = got.packets[1].from }
    a:rtcp(l.rr(a.ssrc, { more = {
      { type = "NACK", ssrc = a.ssrc, media = media, nacks = { { pid = 7, blp = 0xffff } } },
      { type = "PLI", ssrc = a.ssrc, media = media } } }))
    a:rtcp { octets = string.pack(">BBI2I4", 0x80, 201, 1, a.ssrc) .. string.pack(">BBI2I4", 0x81, 202, 2, a.ssrc) ..
      "\1\1a\0" ..
      string.pack(">BBI2I4I4", 0x9f, 205, 2, a.ssrc, media) .. string.pack(">BBI2I4", 0x80, 211, 1, a.ssrc) }
    a:rtcp { octets = "\0\1\2\3" }
    local last = got.packets[#got.packets]
    local after = l.collect(t, a, 1)
    t:check("RFC4585:4.2#17", #after.packets >= 3, "it has stopped sending after feedback", last)
    local list = { last }
    for _, ev in ipairs(after.packets) do list[#list + 1] = ev end
    l.sequence(t, list)
  end
}
