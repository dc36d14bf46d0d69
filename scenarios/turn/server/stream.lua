-- Transports, and messages on streams: framing of STUN and ChannelData, connections. RFC 8656 sections 5, 12.5, 12.6.

local function lib(t) return t:lib("turn") end

local CHANNEL = 0x4000

-- A client and a peer with a channel; nil, with a check made, where that does not come about.
local function with_channel(t, config)
  local k, p = lib(t).with_permission(t, config)
  if k and lib(t).permitted(t, k:bind(CHANNEL, p.addr), "RFC8656:12.2#a7", "a channel") then return k, p end
end

-- The answer to the request with this transaction id that is on its way on the client's flow.
local function answer(k, id)
  return k.c:receive { timeout = 5, where = function(ev)
    return ev.message and ev.message.transaction == id or ev.kind == "closed"
  end }
end

case {
  id = "turn-server-178",
  title = "allocations are made over each transport",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local clauses = { udp = "RFC8656:5#11a", tcp = "RFC8656:5#11b", tls = "RFC8656:5#11c", dtls = "RFC8656:5#11d" }
    local k = lib(t).client(t)
    local r = k:allocate() -- any answer to a signed request shows that the transport is there
    t:check(clauses[t.transport], r.kind == "success" or r.kind == "error", "no answer over " .. t.transport, r)
    if r.kind == "success" then k:leave() end
  end
}

case {
  id = "turn-server-179",
  title = "a request and ChannelData that come an octet at a time are taken as if they had come whole",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "tcp", "tls" },
  run = function(t)
    local k, p = with_channel(t)
    if not k then return end
    local words = lib(t).words()
    k:octets(lib(t).channel_data(t, CHANNEL, words), { split = 1 })
    lib(t).reaches(t, k, p, "RFC8656:12.6#a5", words, "ChannelData in pieces of an octet")
    local other = lib(t).client(t)
    if not other:challenged().message then return end
    local args = other:form("allocate", { { type = "REQUESTED-TRANSPORT", value = 17 } }, { id = "piece-by-one" })
    if not args then return end
    args.split = 1
    other.c:send(args)
    local r = answer(other, "piece-by-one")
    t:check("RFC8489:6.2.2#a2", r.message ~= nil, "an Allocate request in pieces of an octet is not answered", r)
  end
}

case {
  id = "turn-server-180",
  title = "ChannelData, a Send indication and a request that come in one segment are each taken",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "tcp", "tls" },
  run = function(t)
    local k, p = with_channel(t)
    if not k then return end
    local words = lib(t).words()
    local indication = k:send(p.addr, words).octets
    if not lib(t).reaches(t, k, p, "RFC8656:11.2#a8", words, "a Send indication") then return end
    local function channel(octets) return lib(t).channel_data(t, CHANNEL, octets) end
    local bare = "\0\4\0\0\x21\x12\xa4\x42refresh-bare" -- it is refused; that is an answer
    k:octets(channel("one") .. indication .. channel("three") .. bare)
    lib(t).reaches(t, k, p, "RFC8656:12.6#a5", "one", "ChannelData of three octets")
    lib(t).reaches(t, k, p, "RFC8656:12.5#a1", words, "a Send indication behind padding")
    lib(t).reaches(t, k, p, "RFC8489:6.2.2#a2", "three", "ChannelData behind a Send indication")
    local r = answer(k, "refresh-bare")
    t:check("RFC8656:12.5#a1", r.message ~= nil, "a Refresh request behind padding is not answered", r)
  end
}

case {
  id = "turn-server-181",
  title = "ChannelData that the server puts on a stream are padded, so that what follows can be read",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "tcp", "tls" },
  run = function(t)
    local k, p = with_channel(t)
    if not k then return end
    for n = 1, 10 do
      local octets = ("0123456789"):sub(1, n)
      p:send(k.relayed, octets)
      if not lib(t).comes_back(t, k, "RFC8656:12.5#2", octets, n .. " octets from the peer") then return end
      local r = k:refresh()
      if not t:check("RFC8656:12.5#2", r.kind == "success" or r.kind == "error",
        "no answer can be read behind ChannelData of " .. n .. " octets", r) then return end
    end
  end
}

case {
  id = "turn-server-182",
  title = "the allocation of a connection that was closed is not that of the next one",
  role = "turn-server",
  type = "I",
  needs = { "accounts", "tcp", "tls" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    t:allow(p.a) -- it may be told that nobody is there any more
    k.c:close {}
    local other = lib(t).client(t, { over = k })
    if not other:challenged().message then
      t:inconc("RFC8656:5#6a", "a new connection is not served")
      return
    end
    p:send(k.relayed, lib(t).words())
    t:expect(other:refresh(), { { error = 437, clause = "RFC8656:5#6a" } }, "Refresh on another connection")
    lib(t).client_silent(t, other, "RFC8656:11.3#a6", "data for another connection")
  end
}

case {
  id = "turn-server-183",
  title = "a connection on which nothing passes for five minutes stays open",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "tcp", "virtual-time" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    t:pass(300)
    t:expect(k:refresh(), { { success = true, clause = "RFC8489:6.2.2#6" } }, "Refresh after five minutes")
  end
}

case {
  id = "turn-server-184",
  title = "over DTLS data go both ways, by indications and by a channel",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "dtls" },
  run = function(t)
    local k = lib(t).client(t)
    if not lib(t).allocated(t, k:allocate(), "RFC8656:5#11d", "an Allocate request over DTLS") then return end
    local p = lib(t).peer(t)
    if not lib(t).permitted(t, k:permit(p.addr)) then return end
    lib(t).relays(t, k, p, "RFC8656:5#11d", "indications over DTLS")
    if not lib(t).permitted(t, k:bind(CHANNEL, p.addr), "RFC8656:12.2#a7", "a channel") then return end
    local out, back = lib(t).words("out"), lib(t).words("back")
    k:channel(CHANNEL, out)
    lib(t).reaches(t, k, p, "RFC8656:5#11d", out, "ChannelData over DTLS")
    p:send(k.relayed, back)
    lib(t).comes_back(t, k, "RFC8656:5#11d", back, "data of the peer over DTLS")
    k:leave()
  end
}

case {
  id = "turn-server-185",
  title = "the first octet tells STUN and ChannelData apart: 0, 64, 79",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local _, second = p:open()
    for _, pair in ipairs { { 0x4000, p.addr }, { 0x4fff, second } } do
      if not lib(t).permitted(t, k:bind(pair[1], pair[2]), "RFC8656:12.2#a7", "a channel") then return end
    end
    for _, number in ipairs { 0x4000, 0x4fff } do
      local words = lib(t).words()
      k:channel(number, words)
      lib(t).reaches(t, k, p, "RFC8656:12#a4", words, ("ChannelData by 0x%x"):format(number))
      local r = k:refresh()
      t:check("RFC8656:12#a4", r.kind == "success" or r.kind == "error", "a Refresh request behind it: no answer", r)
    end
    k:leave()
  end
}
