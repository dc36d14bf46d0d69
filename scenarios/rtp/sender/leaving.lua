-- A sender that leaves, and one whose SSRC somebody else has: RFC 3550 sections 6.3.7, 6.6, 8.2.

local function lib(t) return t:lib("rtp") end
local function says_bye(ev) return ev:packet("BYE") ~= nil end

case {
  id = "rtp-sender-040",
  title = "who leaves says BYE for its SSRC, behind a report and its CNAME, and sends no more",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "bye" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t)
    local got = a and l.stream(t, a, 2, 5)
    if not got then return end
    local ssrc = got.packets[1].ssrc
    local asked = t:ask_start("bye", { reason = "over" })
    local bye = l.compound(a, 15, says_bye)
    asked:wait(15)
    if not t:check("RFC3550:6.3.7#a1", bye.compound ~= nil, "it has left without a BYE") then return end
    local first, last = bye.compound.packets[1], bye.compound.packets[#bye.compound.packets]
    t:check("RFC3550:6.1#8", first.type == "RR" or first.type == "SR",
      "BYE without a report in front of it: " .. bye:types(), bye)
    t:check("RFC3550:6.1#10", bye:cname(ssrc) ~= nil, "BYE without a CNAME: " .. bye:types(), bye)
    t:check("RFC3550:6.6#a4", bye:leaves(ssrc),
      ("BYE names 0x%x; its SSRC is 0x%x"):format(bye:packet("BYE").ssrcs[1] or 0, ssrc), bye)
    t:check("RFC3550:6.1#12", last.type == "BYE", "behind BYE there is " .. tostring(last.type), bye)
    t:pass(0.1 * t.scale)
    a:pending()
    local after = l.collect(t, a, 8)
    for _, ev in ipairs(after.all) do
      local same = ev.kind == "packet" and ev.ssrc == ssrc or ev.compound and ev:reporter() == ssrc
      t:check("RFC3550:6.1#12", not same, "more comes with the SSRC that has said BYE", ev)
    end
  end
}

case {
  id = "rtp-sender-041",
  title = "who has never sent anything says no BYE",
  role = "rtp-sender", type = "X", needs = { "udp", "ask", "bye", "idle" },
  run = function(t)
    local l = lib(t)
    local a = l.session(t)
    local r = t:ask("start", { server = a.at, rtcp_to = a.rtcp_at, text_only = true }) -- where to; nothing is written
    if r.kind ~= "success" then return t:inconc("RFC3550:6.3.7#5", "the sender does not begin") end
    local asked = t:ask_start("bye", { reason = "over" })
    local ev = a:receive { timeout = 4, where = function(e) return e.octets ~= nil end }
    asked:wait(15)
    if ev.octets and not (ev.compound and says_bye(ev)) then t:skip("it had sent something already") end
    t:check("RFC3550:6.3.7#5", not ev.octets, "BYE from a participant that has sent nothing", ev)
  end
}

-- Somebody else has the SSRC of the IUT.
local function collide(t, take)
  local l = lib(t)
  local a = l.sender(t)
  local got = a and l.stream(t, a, 1, 5)
  if not got then return end
  local ssrc = got.packets[1].ssrc
  a:aim { to = got.packets[1].from }
  take(l, a, ssrc)
  local bye = l.compound(a, 20, function(e) return e:leaves(ssrc) end)
  if not t:check("RFC3550:8.2#2", bye.compound ~= nil,
    "no BYE for the SSRC that another source has taken") then return end
  local late = bye.time_us + 100000 * t.scale -- what was on its way when the BYE was sent
  local list, new, count = {}, nil, 0
  for _, ev in ipairs(l.collect(t, a, 8).all) do
    local of = ev.kind == "packet" and ev.ssrc or ev.compound and ev:reporter()
    if of == ssrc and ev.time_us > late then
      t:check("RFC3550:8.2#2", false, "it goes on with the SSRC that another source has", ev)
      return
    elseif of ~= ssrc and ev.kind == "packet" then
      new = new or of
      list[#list + 1] = ev
      count = count + 1
    elseif of == new and new and ev:packet("SR") then
      local says = ev:packet("SR").packet_count
      t:check("RFC3550:6.4.1#5", says <= count + 5,
        ("the packet count is %d; %d packets came with the new SSRC"):format(says, count), ev)
    end
  end
  if #list < 3 then return t:inconc("RFC3550:8.2#2", "no stream came after the BYE") end
  l.sequence(t, list)
end

case {
  id = "rtp-sender-042",
  title = "a stream of another source with its SSRC: BYE for it, and a new one",
  role = "rtp-sender", type = "I", needs = { "udp", "ask", "collision" }, tags = { "slow" },
  run = function(t)
    collide(t, function(_, a, ssrc) a:stream { count = 4, ssrc = ssrc, sequence = 500, timestamp = 1 } end)
  end
}

case {
  id = "rtp-sender-043",
  title = "an SR of another participant with its SSRC: BYE for it, and a new one",
  role = "rtp-sender", type = "I", needs = { "udp", "ask", "collision" }, tags = { "slow" },
  run = function(t)
    collide(t, function(l, a, ssrc) a:rtcp(l.sr(ssrc, { cname = "another@rtclab.test" })) end)
  end
}

case {
  id = "rtp-sender-044",
  title = "what has its new SSRC again, from the same address, is a loop: no second BYE",
  role = "rtp-sender", type = "I", needs = { "udp", "ask", "collision" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t)
    local ev = a and l.compound(a, 30)
    if not a then return end
    if not ev.compound then return t:inconc("RFC3550:8.2#a1", "no report came") end
    l.looped(t, a, ev:reporter(), ev:cname(ev:reporter()))
  end
}
