-- When a receiver reports: RFC 3550 sections 6.2, 6.3.1 to 6.3.6.

local function lib(t) return t:lib("rtp") end

-- Seconds below which no interval may be: half of the minimum, compensated for reconsideration (6.3.1), where the
-- session's bandwidth is that of one PCMU stream with its headers.
local function shortest(t)
  local min = (t.profile.timers or {}).rtcp_min_s or 4.5
  return min * 0.5 / 1.21828 - 0.05 * t.scale
end

-- The times of `n` reports, in seconds, while a stream comes in.
local function times(t, l, a, n)
  local list = {}
  t:spawn(function() a:stream { count = n * 70, ptime_us = 100000, payload = ("\255"):rep(800) } end)
  while #list < n do
    local ev = l.compound(a, 60)
    if not ev.compound then break end
    list[#list + 1] = { ev.time_us / 1e6, ev }
  end
  if #list < n then
    t:inconc("RFC3550:6.2#12", ("%d reports came, and none within 60 s after the last"):format(#list))
    return nil
  end
  return list
end

case {
  id = "rtp-receiver-050",
  title = "reports keep the minimum interval of five seconds, as chance shortens it",
  role = "rtp-receiver", type = "T", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local list = times(t, l, a, 6)
    for i = 2, list and #list or 0 do
      local gap = list[i][1] - list[i - 1][1]
      t:check("RFC3550:6.2#12", gap >= shortest(t), ("%.2f s between two reports"):format(gap), list[i][2])
    end
  end
}

case {
  id = "rtp-receiver-051",
  title = "intervals are randomised",
  role = "rtp-receiver", type = "T", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local list = times(t, l, a, 8)
    if not list then return end
    local least, most = math.huge, 0
    for i = 3, #list do -- the first one has an interval of its own
      local gap = list[i][1] - list[i - 1][1]
      least, most = math.min(least, gap), math.max(most, gap)
    end
    -- six values between 0.5 and 1.5 all within a fiftieth of each other: one time in 50 millions
    t:check("RFC3550:6.3#3", most - least > 0.02 * most, ("six intervals between %.3f and %.3f s"):format(least, most))
  end
}

-- `n` participants that say RR and CNAME, each once, over two seconds.
local function members(t, l, a, n, bye)
  for i = 1, n do
    local ssrc = 0x44000000 + i
    local c = l.rr(ssrc, { cname = ("member%03d@rtclab.test"):format(i),
      more = bye and { { type = "BYE", ssrcs = { ssrc } } } or nil })
    c.delay_us = i * 5000
    a:rtcp(c)
  end
  t:pass(n * 0.005 + 0.1)
end

local function gap(l, a, seconds)
  local one = l.compound(a, seconds)
  local two = one.compound and l.compound(a, seconds) or one
  if not two.compound then return nil, one.compound and one or two end
  return (two.time_us - one.time_us) / 1e6, two
end

case {
  id = "rtp-receiver-052",
  title = "with three hundred participants the interval is many times longer",
  role = "rtp-receiver", type = "T", needs = { "udp", "members" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 50 }
    if not l.compound(a, 30).compound then return t:inconc("RFC3550:6.3.1#a11", "no report came") end
    members(t, l, a, 300)
    a:pending()
    local s, ev = gap(l, a, 250)
    -- 301 members with some 64 octets each at 300 octets a second: 64 s, chance makes at least 26 of it
    t:check("RFC3550:6.3.1#a11", s == nil or s > 13,
      ("%.1f s between two reports, with 300 participants"):format(s or 0), ev)
  end
}

case {
  id = "rtp-receiver-053",
  title = "when most participants leave, the next report is brought forward",
  role = "rtp-receiver", type = "T", needs = { "udp", "members" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 50 }
    if not l.compound(a, 30).compound then return t:inconc("RFC3550:6.3.4#1", "no report came") end
    members(t, l, a, 300)
    a:pending()
    if not l.compound(a, 250).compound then return t:inconc("RFC3550:6.3.4#1", "no report came within 250 s") end
    members(t, l, a, 300, true)
    local left = t:now()
    a:pending()
    local ev = l.compound(a, 250)
    if not ev.compound then return t:inconc("RFC3550:6.3.4#1", "no report came within 250 s") end
    local after = ev.time_us / 1e6 - left
    -- what is left to wait shrinks to a hundredth, or to one interval of 5 s, which chance makes 6.2 at most
    t:check("RFC3550:6.3.4#1", after < 13, ("%.1f s from the last BYE to the next report"):format(after), ev)
    local s, last = gap(l, a, 250)
    t:check("RFC3550:6.3.4#a1", s ~= nil and s < 15,
      s and ("%.1f s between two reports, after all but two have left"):format(s) or "no more reports", last)
  end
}

case {
  id = "rtp-receiver-054",
  title = "participants of whom nothing is heard are timed out",
  role = "rtp-receiver", type = "T", needs = { "udp", "members", "virtual-time" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 50 }
    if not l.compound(a, 30).compound then return t:inconc("RFC3550:6.3.5#1", "no report came") end
    members(t, l, a, 300)
    t:pass(1000) -- five intervals of 64 s and some more: 6.3.5
    a:pending()
    local s, ev = gap(l, a, 250)
    t:check("RFC3550:6.3.5#1", s ~= nil and s < 15,
      s and ("%.1f s between two reports, 1000 s after 300 participants were heard once"):format(s) or "no report", ev)
  end
}
