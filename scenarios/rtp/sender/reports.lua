-- What a sender reports, and when: RFC 3550 sections 6.1 to 6.4.1, 11.

local function lib(t) return t:lib("rtp") end

local function is_sr(ev) return ev:packet("SR") ~= nil end

-- A sender, and the `n` first compounds of it with an SR; all that came until then in between, in order.
local function reports(t, n, args)
  local l = lib(t)
  local a = l.sender(t, args)
  if not a then return end
  local all, list = {}, {}
  for _ = 1, n * 40 + 20 do
    for _, ev in ipairs(l.collect(t, a, 0.25).all) do
      all[#all + 1] = ev
      if ev.compound then list[#list + 1] = ev end
    end
    if #list >= n then return l, a, list, all end
  end
  if #list == 0 then
    t:check("RFC3550:6.2#11", false, ("no RTCP came within %d s of a stream"):format(n * 10 + 5), all[#all])
  else
    t:inconc("RFC3550:6.2#11", ("%d of %d reports came"):format(#list, n))
  end
end

case {
  id = "rtp-sender-020",
  title = "a sender reports in compounds that begin with its SR and name it",
  role = "rtp-sender", type = "V", needs = { "udp", "ask" },
  run = function(t)
    local l, _, list, all = reports(t, 1)
    if not l then return end
    local ev, ssrc = list[1], nil
    for _, p in ipairs(all) do ssrc = ssrc or p.kind == "packet" and p.ssrc or nil end
    local whole = l.whole(t, ev)
    t:check("RFC3550:6.4#a1", is_sr(ev), "who sends data reports by " .. ev:types(), ev)
    t:check("RFC3550:6.4.1#a9", whole == nil or ssrc == nil or whole == ssrc,
      ("the report is of 0x%x, the stream of 0x%x"):format(whole or 0, ssrc or 0), ev)
  end
}

case {
  id = "rtp-sender-021",
  title = "packets and octets sent, up to the time of the report",
  role = "rtp-sender", type = "V", needs = { "udp", "ask" }, tags = { "slow" },
  run = function(t)
    local l, _, list, all = reports(t, 2)
    if not l then return end
    local packets, octets = 0, 0
    for _, ev in ipairs(all) do
      if ev.kind == "packet" and ev.message then packets, octets = packets + 1, octets + #ev.message.payload end
      local sr = ev.compound and ev:packet("SR")
      if sr and packets > 0 then
        local off = t.sim and 1 or 3 -- what is on its way when the report is made
        local size = octets / packets
        t:check("RFC3550:6.4.1#a15", math.abs(sr.packet_count - packets) <= off,
          ("the packet count is %d; %d packets came"):format(sr.packet_count, packets), ev)
        t:check("RFC3550:6.4.1#a16", math.abs(sr.octet_count - octets) <= off * size + 1,
          ("the octet count is %d; %d octets of payload came"):format(sr.octet_count, octets), ev)
      end
    end
    t:check("RFC3550:6.4#a1", is_sr(list[1]), "who sends data reports by " .. list[1]:types(), list[1])
  end
}

-- NTP time in seconds.
local function ntp(sr) return sr.ntp_seconds + sr.ntp_fraction / 4294967296 end

case {
  id = "rtp-sender-022",
  title = "the RTP timestamp of an SR is that of its NTP time: between packets, and from report to report",
  role = "rtp-sender", type = "V", needs = { "udp", "ask" }, tags = { "slow" },
  run = function(t)
    local l, _, list, all = reports(t, 3, { payload_type = 0 })
    if not l then return end
    local last, before
    for _, ev in ipairs(all) do
      if ev.kind == "packet" and ev.message then last = ev end
      local sr = ev.compound and ev:packet("SR")
      if sr and sr.ntp_seconds == 0
        and sr.ntp_fraction == 0 then t:skip("it has no notion of time: RFC3550:6.4.1#3") end
      if sr and last then
        local ahead = l.since(sr.rtp_timestamp, last.timestamp) / 8000
        local since = (ev.time_us - last.time_us) / 1e6
        -- the sampling instant of a packet is a packet before it leaves, and more where a device has buffers
        t:check("RFC3550:6.4.1#4", ahead >= since - 0.1 * t.scale and ahead <= since + 0.4 * t.scale,
          ("the RTP timestamp is %.3f s after that of the last packet, which left %.3f s before"):format(ahead,
            since), ev)
        if before then
          local rtp, wall = l.since(sr.rtp_timestamp, before.rtp_timestamp) / 8000, ntp(sr) - ntp(before)
          t:check("RFC3550:6.4.1#4", math.abs(rtp - wall) <= 0.005 * wall + 0.04,
            ("between two reports the RTP timestamp runs %.3f s, the NTP timestamp %.3f s"):format(rtp, wall), ev)
        end
        before = sr
      end
    end
    t:check("RFC3550:6.4#a1", is_sr(list[1]), "who sends data reports by " .. list[1]:types(), list[1])
  end
}

case {
  id = "rtp-sender-023",
  title = "NTP times of reports run with the clock",
  role = "rtp-sender", type = "V", needs = { "udp", "ask" }, tags = { "slow" },
  run = function(t)
    local l, _, list = reports(t, 3)
    if not l then return end
    local before
    for _, ev in ipairs(list) do
      local sr = ev:packet("SR")
      if sr and sr.ntp_seconds == 0
        and sr.ntp_fraction == 0 then t:skip("it has no notion of time: RFC3550:6.4.1#3") end
      if sr and before then
        local wall, took = ntp(sr) - ntp(before[1]), (ev.time_us - before[2].time_us) / 1e6
        t:check("RFC3550:6.4.1#a12", math.abs(wall - took) <= 0.01 * took + 0.15 * t.scale,
          ("the NTP timestamp runs %.3f s in %.3f s"):format(wall, took), ev)
      end
      before = sr and { sr, ev } or before
    end
    if not before then t:inconc("RFC3550:6.4.1#a12", "no SR came") end
  end
}

case {
  id = "rtp-sender-024",
  title = "reports keep the minimum interval, and are randomised",
  role = "rtp-sender", type = "T", needs = { "udp", "ask" }, tags = { "slow" },
  run = function(t)
    local l, _, list = reports(t, 8)
    if not l then return end
    local shortest = ((t.profile.timers or {}).rtcp_min_s or 4.5) * 0.5 / 1.21828 - 0.05 * t.scale
    local least, most = math.huge, 0
    for i = 2, #list do
      local gap = (list[i].time_us - list[i - 1].time_us) / 1e6
      t:check("RFC3550:6.2#12", gap >= shortest, ("%.2f s between two reports"):format(gap), list[i])
      if i > 2 then least, most = math.min(least, gap), math.max(most, gap) end
    end
    t:check("RFC3550:6.3#3", most - least > 0.02 * most, ("six intervals between %.3f and %.3f s"):format(least, most))
  end
}

case {
  id = "rtp-sender-025",
  title = "who has stopped sending reports by RR after two reports, and keeps its SSRC and CNAME",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "silence" }, tags = { "slow" },
  run = function(t)
    local l, a, list = reports(t, 1)
    if not l then return end
    local ssrc = list[1]:reporter()
    local cname = list[1]:cname(ssrc)
    if t:ask("stop").kind ~= "success" then return t:inconc("RFC3550:6.4#a1", "it cannot be stopped") end
    t:pass(0.1)
    l.collect(t, a, 0)
    local ev
    for _ = 1, 4 do
      local e = l.compound(a, 40)
      if not e.compound then return t:inconc("RFC3550:6.4#a1", "no report came after the stream's end") end
      ev = e
      l.whole(t, ev)
    end
    t:check("RFC3550:6.4#a1", ev.compound.packets[1].type == "RR",
      "the fourth report after the stream's end is " .. ev:types(), ev)
    t:check("RFC3550:3#a1", ev:reporter() == ssrc, "its SSRC has changed", ev)
    t:check("RFC3550:6.5.1#3", ev:cname(ev:reporter()) == cname, "its CNAME has changed", ev)
  end
}

case {
  id = "rtp-sender-026",
  title = "reports go to the port that was named for RTCP, packets to the other",
  role = "rtp-sender", type = "V", needs = { "udp", "ask" },
  run = function(t)
    local l, _, list, all = reports(t, 1)
    if not l then return end
    t:check("RFC3550:11#7", list[1].flow == "rtcp", "a report came to the RTP port", list[1])
    for _, ev in ipairs(all) do
      if ev.kind == "packet" then t:check("RFC3550:11#4", ev.flow == "rtp", "a packet came to the RTCP port", ev) end
    end
  end
}

case {
  id = "rtp-sender-027",
  title = "a sender that hears another reports about it in its SR",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "receives" }, tags = { "slow" },
  run = function(t)
    local l, a, list, all = reports(t, 1)
    if not l then return end
    for _, p in ipairs(all) do
      if p.kind == "packet" then a:aim { to = p.from } break end
    end
    local r = a:stream { steps = l.steps(60, { [20] = true, [21] = true }), sequence = 300 }
    local ev, b, before = l.report(t, a, a.ssrc, r.time_us)
    if not ev then return end
    t:check("RFC3550:6.4#a1", is_sr(ev), "its report is " .. ev:types(), ev)
    l.counts(t, ev, b, { highest = 359, lost = 2 })
    l.fraction(t, ev, b, before, 300)
    t:log(#list)
  end
}
