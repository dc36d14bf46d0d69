-- What a receiver reports: RFC 3550 sections 6.1, 6.4 to 6.4.2, A.1, A.3, A.8.

local function lib(t) return t:lib("rtp") end

case {
  id = "rtp-receiver-001",
  title = "a receiver reports, in compounds that begin with RR and name it",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local r = a:stream { count = 100 }
    local ev = l.compound(a, 30)
    if not t:check("RFC3550:6.2#11", ev.compound ~= nil, "no RTCP came within 30 s of a stream", r) then return end
    l.whole(t, ev)
    t:check("RFC3550:6.4#a1", ev.compound.packets[1].type == "RR" or ev:packet("RR") ~= nil,
      "who sends nothing reports by " .. ev:types(), ev)
    t:check("RFC3550:6.4#a1", ev:packet("SR") == nil, "an SR from a participant that has sent no data", ev)
  end
}

case {
  id = "rtp-receiver-002",
  title = "a clean stream: its SSRC, its highest sequence number, and nothing lost",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 60, sequence = 20000 }
    local any = l.compound(a, 30, function(e) return e:packet("RR") ~= nil and #(e:packet("RR").reports or {}) > 0 end)
    for _, x in ipairs(any.compound and any:packet("RR").reports or {}) do
      t:check("RFC3550:6.4.1#a18", x.ssrc == a.ssrc, ("a block about 0x%x, whom nobody has heard"):format(x.ssrc), any)
    end
    local r = a:stream { count = 30, sequence = 20060 }
    local ev, b, before = l.report(t, a, a.ssrc, r.time_us)
    if not ev then return end
    l.counts(t, ev, b, { highest = r.last, lost = 0 })
    l.fraction(t, ev, b, before or any:block(a.ssrc), 20000)
    t:check("RFC3550:6.4.1#a5", #ev:packet("RR").reports == ev:packet("RR").count,
      "the count is not that of the report blocks", ev)
  end
}

case {
  id = "rtp-receiver-003",
  title = "ten of sixty packets are lost: cumulative and fraction",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local lost = {}
    for i = 5, 50, 5 do lost[i] = true end
    local ev, b, before, r = l.reported(t, a, { steps = l.steps(60, lost), sequence = 20000 })
    if not ev then return end
    l.counts(t, ev, b, { highest = r.last, lost = 10 })
    l.fraction(t, ev, b, before, 20000)
  end
}

case {
  id = "rtp-receiver-004",
  title = "fraction lost is of the time since the last report alone; the cumulative number stays",
  role = "rtp-receiver", type = "V", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local ev, b, before, r = l.reported(t, a, { steps = l.steps(40, { [10] = true, [11] = true, [20] = true,
      [30] = true }) })
    if not ev then return end
    l.counts(t, ev, b, { highest = r.last, lost = 4 })
    l.fraction(t, ev, b, before, r.first)
    local last = b
    ev, b, before, r = l.reported(t, a, { count = 40 })
    if not ev then return end
    l.counts(t, ev, b, { highest = r.last, lost = 4 })
    t:check("RFC3550:6.4.1#a19", b.fraction_lost == 0,
      ("fraction lost is %d/256, and nothing was lost since the last report"):format(b.fraction_lost), ev)
    last = before or last
    t:check("RFC3550:6.4.1#a25", b.highest_sequence >= last.highest_sequence,
      "the highest sequence number has fallen", ev)
  end
}

