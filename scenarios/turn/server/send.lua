-- Send and Data indications: what is relayed to a peer, what is dropped, and what comes back. RFC 8656 sections 11.1
-- to 11.3.

local function lib(t) return t:lib("turn") end

-- A datagram for the peer: the first octet, then so many in all; what comes is told by the first.
local function octets(mark, length) return (mark .. ("0123456789"):rep(length // 10 + 1)):sub(1, length) end
local function begins(mark) return function(ev) return ev.octets:sub(1, 1) == mark end end

-- Neither a datagram at the peer nor an answer to the client: RFC8656:11.2 discards in silence.
local function dropped(t, k, p, clause, what)
  lib(t).peer_silent(t, k, p, clause, what .. ": a datagram came to the peer")
  lib(t).client_silent(t, k, clause, what .. ": it was answered")
end

case {
  id = "turn-server-114",
  title = "a Send indication is relayed octet for octet, from the relayed address to the one that it names",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    for i, length in ipairs { 1, 2, 3, 4, 500, 1200 } do
      local mark = string.char(0x60 + i)
      local data, what = octets(mark, length), "DATA of " .. length .. " octets"
      k:send(p.addr, data)
      local ev = p:receive(2, begins(mark))
      if t:check("RFC8656:11.2#a9", ev.octets, what .. ": nothing came to the address in XOR-PEER-ADDRESS", ev) then
        t:check("RFC8656:11.2#a10", ev.octets == data, what .. ": " .. #ev.octets .. " octets came, or others", ev)
        t:check("RFC8656:11.2#a8", ev.from == k.relayed,
          what .. ": it came from " .. tostring(ev.from) .. ", not from " .. k.relayed, ev)
      end
    end
    k:leave()
  end
}

case {
  id = "turn-server-115",
  title = "a Send indication with empty DATA becomes an empty datagram",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    k:send(p.addr, "")
    lib(t).reaches(t, k, p, "RFC8656:11.2#a4", "", "DATA of no octets")
    k:leave()
  end
}

case {
  id = "turn-server-116",
  title = "of two XOR-PEER-ADDRESS in a Send indication the first counts",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local _, second = p:open()
    local words = lib(t).words()
    k:send(nil, nil, { lib(t).to(p.addr), lib(t).to(second), { type = "DATA", value = words } })
    if not lib(t).alive(t, k, "RFC8489:14#6a") then return end
    local first = p:receive(2, function(ev) return ev.octets == words and ev["local"] == p.addr end)
    local other = p:receive(0, function(ev) return ev.octets == words and ev["local"] == second end)
    if first.octets or other.octets then
      t:check("RFC8489:14#6a", first.octets, "the datagram went to the second address alone", other)
    else
      t:inconc("RFC8489:14#6a", "a Send indication with two XOR-PEER-ADDRESS is dropped", first)
    end
    k:leave()
  end
}

case {
  id = "turn-server-117",
  title = "a Send indication without XOR-PEER-ADDRESS or DATA is dropped in silence",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    k:send(nil, nil, { { type = "DATA", value = lib(t).words() } })
    dropped(t, k, p, "RFC8656:11.2#a1", "Send without XOR-PEER-ADDRESS")
    k:send(nil, nil, { lib(t).to(p.addr) })
    dropped(t, k, p, "RFC8656:11.2#a2", "Send without DATA")
    lib(t).relays(t, k, p, "RFC8656:11.2#a9", "a datagram after that")
    k:leave()
  end
}

-- The value of XOR-PEER-ADDRESS for an address of IPv4, but of another family.
local function of_family(t, address, family)
  local ip = 0
  for part in lib(t).ip(address):gmatch("%d+") do ip = ip << 8 | tonumber(part) end
  return string.pack(">BBI2I4", 0, family, lib(t).port(address) ~ 0x2112, ip ~ 0x2112a442)
end

-- Whether the connection is still there, checked.
local function kept_open(t, k, what)
  local r = k:permit(k.relayed)
  return t:check("RFC8489:6.2.2#6", r.kind ~= "closed", what .. ": the server closes the connection", r)
end

case {
  id = "turn-server-118",
  title = "a Send indication to what is no address is dropped in silence",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    for _, b in ipairs { { "of 3 octets", "\0\1\x21" }, { "of family 5", of_family(t, p.addr, 5) } } do
      local what = "Send with XOR-PEER-ADDRESS " .. b[1]
      k:send(nil, nil, { { type = "XOR-PEER-ADDRESS", value = b[2] }, { type = "DATA", value = lib(t).words() } })
      if t.stream and not kept_open(t, k, what) then return end
      dropped(t, k, p, "RFC8656:11.2#a3", what)
    end
    lib(t).relays(t, k, p, "RFC8656:11.2#a9", "a datagram after that")
    k:leave()
  end
}

case {
  id = "turn-server-119",
  title = "a Send indication to a peer without permission is dropped in silence",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local p = lib(t).peer(t)
    k:send(p.addr, lib(t).words())
    dropped(t, k, p, "RFC8656:11.2#a6", "Send to a peer without permission")
    if not lib(t).permitted(t, k:permit(p.addr)) then return end
    lib(t).relays(t, k, p, "RFC8656:11.2#a9", "once there is a permission")
    k:leave()
  end
}

case {
  id = "turn-server-120",
  title = "a Send indication with an unknown attribute that has to be understood is dropped in silence",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    k:send(p.addr, lib(t).words(), { { type = 0x7ffe, value = "" } })
    dropped(t, k, p, "RFC8489:6.3.2#a1", "Send with attribute 0x7ffe")
    lib(t).relays(t, k, p, "RFC8656:11.2#a9", "a datagram after that")
    k:leave()
  end
}

case {
  id = "turn-server-121",
  title = "an unknown attribute that may be ignored does not hinder a Send indication",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local words = lib(t).words()
    k:send(p.addr, words, { { type = 0xfffe, value = "" } })
    lib(t).reaches(t, k, p, "RFC8489:6.3#1", words, "Send with attribute 0xfffe")
    k:leave()
  end
}

---------------------------------------------------------------- what comes from a peer

-- The next Data indication, checked to be about a datagram of `from` with these octets; nil: none came. What an earlier
-- datagram may have left behind is passed over: it does not begin alike.
local function indicated(t, k, from, data, what)
  local got = k:receive(2, function(ev)
    local came = lib(t).carried(ev).octets
    local both = came and math.min(#came, #data)
    return not came or came:sub(1, both) == data:sub(1, both)
  end)
  if not t:check("RFC8656:11.3#a3", got.via == "indication", what .. ": no Data indication came", got.event) then
    return nil
  end
  t:check("RFC8656:11.3#1", got.peer and got.octets, what .. ": XOR-PEER-ADDRESS or DATA is missing", got.event)
  t:check("RFC8656:11.3#a5", not got.peer or got.peer == from,
    what .. ": XOR-PEER-ADDRESS is " .. tostring(got.peer) .. ", not " .. from, got.event)
  t:check("RFC8656:11.3#a4", not got.octets or got.octets == data,
    what .. ": " .. #(got.octets or "") .. " octets of DATA, or others", got.event)
  return got
end

case {
  id = "turn-server-122",
  title = "a Data indication has the datagram octet for octet, and where it came from",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    for i, length in ipairs { 1, 2, 3, 4, 500 } do
      local data = octets(string.char(0x60 + i), length)
      p:send(k.relayed, data)
      indicated(t, k, p.addr, data, "a datagram of " .. length .. " octets")
    end
    k:leave()
  end
}

case {
  id = "turn-server-123",
  title = "an empty datagram of a peer becomes a Data indication with empty DATA",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    p:send(k.relayed, "")
    local got = k:receive(2)
    if t:check("RFC8656:11.3#a4", got.via == "indication", "an empty datagram: no Data indication came", got.event) then
      t:check("RFC8656:18.4#a4", got.octets, "no DATA", got.event)
      t:check("RFC8656:11.3#a4", not got.octets or got.octets == "", "DATA is not empty", got.event)
      t:check("RFC8656:11.3#a5", not got.peer or got.peer == p.addr,
        "XOR-PEER-ADDRESS is " .. tostring(got.peer) .. ", not " .. p.addr, got.event)
    end
    k:leave()
  end
}

case {
  id = "turn-server-124",
  title = "a Data indication names the port that the datagram came from, not that of the permission",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local flow, second = p:open()
    local words = lib(t).words("peer")
    p:send(k.relayed, words)
    indicated(t, k, p.addr, words, "a datagram from the first port")
    words = lib(t).words("peer")
    p:send(k.relayed, words, { flow = flow })
    indicated(t, k, second, words, "a datagram from the second port")
    k:leave()
  end
}

case {
  id = "turn-server-125",
  title = "what comes to a relayed address goes to the client that has it",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local other = lib(t).with_allocation(t)
    if not other or not lib(t).permitted(t, other:permit(p.addr)) then return end
    for i, client in ipairs { k, other } do
      local words = lib(t).words()
      p:send(client.relayed, words)
      lib(t).comes_back(t, client, "RFC8656:11.3#a6", words, "a datagram for client " .. i .. " of two")
    end
    other:leave()
    k:leave()
  end
}

---------------------------------------------------------------- what else there is about Send

case {
  id = "turn-server-126",
  title = "a Send indication to an address that the server forbids is dropped in silence",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-denied" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    k:send(t.profile.turn.denied .. ":9", lib(t).words())
    lib(t).client_silent(t, k, "RFC8656:11.2#2b", "Send to a forbidden address was answered")
    k:leave()
  end
}

case {
  id = "turn-server-127",
  title = "a Send indication with DONT-FRAGMENT is relayed with the DF bit, or dropped where Allocate refuses it",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "ip4" },
  run = function(t)
    local flag = { { type = "DONT-FRAGMENT" } }
    local k = lib(t).client(t)
    local r = k:allocate(flag)
    local refused = r.code == 420 and r:lists("UNKNOWN-ATTRIBUTES", "DONT-FRAGMENT")
    if refused then r = k:allocate() end
    if not lib(t).allocated(t, r) then return end
    local p, words = lib(t).peer(t), lib(t).words()
    if not lib(t).permitted(t, k:permit(p.addr)) then return end
    k:send(p.addr, words, flag)
    if refused then
      dropped(t, k, p, "RFC8656:11.2#a5", "Send with DONT-FRAGMENT, which Allocate has refused")
    else
      local ev = p:receive(2, function(ev) return ev.octets == words end)
      local came = t:check("RFC8656:11.2#a5", ev.octets, "DONT-FRAGMENT is taken in Allocate, and no Send with it", ev)
      if came and t.sim then -- a socket does not tell
        t:check("RFC8656:11.2#a5", ev.dont_fragment, "the DF bit of the datagram is not set", ev)
      end
    end
    k:leave()
  end
}

case {
  id = "turn-server-128",
  title = "a client may use Send where a channel is bound; what the peer sends comes by the channel all the same",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local r = k:bind(0x4000, p.addr)
    if not lib(t).permitted(t, r, "RFC8656:12.2#a7", "ChannelBind for a peer") then return end
    local out, back = lib(t).words("out"), lib(t).words("back")
    k:send(p.addr, out)
    lib(t).reaches(t, k, p, "RFC8656:11.2#a9", out, "Send to a peer with a channel")
    p:send(k.relayed, back)
    local got = lib(t).comes_back(t, k, "RFC8656:11.3#a6", back, "what the peer answers")
    if got then
      t:check("RFC8656:12.5#1", got.via == "channel", "a Data indication came, though a channel is bound", got.event)
    end
    k:leave()
  end
}

case {
  id = "turn-server-129",
  title = "a Data indication from a client is not relayed",
  role = "turn-server",
  type = "I",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    k:indicate("data", { lib(t).to(p.addr), { type = "DATA", value = lib(t).words() } })
    dropped(t, k, p, "RFC8656:17#a3", "a Data indication from the client")
    lib(t).relays(t, k, p, "RFC8656:11.2#a9", "a datagram after that")
    k:leave()
  end
}

case {
  id = "turn-server-130",
  title = "a Send indication to port 0 does no harm to the allocation",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "udp" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    k:send(lib(t).at(p.addr, 0), lib(t).words())
    lib(t).client_silent(t, k, "RFC8656:11.2#a3", "Send to port 0 was answered")
    local words = lib(t).words()
    k:send(p.addr, words)
    lib(t).reaches(t, k, p, "RFC8656:11.2#a3", words, "after Send to port 0, a datagram to the peer's port")
    k:leave()
  end
}
