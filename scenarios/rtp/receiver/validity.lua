-- What a receiver takes for valid, and what it passes over: RFC 3550 sections 5.1, 5.3.1, 6.1, 6.7, A.1, A.2, RFC 8285.

local function lib(t) return t:lib("rtp") end
local voice = ("\255"):rep(160)

-- Thirty good packets, what `bad` sends in their midst, thirty more; the report must be as if it were not there.
local function unmoved(t, clause, what, bad)
  local l = lib(t)
  local a = l.receiver(t)
  if not a then return end
  a:stream { count = 30, sequence = 1000 }
  bad(a, 1030, 100000 + 30 * 160)
  local r = a:stream { count = 30, sequence = 1030, timestamp = 100000 + 30 * 160 }
  local ev, b = l.report(t, a, a.ssrc, r.time_us)
  if not ev then return end
  t:check(clause, b.highest_sequence == 1059,
    ("%s: the highest sequence number is %d and not 1059"):format(what, b.highest_sequence), ev)
  t:check(clause, l.is_lost(b, 0), ("%s: the cumulative number lost is %d"):format(what, l.lost(b)), ev)
  return a, ev
end

local function ahead(fields)
  return function(a, sequence, timestamp)
    for i = 0, 2 do
      local draft = { sequence = sequence + 40 + i, timestamp = timestamp + i * 160, keep = true, payload = voice }
      for k, v in pairs(fields) do draft[k] = v end
      a:send(draft)
    end
  end
end

case {
  id = "rtp-receiver-030",
  title = "packets of another version are not counted",
  role = "rtp-receiver", type = "X", needs = { "udp" },
  run = function(t)
    unmoved(t, "RFC3550:A.1#a1", "version 1 and 3", function(a, n, ts)
      ahead { version = 1 }(a, n, ts)
      ahead { version = 3 }(a, n, ts)
    end)
  end
}

case {
  id = "rtp-receiver-031",
  title = "packets whose marker and payload type are those of SR and RR are not counted",
  role = "rtp-receiver", type = "X", needs = { "udp" },
  run = function(t)
    unmoved(t, "RFC3550:A.1#a2", "payload types 72 and 73 with the marker", function(a, n, ts)
      ahead { payload_type = 72, marker = true }(a, n, ts)
      ahead { payload_type = 73, marker = true }(a, n, ts)
    end)
  end
}

case {
  id = "rtp-receiver-032",
  title = "padding of no octets, and of more than there are: not counted",
  role = "rtp-receiver", type = "X", needs = { "udp" },
  run = function(t)
    unmoved(t, "RFC3550:A.1#a3", "padding that does not fit", function(a, n, ts)
      for i, last in ipairs { 0, 0, 200, 255 } do
        a:send { octets = string.pack(">BBI2I4I4", 0xa0, 0, n + 40 + i, ts, a.ssrc) .. ("\255"):rep(159) ..
          string.char(last) }
      end
    end)
  end
}

case {
  id = "rtp-receiver-033",
  title = "an extension that is longer than the packet: not counted",
  role = "rtp-receiver", type = "X", needs = { "udp" },
  run = function(t)
    unmoved(t, "RFC3550:A.1#a5", "an extension over the end", function(a, n, ts)
      for i = 1, 3 do
        a:send { octets = string.pack(">BBI2I4I4I2I2", 0x90, 0, n + 40 + i, ts, a.ssrc, 0x1234, 500) .. voice }
      end
    end)
  end
}

case {
  id = "rtp-receiver-034",
  title = "more contributing sources than the packet has room for: not counted",
  role = "rtp-receiver", type = "X", needs = { "udp" },
  run = function(t)
    unmoved(t, "RFC3550:A.1#a6", "CC over the end", function(a, n, ts)
      for i = 1, 3 do
        a:send { octets = string.pack(">BBI2I4I4", 0x8f, 0, n + 40 + i, ts, a.ssrc) .. ("\1"):rep(20) }
      end
    end)
  end
}

case {
  id = "rtp-receiver-035",
  title = "packets of less than a header: not counted, and survived",
  role = "rtp-receiver", type = "X", needs = { "udp" },
  run = function(t)
    unmoved(t, "RFC3550:A.1#a6", "pieces of a header", function(a, n, ts)
      local whole = string.pack(">BBI2I4I4", 0x80, 0, n + 40, ts, a.ssrc)
      for i = 1, 11 do a:send { octets = whole:sub(1, i) } end
    end)
  end
}