case {
  id = "rtp-receiver-005",
  title = "duplicates: the cumulative number lost is negative, the fraction zero",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local steps = l.steps(30)
    for _, n in ipairs { 10, 15, 20 } do steps[#steps + 1] = { n = n } end
    table.sort(steps, function(x, y) return x.n < y.n end)
    local ev, b, before, r = l.reported(t, a, { steps = steps })
    if not ev then return end
    l.counts(t, ev, b, { highest = r.last, lost = -3 })
    l.fraction(t, ev, b, before, r.first)
  end
}

case {
  id = "rtp-receiver-006",
  title = "packets out of order are none lost",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local steps = {}
    for i = 0, 9 do steps[i + 1] = { n = i } end
    for i = 10, 48, 2 do
      steps[#steps + 1] = { n = i + 1, at_us = i * 20000 }
      steps[#steps + 1] = { n = i, at_us = (i + 1) * 20000 }
    end
    local ev, b, before, r = l.reported(t, a, { steps = steps })
    if not ev then return end
    l.counts(t, ev, b, { highest = r.last, lost = 0 })
    l.fraction(t, ev, b, before, r.first)
  end
}

case {
  id = "rtp-receiver-007",
  title = "packets that come 40 numbers late are not counted as lost",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local steps = l.steps(60, { [12] = true, [13] = true })
    steps[#steps + 1] = { n = 12, at_us = 59 * 20000 }
    steps[#steps + 1] = { n = 13, at_us = 59 * 20000 }
    local ev, b, _, r = l.reported(t, a, { steps = steps })
    if not ev then return end
    l.counts(t, ev, b, { highest = r.last, lost = 0 })
  end
}

case {
  id = "rtp-receiver-008",
  title = "the sequence number wraps: one cycle more, and nothing lost",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local ev, b, before, r = l.reported(t, a, { count = 40, sequence = 65520 })
    if not ev then return end
    l.counts(t, ev, b, { highest = 0x10000 | r.last, lost = 0 })
    l.fraction(t, ev, b, before, r.first)
  end
}

case {
  id = "rtp-receiver-009",
  title = "three wraps, with most packets lost on the way",
  role = "rtp-receiver", type = "V", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local steps = {}
    for i = 0, 9 do steps[#steps + 1] = { n = i } end
    for i = 1, 200 do steps[#steps + 1] = { n = 9 + i * 1000, at_us = (9 + i) * 20000, timestamp = (9 + i) * 160 } end
    local ev, b, before = l.reported(t, a, { steps = steps, sequence = 60000 })
    if not ev then return end
    local extended = 60000 + 9 + 200000
    if b.highest_sequence & 0xffff ~= extended & 0xffff or b.highest_sequence >> 16 > 3 then
      l.counts(t, ev, b, { highest = extended })
    elseif b.highest_sequence ~= extended and b.highest_sequence >> 16 == 0 and lib(t).lost(b) < 1000 then
      t:inconc("RFC3550:6.4.1#a25", "gaps of 1000 numbers are a restart to it", ev)
    else
      l.counts(t, ev, b, { highest = extended, lost = 200000 - 200 })
      l.fraction(t, ev, b, before, 60000)
    end
  end
}

case {
  id = "rtp-receiver-010",
  title = "a source that starts again far away is followed once two packets are in sequence",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 30, sequence = 1000 }
    local r = a:stream { count = 60, sequence = 31000 }
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if not ev then return end
    t:check("RFC3550:A.1#a10", b.highest_sequence & 0xffff == r.last,
      ("the highest sequence number is 0x%x, %d s after the source went on at 31000"):format(b.highest_sequence, 1), ev)
  end
}

case {
  id = "rtp-receiver-011",
  title = "a stray number far away, once, moves nothing",
  role = "rtp-receiver", type = "X", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local steps = l.steps(60)
    table.insert(steps, 31, { n = 30000, at_us = 30 * 20000, timestamp = 30 * 160 })
    local r = a:stream { steps = steps, sequence = 1000 }
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if not ev then return end
    t:check("RFC3550:A.1#a10", b.highest_sequence == 1059,
      ("the highest sequence number is %d, after a single 31000 within 1000 to 1059"):format(b.highest_sequence), ev)
  end
}

case {
  id = "rtp-receiver-012",
  title = "before any SR both LSR and DLSR are zero",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local ev, b = l.reported(t, a, { count = 40 })
    if not ev then return end
    t:check("RFC3550:6.4.1#a30", b.lsr == 0, ("LSR is 0x%x, and no SR was sent"):format(b.lsr), ev)
    t:check("RFC3550:6.4.1#a32", b.dlsr == 0, ("DLSR is %d, and no SR was sent"):format(b.dlsr), ev)
  end
}

-- What a block says of an SR that left at `sent_us`: LSR, and a delay that fits the time in between.
local function since_sr(t, ev, b, lsr, sent_us)
  t:check("RFC3550:6.4.1#a30", b.lsr == lsr, ("LSR is 0x%08x and not 0x%08x"):format(b.lsr, lsr), ev)
  local took = (ev.time_us - sent_us) / 1e6
  local says = b.dlsr / 65536
  t:check("RFC3550:6.4.1#a32", says <= took + 0.02 and says >= took - 0.1 * t.scale,
    ("DLSR is %.3f s; the SR was sent %.3f s before the report came"):format(says, took), ev)
end

case {
  id = "rtp-receiver-013",
  title = "LSR is the middle of the SR's NTP time, DLSR the delay since",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 30 }
    local sr = a:rtcp(l.sr(a.ssrc, { seconds = 0xb44db705, fraction = 0x20001234 }))
    local r = a:stream { count = 30 }
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if ev then since_sr(t, ev, b, 0xb7052000, sr.time_us) end
  end
}

case {
  id = "rtp-receiver-014",
  title = "the last of several SRs counts",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 30 }
    a:rtcp(l.sr(a.ssrc, { seconds = 3900000000, fraction = 0x10000000 }))
    a:stream { count = 30 }
    local sr = a:rtcp(l.sr(a.ssrc, { seconds = 3900000001, fraction = 0xfedc0000 }))
    local r = a:stream { count = 20 }
    local ev, b = l.report(t, a, a.ssrc, r.time_us)
    if ev then since_sr(t, ev, b, (3900000001 & 0xffff) << 16 | 0xfedc, sr.time_us) end
  end
}

case {
  id = "rtp-receiver-015",
  title = "two sources have a block each, with losses and SRs of their own",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local one, two = 0x11111111, 0x22222222
    local r
    for i = 0, 2 do -- by turns, on one flow
      a:stream { count = 20, ssrc = one, sequence = 100 + i * 20, timestamp = 8000 + i * 3200 }
      if i == 1 then a:rtcp(l.sr(one, { seconds = 3900000000, cname = "one@rtclab.test" })) end
      r = a:stream { steps = l.steps(20, { [7] = true }), ssrc = two, sequence = 40000 + i * 20,
        timestamp = 8000 + i * 3200 }
    end
    local ev, b = l.report(t, a, two, r.time_us)
    if not ev then return end
    l.counts(t, ev, b, { highest = 40059, lost = 3 })
    t:check("RFC3550:6.4.1#a30", b.lsr == 0, "LSR of the SR of another source", ev)
    local other = ev:block(one)
    if not t:check("RFC3550:6.4#a2", other ~= nil, "no block about the other source", ev) then return end
    l.counts(t, ev, other, { highest = 159, lost = 0 })
    t:check("RFC3550:6.4.1#a30", other.lsr == (3900000000 & 0xffff) << 16 | 0x8000, "LSR is not that of its own SR", ev)
  end
}

case {
  id = "rtp-receiver-016",
  title = "forty sources: all are reported, in more packets than one",
  role = "rtp-receiver", type = "V", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local seen, n = {}, 0
    for round = 0, 5 do
      for i = 1, 40 do
        for k = 0, 2 do
          a:send { ssrc = 0x33000000 + i, sequence = 100 + round * 3 + k, timestamp = 8000 + (round * 3 + k) * 160,
            keep = true,
            payload = ("\255"):rep(160) }
        end
      end
      local ev = l.compound(a, 30, function(e) return e.compound.packets[1].reports ~= nil end)
      for _, p in ipairs(ev.compound and ev.compound.packets or {}) do
        for _, b in ipairs((p.type == "RR" or p.type == "SR") and p.reports or {}) do
          if not seen[b.ssrc] then seen[b.ssrc], n = true, n + 1 end
        end
      end
      if n == 40 then break end
    end
    t:check("RFC3550:6.4#1", n == 40, ("%d of 40 sources were reported about within six reports"):format(n))
  end
}

case {
  id = "rtp-receiver-017",
  title = "a source that was not heard since the last report has no block",
  role = "rtp-receiver", type = "V", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local r = a:stream { count = 30 }
    if not l.report(t, a, a.ssrc, r.time_us) then return end
    for _ = 1, 3 do -- one more may be on its way, or count what came together with the last
      local ev = l.compound(a, 30)
      if not ev.compound then break end
      r = ev
    end
    t:check("RFC3550:6.4#a2", not (r.compound and r:block(a.ssrc)),
      "the third report after the stream has ended still has a block about it", r)
  end
}

case {
  id = "rtp-receiver-018",
  title = "with nothing received the report is an empty RR",
  role = "rtp-receiver", type = "V", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:rtcp(l.rr(a.ssrc))
    local ev = l.compound(a, 30)
    if not ev.compound then
      t:inconc("RFC3550:6.4.2#1", "it reports nothing until it has received data")
      return
    end
    local first = ev.compound.packets[1]
    t:check("RFC3550:6.4.2#1", first.type == "RR" and #(first.reports or {}) == 0,
      "not an empty RR, but " .. ev:types(), ev)
  end
}

case {
  id = "rtp-receiver-019",
  title = "SSRC and CNAME stay what they are from report to report; CNAME is user@host or host",
  role = "rtp-receiver", type = "V", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local ssrc, cname
    for _ = 1, 3 do
      a:stream { count = 50 }
      local ev = l.compound(a, 30)
      if not ev.compound then break end
      local s = l.whole(t, ev)
      local c = s and ev:cname(s)
      t:check("RFC3550:3#a1", ssrc == nil or s == ssrc, "the SSRC has changed without a reason", ev)
      t:check("RFC3550:6.5.1#3", cname == nil or c == cname, "the CNAME has changed", ev)
      ssrc, cname = s or ssrc, c or cname
      if c then
        t:check("RFC3550:6.5.1#7", not c:find("[%c%s]") and #c > 0 and select(2, c:gsub("@", "")) <= 1,
          "the CNAME is neither user@host nor host: '" .. c .. "'", ev)
      end
    end
    if not ssrc then t:inconc("RFC3550:6.5.1#3", "no report came") end
  end
}

case {
  id = "rtp-receiver-020",
  title = "a regular stream has next to no jitter",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local ev, b = l.reported(t, a, { count = 60 })
    if not ev then return end
    -- what the machines' own scheduling adds is allowed for: 10 ms
    t:check("RFC3550:6.4.1#9", b.jitter <= 8 + (t.sim and 0 or 80 * t.scale),
      ("interarrival jitter is %d units of 1/8000 s for packets that were sent on time"):format(b.jitter), ev)
  end
}

-- A stream whose packets are late by turns; the block's jitter against the formula.
local function jitter(t, late_us, n, step)
  local l = lib(t)
  local a = l.receiver(t)
  if not a then return end
  local steps, sent = {}, {}
  for i = 0, n - 1 do
    local at = i * 20000 + (late_us(i) or 0)
    steps[#steps + 1] = { n = i, at_us = at > 0 and at or nil, timestamp = step and step(i) or nil }
    sent[#sent + 1] = { at, step and step(i) or i * 160 }
  end
  local ev, b = l.reported(t, a, { steps = steps })
  if not ev then return end
  local want = l.jitter(sent, 8000)
  local off = math.max(2, want * (t.sim and 0.05 or 0.3) + (t.sim and 0 or 40 * t.scale))
  t:check("RFC3550:6.4.1#9", math.abs(b.jitter - want) <= off,
    ("interarrival jitter is %d; the formula gives %.1f for what was sent"):format(b.jitter, want), ev)
end

case {
  id = "rtp-receiver-021",
  title = "every other packet 15 ms late: jitter by the formula",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t) jitter(t, function(i) return i % 2 == 1 and 15000 or 0 end, 100) end
}

case {
  id = "rtp-receiver-022",
  title = "one packet 200 ms late, then a clean stretch: jitter decays by sixteenths",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local steps, sent = {}, {}
    for i = 0, 39 do
      local at = i * 20000 + (i == 25 and 200000 or 0)
      if i > 25 then at = math.max(at, 25 * 20000 + 200000) end
      steps[i + 1] = { n = i, at_us = at > 0 and at or nil }
      sent[i + 1] = { at, i * 160 }
    end
    local ev, b = l.reported(t, a, { steps = steps })
    if not ev then return end
    local want = l.jitter(sent, 8000)
    t:check("RFC3550:6.4.1#9", math.abs(b.jitter - want) <= math.max(2, want * 0.05) + (t.sim and 0 or 60 * t.scale),
      ("interarrival jitter is %d; the formula gives %.1f"):format(b.jitter, want), ev)
  end
}

case {
  id = "rtp-receiver-023",
  title = "silence is no jitter: timestamps run on while nothing is sent",
  role = "rtp-receiver", type = "V", needs = { "udp" },
  run = function(t)
    jitter(t, function(i) return i >= 50 and 1000000 or 0 end, 80,
      function(i) return i * 160 + (i >= 50 and 8000 or 0) end)
  end
}
