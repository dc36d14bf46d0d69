-- What a client takes from its relay: RFC 8656 sections 11.4, 11.6, 12, 12.5 and 12.6.

local function lib(t) return t:lib("turn") end
local peer, stranger = "192.0.2.33:7000", "198.51.100.7:7000"

-- A server that has given an allocation and, for `peer`, a permission, or (bound) a channel; the number of that.
local function ready(t, bound)
  local s = lib(t).server(t)
  if not s:allocate() then return nil end
  local seen = s:serve()
  t:ask_start(bound and "bind" or "permit", { peer = peer }):wait(60)
  if not bound then return s end
  local r = seen["channel-bind"] and seen["channel-bind"][1]
  local a = r and r:attribute("CHANNEL-NUMBER")
  if not a then t:skip("it binds no channel when asked") end
  return s, a.value
end

-- What the client delivers next, within the time.
local function delivered(t, seconds)
  return t:ask("receive", { timeout_us = math.floor((seconds or 2) * 1e6 * t.scale) })
end

-- Nothing is delivered: what comes next is the words of a good message that follows.
local function nothing(t, s, clause, what)
  s:from_peer(peer, "the good one")
  local got = delivered(t)
  if got.kind == "timeout" then return t:inconc(clause, "the client delivers nothing at all") end
  return t:check(clause, got.kind == "success" and got.data == "the good one" and got.peer == peer, what)
end

case {
  id = "turn-client-022",
  title = "ChannelData that comes before the ChannelBind success response is delivered",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-channels", "turn-delivers", "udp" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    local asked = t:ask_start("bind", { peer = peer })
    local r = s:request("channel-bind", 5)
    if not r.message then return end
    local a = r:attribute("CHANNEL-NUMBER")
    s:channel(a.value, "early")
    local got = delivered(t, 1)
    t:check("RFC8656:12#4", got.kind == "success" and got.data == "early", "it is lost")
    s:success(r)
    asked:wait(60)
  end
}

case {
  id = "turn-client-024",
  title = "padding of ChannelData over UDP is no data",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-channels", "turn-delivers", "udp" },
  run = function(t)
    local s, number = ready(t, true)
    if not s then return end
    s:octets(string.pack(">I2I2", number, 3) .. "abc" .. "\0")
    local got = delivered(t)
    t:check("RFC8656:12.5#a1", got.data == "abc", "what is delivered is not the three octets of data")
  end
}

case {
  id = "turn-client-025",
  title = "the value of DATA is delivered octet for octet, with the peer that it came from",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-delivers" },
  run = function(t)
    local s = ready(t)
    if not s then return end
    for _, n in ipairs { 1, 3, 500, 1100 } do
      local words = ("abcdefghij"):rep(n // 10 + 1):sub(1, n)
      s:from_peer(peer, words)
      local got = delivered(t)
      t:check("RFC8656:11.4#a4", got.data == words and got.peer == peer, n .. " octets of a peer come as others")
    end
    s:from_peer(peer, "")
    local got = delivered(t)
    t:check("RFC8656:11.4#a3", got.kind == "success" and got.data == "" and got.peer == peer,
      "empty DATA is not delivered")
  end
}

case {
  id = "turn-client-026",
  title = "a Data indication without XOR-PEER-ADDRESS, or with neither DATA nor ICMP, is discarded",
  role = "turn-client",
  type = "X",
  needs = { "ask", "accounts", "turn-delivers" },
  run = function(t)
    local s = ready(t)
    if not s then return end
    s:indicate { { type = "DATA", value = "of nobody" } }
    nothing(t, s, "RFC8656:11.4#a1", "data without a peer are delivered")
    s:indicate { lib(t).to(peer) }
    nothing(t, s, "RFC8656:11.4#a2", "an indication without DATA is delivered")
  end
}

case {
  id = "turn-client-027",
  title = "data from an address without a permission are discarded",
  role = "turn-client",
  type = "X",
  needs = { "ask", "accounts", "turn-delivers" },
  run = function(t)
    local s = ready(t)
    if not s then return end
    s:from_peer(stranger, "of a stranger")
    nothing(t, s, "RFC8656:11.4#1", "data from a stranger are delivered")
    s:indicate { lib(t).to(stranger), { type = "ICMP", icmp = 3 << 9 | 3, data = 0 } }
    nothing(t, s, "RFC8656:11.6#1", "ICMP about a stranger is told")
    s:indicate { { type = "ICMP", icmp = 3 << 9 | 3, data = 0 } }
    nothing(t, s, "RFC8656:11.6#a1", "ICMP about nobody is told")
  end
}

case {
  id = "turn-client-028",
  title = "ChannelData on a channel that is not bound is discarded",
  role = "turn-client",
  type = "X",
  needs = { "ask", "accounts", "turn-delivers", "turn-channels" },
  run = function(t)
    local s, number = ready(t, true)
    if not s then return end
    s:channel(number == 0x4ffe and 0x4ffd or 0x4ffe, "on no channel")
    nothing(t, s, "RFC8656:12.6#a3", "data on a channel that is not bound are delivered")
    if t.stream then return end
    s:octets("\x80\0\0\4abcd")
    nothing(t, s, "RFC8656:12#1a", "what begins with an octet of no protocol is delivered")
    s:channel(0x5000, "on a reserved number")
    nothing(t, s, "RFC8656:12.6#a1", "data on channel 0x5000 are delivered")
  end
}

case {
  id = "turn-client-029",
  title = "a ChannelData message that is shorter than it says is discarded",
  role = "turn-client",
  type = "X",
  needs = { "ask", "accounts", "turn-delivers", "turn-channels", "udp" },
  run = function(t)
    local s, number = ready(t, true)
    if not s then return end
    s:octets(string.pack(">I2I2", number, 9) .. "abc")
    nothing(t, s, "RFC8656:12.6#a2", "what there is of it is delivered")
  end
}

case {
  id = "turn-client-030",
  title = "ICMP about a peer is told, and is no data",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-delivers" },
  run = function(t)
    local s = ready(t)
    if not s then return end
    s:indicate { lib(t).to(peer), { type = "ICMP", icmp = 3 << 9 | 3, data = 0 } }
    local got = delivered(t)
    if got.kind == "timeout" then t:skip("it does not tell its user of ICMP") end
    s:indicate { lib(t).to(peer), { type = "ICMP", icmp = 0xffff << 16 | 3 << 9 | 1, data = 0 } }
    local odd = delivered(t)
    t:check("RFC8656:18.13#1b", odd.kind == "icmp" and odd.peer == peer, "reserved bits of ICMP are not ignored")
    t:check("RFC8656:11.6#a2", got.kind == "icmp" and got.peer == peer, "what is told is not an error about the peer")
    s:from_peer(peer, "goes on")
    got = delivered(t)
    t:check("RFC8656:11.6#a2", got.data == "goes on", "data after it are not delivered")
  end
}

case {
  id = "turn-client-079",
  title = "ChannelData of a peer whose permission is over are discarded",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "turn-delivers", "turn-channels", "virtual-time" },
  run = function(t)
    local s, number = ready(t, true)
    if not s then return end
    t:ask("forget", { peer = peer })
    t:pass(310) -- its channel is bound for 600 s, the permission for 300
    s:channel(number, "without a permission")
    local got = delivered(t, 2)
    t:check("RFC8656:12.6#1", got.kind == "timeout", "it is delivered")
  end
}
