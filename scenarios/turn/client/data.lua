-- Permissions, channels and data, as a client asks for and sends them: RFC 8656 sections 10.1, 11.1, 12.1 and 12.5.

local function lib(t) return t:lib("turn") end
local peer, other = "192.0.2.33:7000", "192.0.2.34:7001"

case {
  id = "turn-client-015",
  title = "data go to a peer only once a permission for it was given",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    t:ask_start("send", { peer = peer, data = "words" })
    local ev = s.a:receive { timeout = 10, where = function(e)
      local method = e.message and e.message.method
      return e.event == "channel" or method == "send" or t:lib("turn_client").is_request()(e)
    end }
    local method = ev.message and ev.message.class == "request" and ev.message.method
    if not t:check("RFC8656:11.1#1", method == "create-permission" or method == "channel-bind",
      "data come before a request for a permission", ev) then return end
    t:check("RFC8656:11.1#1", s:data(1).kind == "timeout", "data come before that request was answered")
    s.last = ev
    s:success(ev)
    local data = s:data(5)
    t:check("RFC8656:11.1#a2", data.octets == "words" and (data.via == "channel" or data.peer == peer),
      "the data do not come, or come for another peer", data.event)
  end
}

case {
  id = "turn-client-016",
  title = "a CreatePermission request names the peers that it is for",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    local asked = t:ask_start("permit", { peers = { { at = peer }, { at = other } } })
    local named = {}
    for _ = 1, 2 do
      local r = s:request("create-permission", 5)
      if not r.message then break end
      local list = r:attributes("XOR-PEER-ADDRESS")
      t:check("RFC8656:10.1#1a", #list > 0, "no XOR-PEER-ADDRESS", r)
      for _, a in ipairs(list) do
        if a.address then
          named[lib(t).ip(a.address)] = true
          t:check("RFC8656:10.1#3", lib(t).family(a.address) == 4,
            "a peer of another family than the relayed address", r)
        end
      end
      s:success(r)
      if named[lib(t).ip(peer)] and named[lib(t).ip(other)] then break end
    end
    t:check("RFC8656:10.1#a1", named[lib(t).ip(peer)] and named[lib(t).ip(other)], "the peers are not both named")
    asked:wait(60)
  end
}

case {
  id = "turn-client-017",
  title = "a Send indication has the peer's address and the data, padded and not counted",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    s:serve()
    for _, n in ipairs { 0, 1, 3, 500 } do
      local words = ("x"):rep(n)
      t:ask_start("send", { peer = peer, data = words, indication = true })
      local got = s:data(5)
      if got.kind == "timeout" then return t:inconc("RFC8656:11.1#2", "it was asked to send, and nothing came") end
      if got.via == "channel" then t:skip("it sends by channels alone") end
      t:check("RFC8656:18.4#a2", #got.event.octets % 4 == 0, "DATA is not padded", got.event)
      t:check("RFC8656:11.1#2", got.peer ~= nil and got.octets ~= nil, "XOR-PEER-ADDRESS or DATA is missing", got.event)
      if got.peer and got.octets then
        t:check("RFC8656:18.4#a1", got.octets == words, "DATA is something else", got.event)
        t:check("RFC8656:11.1#a2", got.octets == words and got.peer == peer,
          ("DATA of %d octets for %s, not %d for %s"):format(#got.octets, got.peer, n, peer), got.event)
      end
    end
  end
}

case {
  id = "turn-client-018",
  title = "channels have numbers from 0x4000 to 0x4fff, each another, with reserved bits that are zero",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-channels" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    local taken = {}
    for _, to in ipairs { peer, other, "192.0.2.35:7002" } do
      local asked = t:ask_start("bind", { peer = to })
      local r = s:request("channel-bind", 5)
      if not r.message then return t:inconc("RFC8656:12.1#a1", "it was asked for a channel and sent no ChannelBind") end
      local number, at = r:attribute("CHANNEL-NUMBER"), r:attribute("XOR-PEER-ADDRESS")
      if not t:check("RFC8656:12.1#a1", number and at, "CHANNEL-NUMBER or XOR-PEER-ADDRESS is missing", r) then
        return
      end
      t:check("RFC8656:12#a1", number.value >= 0x4000 and number.value <= 0x4fff,
        ("the number is 0x%04x"):format(number.value), r)
      t:check("RFC8656:12#a2", number.value >= 0x4000, "a number that never is a channel's", r)
      t:check("RFC8656:12#a3", number.value < 0x5000, "a number that is reserved", r)
      t:check("RFC8656:12#2", number.value >= 0x4000 and number.value <= 0x4fff,
        "what begins with its first octet is not for TURN channels by RFC 7983", r)
      t:check("RFC8656:12.1#1", at.address and lib(t).family(at.address) == 4,
        "a peer of another family than the relayed address", r)
      t:check("RFC8656:18.1#1a", (number.reserved or 0) == 0, "the reserved bits are not zero", r)
      t:check("RFC8656:12.2#a4", not taken[number.value], "a number that another peer has", r)
      taken[number.value] = true
      s:success(r)
      asked:wait(60)
    end
  end
}

case {
  id = "turn-client-019",
  title = "a peer that has a channel keeps its number",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-channels" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    local numbers = {}
    for i = 1, 2 do
      local asked = t:ask_start("bind", { peer = peer })
      local r = s:request("channel-bind", 5)
      if not r.message then t:skip("it binds no channel twice when asked") end
      local a = r:attribute("CHANNEL-NUMBER")
      numbers[i] = a and a.value
      s:success(r)
      asked:wait(60)
    end
    t:check("RFC8656:12.2#a5", numbers[1] == numbers[2], "the same peer is bound to two numbers")
  end
}

case {
  id = "turn-client-023",
  title = "ChannelData on streams are padded to four octets, which their length does not count",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-channels", "tcp", "tls" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    s:serve()
    t:ask_start("bind", { peer = peer }):wait(60)
    for n = 1, 3 do
      local words = ("x"):rep(n)
      t:ask_start("send", { peer = peer, data = words })
      local got = s:data(2)
      if got.via == "indication" then t:skip("it sends by indications all the same") end
      if not t:check("RFC8656:12.5#2", got.via == "channel",
        "no whole ChannelData message comes: without padding it is not to be told from what follows", got.event) then
        return
      end
      t:check("RFC8656:12.5#a1", got.length == n,
        "the length is " .. tostring(got.length) .. " for " .. n .. " octets", got.event)
    end
  end
}

case {
  id = "turn-client-048",
  title = "while a channel is being bound data go by that channel or wait, and do not go by a Send indication",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-channels" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    local asked = t:ask_start("bind", { peer = peer })
    local r = s:request("channel-bind", 5)
    if not r.message then return end
    t:ask_start("send", { peer = peer, data = "at once" })
    local early = s:data(1)
    t:check("RFC8656:11.1#1", early.via ~= "indication",
      "a Send indication comes before there is a permission", early.event)
    s:success(r)
    asked:wait(60)
    local got = early.kind == "timeout" and s:data(5) or early
    t:check("RFC8656:12.5#a1", got.octets == "at once", "the data do not come", got.event)
  end
}

case {
  id = "turn-client-078",
  title = "ChannelData go on the 5-tuple of the allocation, under the number of the peer that they are for",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-channels" },
  run = function(t)
    local s = lib(t).server(t)
    local said, allocate = s:allocate()
    if not said then return end
    local seen, numbers = s:serve(), {}
    for _, to in ipairs { peer, other } do
      t:ask_start("bind", { peer = to }):wait(60)
      local list = seen["channel-bind"] or {}
      local a = list[#list] and list[#list]:attribute("CHANNEL-NUMBER")
      numbers[to] = a and a.value
    end
    for _, to in ipairs { other, peer } do
      t:ask_start("send", { peer = to, data = "for " .. to })
      local got = s:data(5)
      if got.via ~= "channel" then t:skip("it sends by indications all the same") end
      t:check("RFC8656:12.4#a3", got.channel == numbers[to], "the number is another peer's", got.event)
      t:check("RFC8656:12.5#a4", got.event.from == allocate.from, "it comes on another 5-tuple", got.event)
    end
  end
}
