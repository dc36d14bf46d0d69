-- Telephone events at a receiver: RFC 4733 sections 2.3 and 2.5.2. What its user is told is asked for.

local function lib(t) return t:lib("rtp") end

-- The digits that its user has been told; nil, with an inconclusive check, where it does not say.
local function told(t, clause)
  local r = t:ask("report")
  if not r.digits then t:inconc(clause, "it does not say which digits came", r) end
  return r.digits
end

-- A receiver that has had a second of audio; the next timestamp is in a.timestamp.
local function listening(t)
  local l = lib(t)
  local a = l.receiver(t)
  if not a then return end
  local r = a:stream { count = 25, sequence = 1000, timestamp = 100000 }
  a.sequence, a.timestamp = r.last, 100000 + 25 * 160
  return l, a
end

local codes = "0123456789*#ABCD"

local function press(t, l, a, digits, opts)
  opts = opts or {}
  for d in digits:gmatch(".") do
    local o = {}
    for k, v in pairs(opts) do o[k] = v end
    o.timestamp = a.timestamp
    t:pass(l.digit(a, codes:find(d, 1, true) - 1, o) + 0.05)
    a.timestamp = a.timestamp + (o.duration or 800) + 800
  end
end

case {
  id = "rtp-receiver-080",
  title = "a digit whose end comes three times is told once",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "dtmf" },
  run = function(t)
    local l, a = listening(t)
    if not a then return end
    press(t, l, a, "5")
    t:pass(0.5)
    local d = told(t, "RFC4733:2.5.2.2#8")
    if d then t:check("RFC4733:2.5.2.2#8", d == "5", "the digit 5 is told as '" .. d .. "'") end
  end
}

case {
  id = "rtp-receiver-081",
  title = "all sixteen digits, each by its code",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "dtmf" },
  run = function(t)
    local l, a = listening(t)
    if not a then return end
    press(t, l, a, codes)
    t:pass(0.5)
    local d = told(t, "RFC4733:3.2#e1")
    if d then t:check("RFC4733:3.2#e1", d == codes, codes .. " is told as '" .. d .. "'") end
  end
}

case {
  id = "rtp-receiver-082",
  title = "the same digit twice, with timestamps of its own each, is two digits",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "dtmf" },
  run = function(t)
    local l, a = listening(t)
    if not a then return end
    press(t, l, a, "77")
    t:pass(0.5)
    local d = told(t, "RFC4733:2.5.2.2#10")
    if d then t:check("RFC4733:2.5.2.2#10", d == "77", "77 is told as '" .. d .. "'") end
  end
}

case {
  id = "rtp-receiver-083",
  title = "the first packets of an event are lost, and one of the ends: not more than one digit",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "dtmf" },
  run = function(t)
    local l, a = listening(t)
    if not a then return end
    press(t, l, a, "3", { skip = { [1] = true, [2] = true, [5] = true } })
    t:pass(0.5)
    local d = told(t, "RFC4733:2.5.2.2#8")
    -- it may be told, or not: 2.5.2.2#9
    if d then t:check("RFC4733:2.5.2.2#8", d == "3" or d == "", "the digit 3 is told as '" .. d .. "'") end
  end
}

case {
  id = "rtp-receiver-084",
  title = "a late repetition of an end, after the next digit, says nothing new",
  role = "rtp-receiver", type = "I", needs = { "udp", "ask", "report", "dtmf" },
  run = function(t)
    local l, a = listening(t)
    if not a then return end
    local first, sequence = a.timestamp, a.sequence
    press(t, l, a, "1", { skip = { [7] = true } })
    press(t, l, a, "2")
    a:send { payload_type = 101, marker = false, timestamp = first, sequence = sequence + 7, ssrc = a.ssrc, keep = true,
      payload = string.pack(">BBI2", 1, 0x8a, 800) }
    t:pass(0.5)
    local d = told(t, "RFC4733:2.5.2.2#8")
    if d then t:check("RFC4733:2.5.2.2#8", d == "12", "1 and 2, and the end of 1 again, are told as '" .. d .. "'") end
  end
}

case {
  id = "rtp-receiver-085",
  title = "an event in three segments is one digit",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "dtmf" }, tags = { "slow" },
  run = function(t)
    local _, a = listening(t)
    if not a then return end
    local function put(at, duration, over, marker)
      a.sequence = a.sequence + 1 & 0xffff
      a:send { payload_type = 101, marker = marker or false, timestamp = at, sequence = a.sequence, ssrc = a.ssrc,
        payload = string.pack(">BBI2", 9, (over and 0x80 or 0) | 10, duration) }
    end
    local at = a.timestamp
    for segment = 0, 1 do
      for d = 800, 64800, 800 do
        put(at, d, false, segment == 0 and d == 800)
        t:pass(0.1)
      end
      for _ = 1, 3 do put(at, 0xffff, false) end
      t:pass(0.09)
      at = at + 0xffff
    end
    for d = 800, 15200, 800 do
      put(at, d, false)
      t:pass(0.1)
    end
    for _ = 1, 3 do put(at, 16000, true) end
    t:pass(0.5)
    local d = told(t, "RFC4733:2.5.2.3#1")
    if d then t:check("RFC4733:2.5.2.3#1", d == "9", "an event of 18 s in three segments is told as '" .. d .. "'") end
  end
}

case {
  id = "rtp-receiver-086",
  title = "the reserved bit of an event is ignored",
  role = "rtp-receiver", type = "X", needs = { "udp", "ask", "report", "dtmf" },
  run = function(t)
    local l, a = listening(t)
    if not a then return end
    press(t, l, a, "8", { reserved = true })
    t:pass(0.5)
    local d = told(t, "RFC4733:2.3.3#1b")
    if d then t:check("RFC4733:2.3.3#1b", d == "8", "the digit 8, with bit R set, is told as '" .. d .. "'") end
  end
}

case {
  id = "rtp-receiver-087",
  title = "an event of no duration is none",
  role = "rtp-receiver", type = "X", needs = { "udp", "ask", "report", "dtmf" },
  run = function(t)
    local l, a = listening(t)
    if not a then return end
    for i = 1, 3 do
      a.sequence = a.sequence + 1 & 0xffff
      a:send { payload_type = 101, marker = i == 1, timestamp = a.timestamp, sequence = a.sequence, ssrc = a.ssrc,
        payload = string.pack(">BBI2", 4, 0x8a, 0) }
    end
    a.timestamp = a.timestamp + 1600
    press(t, l, a, "6")
    t:pass(0.5)
    local d = told(t, "RFC4733:2.3.5#2")
    if d then t:check("RFC4733:2.3.5#2", d == "6", "4 with no duration, then 6, are told as '" .. d .. "'") end
  end
}

case {
  id = "rtp-receiver-088",
  title = "packets of an event count for loss and highest sequence number like those of audio",
  role = "rtp-receiver", type = "V", needs = { "udp", "dtmf" },
  run = function(t)
    local l, a = listening(t)
    if not a then return end
    press(t, l, a, "12")
    local r = a:stream { count = 20, sequence = a.sequence + 1, timestamp = a.timestamp }
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if ev then l.counts(t, ev, b, { highest = r.last, lost = 0 }) end
  end
}
