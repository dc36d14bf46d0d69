-- A receiver that leaves, and one whose SSRC somebody else has: RFC 3550 sections 6.3.7, 6.6, 8.2.

local function lib(t) return t:lib("rtp") end

local function says_bye(ev) return ev:packet("BYE") ~= nil end

case {
  id = "rtp-receiver-060",
  title = "who leaves says BYE for its SSRC, behind a report and its CNAME",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "bye" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 50 }
    local ev = l.compound(a, 30)
    if not ev.compound then return t:inconc("RFC3550:6.3.7#a1", "no report came") end
    local ssrc = ev:reporter()
    local asked = t:ask_start("bye", { reason = "over" })
    local bye = l.compound(a, 15, says_bye)
    asked:wait(15)
    if not t:check("RFC3550:6.3.7#a1", bye.compound ~= nil, "it has left without a BYE") then return end
    local first = bye.compound.packets[1]
    t:check("RFC3550:6.1#8", first.type == "RR" or first.type == "SR",
      "BYE without a report in front of it: " .. bye:types(), bye)
    t:check("RFC3550:6.1#10", bye:cname(ssrc) ~= nil, "BYE without a CNAME: " .. bye:types(), bye)
    t:check("RFC3550:6.6#a4", bye:leaves(ssrc),
      ("BYE names 0x%x; its SSRC is 0x%x"):format(bye:packet("BYE").ssrcs[1] or 0, ssrc), bye)
  end
}

case {
  id = "rtp-receiver-061",
  title = "nothing comes with an SSRC after its BYE",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "bye" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 50 }
    local ev = l.compound(a, 30)
    if not ev.compound then return t:inconc("RFC3550:6.1#12", "no report came") end
    local ssrc = ev:reporter()
    local asked = t:ask_start("bye", {})
    local bye = l.compound(a, 15, says_bye)
    asked:wait(15)
    if not bye.compound then return t:inconc("RFC3550:6.1#12", "it has left without a BYE") end
    local last = bye.compound.packets[#bye.compound.packets]
    t:check("RFC3550:6.1#12", last.type == "BYE", "behind BYE there is " .. tostring(last.type), bye)
    a:stream { count = 50 }
    t:never(a, 15, function(e) return e.compound ~= nil and e:reporter() == ssrc end, "RFC3550:6.1#12",
      "RTCP with the SSRC that has said BYE")
  end
}

case {
  id = "rtp-receiver-062",
  title = "who has never sent anything says no BYE",
  role = "rtp-receiver", type = "X", needs = { "udp", "ask", "bye" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local asked = t:ask_start("bye", { reason = "over" })
    local ev = l.compound(a, 4)
    asked:wait(15)
    if ev.compound and not says_bye(ev) then t:skip("it had sent a report already") end
    t:check("RFC3550:6.3.7#5", ev.compound == nil, "BYE from a participant that has sent nothing: " .. ev:types(), ev)
  end
}

case {
  id = "rtp-receiver-063",
  title = "with more than fifty members, BYE is held back",
  role = "rtp-receiver", type = "T", needs = { "udp", "ask", "bye", "members" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 50 }
    if not l.compound(a, 30).compound then return t:inconc("RFC3550:6.3.7#1", "no report came") end
    for i = 1, 70 do a:rtcp(l.rr(0x44000000 + i, { cname = ("member%02d@rtclab.test"):format(i) })) end
    t:pass(0.5)
    a:pending()
    local asked_at = t:now()
    local asked = t:ask_start("bye", { reason = "over" })
    local bye = l.compound(a, 15, says_bye)
    asked:wait(15)
    -- 2.5 s are the minimum, half of that by chance, divided by 1.21828: 1.03 s. None at all is lawful (6.3.7#2)
    t:check("RFC3550:6.3.7#1", bye.compound == nil or bye.time_us / 1e6 - asked_at >= 1,
      ("BYE after %.3f s, with 70 members"):format(bye.compound and bye.time_us / 1e6 - asked_at or 0), bye)
  end
}

-- Somebody else has the SSRC of the IUT.
local function collide(t, take)
  local l = lib(t)
  local a = l.receiver(t)
  if not a then return end
  a:stream { count = 50 }
  local ev = l.compound(a, 30)
  if not ev.compound then return t:inconc("RFC3550:8.2#2", "no report came") end
  local ssrc = ev:reporter()
  local cname = ev:cname(ssrc)
  take(l, a, ssrc)
  t:spawn(function() a:stream { count = 400 } end)
  local bye = l.compound(a, 20, function(e) return e:leaves(ssrc) end)
  t:check("RFC3550:8.2#2", bye.compound ~= nil, "no BYE for the SSRC that another source has taken", ev)
  if not bye.compound then return end
  local again = l.compound(a, 30, function(e) return not says_bye(e) end)
  if not again.compound then return t:inconc("RFC3550:8.2#2", "no report came after the BYE") end
  t:check("RFC3550:8.2#2", again:reporter() ~= ssrc, "it goes on with the SSRC that another source has", again)
  t:check("RFC3550:6.5.1#3", again:cname(again:reporter()) == cname, "its CNAME has changed with its SSRC", again)
end

case {
  id = "rtp-receiver-064",
  title = "an SR of another participant with its SSRC: BYE for it, and a new one",
  role = "rtp-receiver", type = "I", needs = { "udp", "collision" }, tags = { "slow" },
  run = function(t)
    collide(t, function(l, a, ssrc) a:rtcp(l.sr(ssrc, { cname = "another@rtclab.test" })) end)
  end
}

case {
  id = "rtp-receiver-065",
  title = "a stream with its SSRC: BYE for it, and a new one",
  role = "rtp-receiver", type = "I", needs = { "udp", "collision" }, tags = { "slow" },
  run = function(t)
    collide(t, function(_, a, ssrc) a:stream { count = 4, ssrc = ssrc, sequence = 500, timestamp = 1 } end)
  end
}

case {
  id = "rtp-receiver-066",
  title = "packets that come late, after the BYE of their source, do not bring it back",
  role = "rtp-receiver", type = "I", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    local r = a:stream { count = 50 }
    if not l.report(t, a, a.ssrc, r.time_us) then return end
    local n, ev = 0
    repeat -- until a report says that nothing has come since the one before
      ev, n = l.compound(a, 30), n + 1
    until not ev.compound or not ev:block(a.ssrc) or n == 4
    if not ev.compound or ev:block(a.ssrc) then
      return t:inconc("RFC3550:6.2.1#4", "no report came that is silent about a source that is")
    end
    a:rtcp(l.rr(a.ssrc, { more = { { type = "BYE", ssrcs = { a.ssrc } } } }))
    t:pass(0.1 * t.scale)
    a:stream { count = 4 }
    for _ = 1, 2 do
      ev = l.compound(a, 30)
      if not ev.compound then return t:inconc("RFC3550:6.2.1#4", "no report came after the BYE") end
      if not t:check("RFC3550:6.2.1#4", not ev:block(a.ssrc),
        "a block about a source that has said BYE, of whom four packets came within 200 ms after it", ev) then
        return
      end
    end
  end
}

case {
  id = "rtp-receiver-067",
  title = "what has its new SSRC again, from the same address, is a loop: no second BYE",
  role = "rtp-receiver", type = "I", needs = { "udp", "collision" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t)
    if not a then return end
    a:stream { count = 50 }
    local ev = l.compound(a, 30)
    if not ev.compound then return t:inconc("RFC3550:8.2#a1", "no report came") end
    l.looped(t, a, ev:reporter(), ev:cname(ev:reporter()))
  end
}