-- Thirty packets with something lawful in each of them are counted like any other.
local function counted(t, clause, what, draft)
  local l = lib(t)
  local a = l.receiver(t)
  if not a then return end
  a:stream { count = 10, sequence = 1000 }
  local last
  for i = 0, 29 do
    local d = draft(i) -- {csrc, ext (with its first four octets), pad}, each in octets
    local csrc, ext, pad = d.csrc or "", d.ext or "", d.pad or ""
    last = a:send { delay_us = i * 20000, octets = string.pack(">BBI2I4I4",
      0x80 | (#pad > 0 and 0x20 or 0) | (#ext > 0 and 0x10 or 0) | #csrc // 4, 0, 1010 + i, 100000 + (10 + i) * 160,
        a.ssrc) ..
      csrc .. ext .. voice .. pad }
  end
  t:pass(0.6)
  local r = a:stream { count = 10, sequence = 1040, timestamp = 100000 + 40 * 160 }
  local ev, b = l.report(t, a, a.ssrc, r.time_us)
  if not ev then return end
  t:check(clause, b.highest_sequence == 1049 and l.is_lost(b, 0),
    ("%s: highest %d and not 1049, %d lost"):format(what, b.highest_sequence, l.lost(b)), last and ev)
  return a, ev
end

case {
  id = "rtp-receiver-036",
  title = "padding, contributing sources and a header extension are read past",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    counted(t, "RFC3550:5.3.1#2", "padding, CSRCs and an extension", function(i)
      return { pad = i % 3 == 0 and "\0\0\0\4" or nil, csrc = i % 2 == 0 and "\10\10\10\10\11\11\11\11" or nil,
        ext = i % 5 == 0 and "\18\52\0\2abcdefgh" or nil }
    end)
  end
}

case {
  id = "rtp-receiver-037",
  title = "header extensions of one and of two octets are ignored where nobody asked for them",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    counted(t, "RFC3551:2#2", "elements of RFC 8285", function(i)
      if i % 2 == 0 then return { ext = "\xbe\xde\0\2\x10\xaa\x22\1\2\3\0\0" } end
      return { ext = "\x10\0\0\3\1\0\2\4abcd\0\0\0\0" }
    end)
  end
}

case {
  id = "rtp-receiver-038",
  title = "an extension with the id 15, or with the id 0 and a length: what follows is not looked at",
  role = "rtp-receiver", type = "X", needs = { "udp" },
  run = function(t)
    counted(t, "RFC8285:4.2#4", "id 15, and id 0 with a length", function(i)
      if i % 2 == 0 then return { ext = "\xbe\xde\0\2\x10\xaa\xff\1\2\3\x20\0" } end
      return { ext = "\xbe\xde\0\2\x10\xaa\x05\1\2\3\4\0" }
    end)
  end
}

case {
  id = "rtp-receiver-039",
  title = "a payload type that it does not know is passed over",
  role = "rtp-receiver", type = "X", needs = { "udp", "report" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 20, sequence = 1000 }
    t:pass(0.2)
    local before = t:ask("report")
    for i = 0, 9 do
      a:send { payload_type = 77, sequence = 1020 + i, timestamp = 100000 + (20 + i) * 160, payload = voice,
        delay_us = i * 20000 }
    end
    t:pass(0.4)
    local after = t:ask("report")
    if not before.played or not after.played then
      t:inconc("RFC3550:5.1#6", "it does not say what it has played", after)
      return
    end
    t:check("RFC3550:5.1#6", after.played == before.played,
      ("%d packets of payload type 77, which nothing was said about, were played"):format(after.played - before.played))
    local r = a:stream { count = 20, sequence = 1030, timestamp = 100000 + 30 * 160 }
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if ev then l.counts(t, ev, b, { highest = 1049 }) end
  end
}

-- An SR that must not be taken, in RTCP that is not valid; `bad` gives its octets from those of a good one.
local function refused(t, clause, what, bad)
  local l = lib(t)
  local a = l.receiver(t)
  if not a then return end
  a:stream { count = 20 }
  local sr = a:rtcp(l.sr(a.ssrc, { seconds = 3900000000 }))
  a:stream { count = 10 }
  for _, octets in ipairs(bad(sr.octets:sub(1, 28), sr.octets:sub(29))) do a:rtcp { octets = octets } end
  local r = a:stream { count = 30 }
  local ev, b = l.report(t, a, a.ssrc, r.time_us)
  if not ev then return end
  t:check(clause, b.lsr == (3900000000 & 0xffff) << 16 | 0x8000,
    ("%s: LSR is 0x%08x, which is not that of the valid SR"):format(what, b.lsr), ev)
end

-- The SR with another NTP time.
local function later(sr) return sr:sub(1, 8) .. string.pack(">I4I4", 3900000077, 0x40000000) .. sr:sub(17) end

case {
  id = "rtp-receiver-040",
  title = "RTCP of another version is not taken",
  role = "rtp-receiver", type = "X", needs = { "udp" },
  run = function(t)
    refused(t, "RFC3550:A.2#a2", "version 1 and 3", function(sr, sdes)
      local s = later(sr)
      return { string.char(s:byte(1) & 0x3f | 0x40) .. s:sub(2) .. sdes, string.char(s:byte(1) | 0xc0) .. s:sub(2) ..
        sdes }
    end)
  end
}

case {
  id = "rtp-receiver-041",
  title = "a compound that does not begin with SR or RR is not taken",
  role = "rtp-receiver", type = "X", needs = { "udp", "compound-only" },
  run = function(t)
    refused(t, "RFC3550:A.2#a1", "SDES first", function(sr, sdes) return { sdes .. later(sr) } end)
  end
}

case {
  id = "rtp-receiver-042",
  title = "a compound whose lengths do not add up to it is not taken",
  role = "rtp-receiver", type = "X", needs = { "udp" },
  run = function(t)
    refused(t, "RFC3550:A.2#a4", "lengths that do not fit", function(sr, sdes)
      local s = later(sr)
      return { s .. sdes .. "\0\0", s .. sdes:sub(1, -5), s .. sdes:sub(1, 2) .. "\1\0" .. sdes:sub(5) }
    end)
  end
}

case {
  id = "rtp-receiver-043",
  title = "a compound with padding in its first packet is not taken",
  role = "rtp-receiver", type = "X", needs = { "udp" },
  run = function(t)
    refused(t, "RFC3550:A.2#a3", "padding first", function(sr, sdes)
      local s = later(sr)
      return { string.char(s:byte(1) | 0x20) .. s:sub(2, 3) .. "\7" .. s:sub(5) .. "\0\0\0\4" .. sdes }
    end)
  end
}

case {
  id = "rtp-receiver-044",
  title = "unknown packet types, APP, and unknown items of SDES are ignored, the SR beside them is taken",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 20 }
    local sr = a:rtcp(l.sr(a.ssrc, { seconds = 3900000000 }))
    a:stream { count = 10 }
    local first, sdes = sr.octets:sub(1, 28), sr.octets:sub(29)
    first = first:sub(1, 8) .. string.pack(">I4I4", 3900000099, 0x40000000) .. first:sub(17)
    local chunk = string.pack(">BBI2I4", 0x81, 202, 4, a.ssrc) .. "\1\3a@b" .. "\250\3xyz" .. "\0\0"
    local app = string.pack(">BBI2I4", 0x9f, 204, 3, a.ssrc) .. "none" .. "\1\2\3\4"
    local new = string.pack(">BBI2I4", 0x80, 211, 2, a.ssrc) .. "\1\2\3\4"
    a:rtcp { octets = first .. chunk .. app .. new }
    local r = a:stream { count = 30 }
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if not ev then return end
    t:check("RFC3550:6.1#20", b.lsr == (3900000099 & 0xffff) << 16 | 0x4000 and #sdes > 0,
      ("LSR is 0x%08x: the SR beside what it does not know was not taken"):format(b.lsr), ev)
    t:check("RFC3550:6.7#1", b.lsr ~= 0, "the SR beside an APP was not taken", ev)
  end
}

case {
  id = "rtp-receiver-045",
  title = "feedback messages that nobody asked for are ignored",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 20 }
    a:rtcp(l.sr(a.ssrc, { seconds = 3900000005, more = {
      { type = "NACK", ssrc = a.ssrc, media = 0x01020304, nacks = { { pid = 7, blp = 0xffff } } },
      { type = "PLI", ssrc = a.ssrc, media = 0x01020304 } } }))
    local r = a:stream { count = 30 }
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if not ev then return end
    l.counts(t, ev, b, { highest = r.last, lost = 0 })
    t:check("RFC4585:4.2#17", b.lsr == (3900000005 & 0xffff) << 16 | 0x8000,
      ("LSR is 0x%08x: the SR beside feedback was not taken"):format(b.lsr), ev)
  end
}
