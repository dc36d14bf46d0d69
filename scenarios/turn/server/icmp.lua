-- ICMP about datagrams to peers: what of it a client is told, and how. RFC 8656 sections 11.5 and 18.13.

local function lib(t) return t:lib("turn") end

local ICMP = 0x8004 -- the attribute

-- The value of the ICMP attribute: 7 bits of type, 9 bits of code.
local function value(type, code) return type << 9 | code end

-- A client with a permission for the host of a peer, and an address there where nobody listens.
local function with_closed_port(t, config)
  local k, p = lib(t).with_permission(t, config)
  if not k then return nil end
  local flow, at = p:open()
  p.a:close { flow = flow }
  return k, at
end

local function about_icmp(ev)
  return ev.codec ~= "ChannelData" and ev:attribute("ICMP") ~= nil
end

-- The Data indication that tells of ICMP once `provoke` has been called; up to three times, since hosts limit how
-- much of it they send. nil, with a check of `clause` failed: there is none.
local function told(t, k, provoke, clause)
  for _ = 1, 3 do
    provoke()
    local got = k:receive(1, about_icmp)
    if got.kind ~= "timeout" then return got end
  end
  local other = k:pending()
  t:check(clause or "RFC8656:11.5#2", false, "no Data indication with ICMP about a peer that was unreachable",
    other[1] and other[1].event)
  return nil
end

-- The same about datagrams to a closed port, by Send indications.
local function told_of(t, k, at)
  return told(t, k, function() k:send(at, lib(t).words()) end)
end

-- A client with an allocation of IPv6, and a peer with a permission; nil: the server has none.
local function with_six(t)
  local k = lib(t).client(t)
  local r = k:allocate { { type = "REQUESTED-ADDRESS-FAMILY", value = 2 } }
  if r.code == 440 or not lib(t).allocated(t, r) then return nil end
  local p = lib(t).peer(t, { family = 6 })
  if lib(t).permitted(t, k:permit(p.addr)) then return k, p end
end

case {
  id = "turn-server-161",
  title = "a client is told of a peer whose port is unreachable, by a Data indication with XOR-PEER-ADDRESS and ICMP",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-icmp" },
  run = function(t)
    local k, at = with_closed_port(t)
    local got = k and told_of(t, k, at)
    if not got then return end
    t:check("RFC8656:11.5#2", got.peer ~= nil, "no XOR-PEER-ADDRESS beside ICMP", got)
    local seen = got.icmp.icmp and got.icmp.icmp & 0xffff or 0
    t:check("RFC8656:11.5#a7", seen == value(3, 3),
      ("ICMP has type %d, code %d for an unreachable port of IPv4"):format(seen >> 9, seen & 511), got)
    t:check("RFC8656:11.5#a8", got.peer == nil or lib(t).ip(got.peer) == lib(t).ip(at),
      "XOR-PEER-ADDRESS is " .. tostring(got.peer) .. ", the datagram went to " .. at, got)
    k:leave()
  end
}

case {
  id = "turn-server-162",
  title = "ICMP has eight octets, of which the reserved ones are 0, and so are the error data of an unreachable port",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-icmp" },
  run = function(t)
    local k, at = with_closed_port(t)
    local got = k and told_of(t, k, at)
    if not got then return end
    local raw = t:lib("stun").raw(got.event.octets, ICMP) or ""
    if t:check("RFC8656:18.13#a1", #raw == 8, "ICMP has " .. #raw .. " octets", got) then
      t:check("RFC8656:18.13#1a", raw:sub(1, 2) == "\0\0", "reserved bits are set", got)
      t:check("RFC8656:18.13#2", raw:sub(5) == "\0\0\0\0", "the error data are not 0", got)
    end
    k:leave()
  end
}

case {
  id = "turn-server-163",
  title = "of a datagram that was too big the client is told the MTU of the next hop",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-icmp", "turn-ip6", "virtual-time" },
  run = function(t)
    local function tells(k, p, type, code)
      local got = told(t, k, function()
        p.a:icmp { to = k.relayed, type = type, code = code, mtu = 1300, octets = "quoted" }
      end)
      if not got then return end
      t:check("RFC8656:11.5#a7", got.icmp.icmp == value(type, code), "another type or code in ICMP", got)
      t:check("RFC8656:18.13#a3", got.icmp.icmp == value(type, code),
        ("type %d of IPv%d is not told as what it is there"):format(type, lib(t).family(p.addr)), got)
      t:check("RFC8656:18.13#a2", got.icmp.data == 1300, "the error data are " .. tostring(got.icmp.data), got)
    end
    local k, p = lib(t).with_permission(t)
    if not k then return end
    tells(k, p, 3, 4)
    k, p = with_six(t)
    if k then tells(k, p, 2, 0) end
  end
}

case {
  id = "turn-server-164",
  title = "the port beside ICMP is that which the datagram went to, or 0",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-icmp" },
  run = function(t)
    local k, at = with_closed_port(t)
    local got = k and told_of(t, k, at)
    if not got then return end
    local port = got.peer and lib(t).port(got.peer)
    t:check("RFC8656:11.5#a9", port == lib(t).port(at) or port == 0,
      "the port is " .. tostring(port) .. ", the datagram went to " .. at, got)
    k:leave()
  end
}

case {
  id = "turn-server-165",
  title = "nobody is told of ICMP about a peer whose permission has run out",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "turn-icmp", "virtual-time" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local function provoke() p.a:icmp { to = k.relayed, type = 3, code = 1, octets = "quoted" } end
    if not told(t, k, provoke) then return end
    t:pass(310)
    provoke()
    lib(t).client_silent(t, k, "RFC8656:11.5#a5", "the permission has run out")
  end
}

case {
  id = "turn-server-167",
  title = "ICMP of other types than those that say why a datagram did not arrive is dropped",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-icmp", "turn-ip6", "virtual-time" },
  run = function(t)
    local function drops(k, p, clause, types)
      for _, type in ipairs(types) do
        p.a:icmp { to = k.relayed, type = type, code = 0, octets = "quoted" }
        lib(t).client_silent(t, k, clause, "ICMP of type " .. type)
      end
      told(t, k, function() p.a:icmp { to = k.relayed, type = 3, code = 1, octets = "quoted" } end)
    end
    local k, p = lib(t).with_permission(t)
    if not k then return end
    drops(k, p, "RFC8656:11.5#a1", { 4, 12 })
    k, p = with_six(t)
    if k then drops(k, p, "RFC8656:11.5#a2", { 4, 128 }) end
  end
}

case {
  id = "turn-server-168",
  title = "ICMP about a peer with a channel comes by a Data indication",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-icmp" },
  run = function(t)
    local k, at = with_closed_port(t)
    if not k or not lib(t).permitted(t, k:bind(0x4000, at), "RFC8656:12.2#a7", "a channel") then return end
    local got = told(t, k, function() k:channel(0x4000, lib(t).words()) end, "RFC8656:12.5#a3")
    if got then t:check("RFC8656:12.5#a3", got.via == "indication", "it came as ChannelData", got) end
    k:leave()
  end
}

case {
  id = "turn-server-294",
  title = "ICMP counts for the permission of the address that the datagram went to: neither its source nor a port does",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-icmp", "virtual-time" },
  run = function(t)
    local router = lib(t).peer(t, { apart = 1 })
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local function from(a, about)
      return function()
        a:icmp { to = k.relayed, about = about, type = 3, code = 1, octets = "quoted" }
      end
    end
    told(t, k, from(router.a, p.addr), "RFC8656:11.5#1") -- it has no permission, the peer has
    local _, second = p:open()
    told(t, k, from(p.a, second), "RFC8656:11.5#a6")
    from(p.a, router.addr)()
    lib(t).client_silent(t, k, "RFC8656:11.5#a5", "it is told of an address that has no permission")
    k:leave()
  end
}

case {
  id = "turn-server-295",
  title = "of ICMP about the relayed address of a client that client is told, and no other",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-icmp" },
  run = function(t)
    local base = lib(t).client(t) -- each of the two has a source port of its own
    local k, at = with_closed_port(t, { over = base })
    if not k then return end
    local other = lib(t).client(t, { over = base })
    if not lib(t).allocated(t, other:allocate()) or not lib(t).permitted(t, other:permit(at)) then return end
    local got = told(t, k, function() k:send(at, lib(t).words()) end, "RFC8656:11.5#a10")
    if got then
      local more = other:receive(0.1, about_icmp)
      t:check("RFC8656:11.5#a10", more.kind == "timeout", "another client is told as well", more.event)
    end
    other:leave()
    k:leave()
  end
}
