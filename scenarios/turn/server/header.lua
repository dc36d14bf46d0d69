-- Header fields of what is relayed: DSCP, ECN, DF, hop limits, and fragments. RFC 8656 sections 13 to 16.

local function lib(t) return t:lib("turn") end

local CHANNEL = 0x4000

-- What stands in a header has to come to the server as it was sent, and to the peer as the server sent it.
local function unchanged(t)
  if not t:lib("stun").direct(t) then t:skip("what is on the way to the server may change header fields") end
end

-- A client, a peer, and a channel to it. relay: the family of the relayed address; more: attributes of Allocate.
-- nil: a check was made, or (and true) the server has no such relayed address, or refuses an attribute as unknown.
local function with_channel(t, relay, more)
  local list = { table.unpack(more or {}) }
  if relay == 6 then list[#list + 1] = { type = "REQUESTED-ADDRESS-FAMILY", value = 2 } end
  local k = lib(t).client(t)
  local r = k:allocate(list)
  if r.code == 440 or r.code == 420 then return nil, true end
  if not lib(t).allocated(t, r) then return nil end
  local p = lib(t).peer(t, { family = relay })
  if lib(t).permitted(t, k:bind(CHANNEL, p.addr), "RFC8656:12.2#a7", "a channel") then return k, p end
end

-- The same with a relayed address of IPv4; skipped where the server has none, or refuses an attribute.
local function with_four(t, more)
  local k, p = with_channel(t, 4, more)
  if not k and p then t:skip("the server refuses the family of the relayed address, or an attribute, as unknown") end
  return k, p
end

-- What comes out at the peer of data that came in a datagram with these header fields; nil, with `clause` not judged.
local function down(t, k, p, clause, header)
  local words = lib(t).words("down")
  k:octets(lib(t).channel_data(t, CHANNEL, words), header)
  local ev = p:receive(2, function(e) return e.octets == words end)
  if ev.kind ~= "timeout" then return ev end
  t:inconc(clause, "nothing came out at the peer")
  return nil
end

-- What comes to the client.
local function up(t, k, p, clause, header)
  local words = lib(t).words("up")
  p:send(k.relayed, words, header)
  local got = k:receive(2, function(e) return lib(t).carried(e).octets == words end)
  if got.kind ~= "timeout" then return got.event end
  t:inconc(clause, "nothing came to the client")
  return nil
end

-- A Send indication in a datagram with these header fields; what comes out.
local function sends(t, k, p, clause, header, attributes)
  local words = lib(t).words("send")
  local list = { lib(t).to(p.addr), { type = "DATA", value = words }, table.unpack(attributes or {}) }
  header.class, header.method, header.attributes = "indication", "send", list
  k.c:send(header)
  local ev = p:receive(2, function(e) return e.octets == words end)
  if ev.kind ~= "timeout" then return ev end
  t:inconc(clause, "nothing came out at the peer")
  return nil
end

-- DSCP goes through as it is, or is always the same.
local function dscp(t, way)
  unchanged(t)
  local k, p = with_four(t)
  if not k then return end
  local ins, outs, last, copied, fixed = { 0, 10, 46 }, {}, nil, true, true
  for i, v in ipairs(ins) do
    last = way(t, k, p, "RFC8656:14#1a", { tos = v << 2 })
    if not last then return end
    outs[i] = last.tos >> 2
    copied, fixed = copied and outs[i] == v, fixed and outs[i] == outs[1]
  end
  local what = "DSCP " .. table.concat(ins, ", ") .. " came out as " .. table.concat(outs, ", ")
  t:check("RFC8656:14#1a", copied or fixed, what, last)
  t:check("RFC8656:14#1b", copied or fixed, what, last)
  k:leave()
end

case {
  id = "turn-server-169",
  title = "data to a peer have the DSCP of the datagram that brought them, or always the same",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "ip4" },
  run = function(t) dscp(t, down) end
}

case {
  id = "turn-server-170",
  title = "data to a client have the DSCP of the datagram that the peer sent, or always the same",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "ip4" },
  run = function(t) dscp(t, up) end
}

case {
  id = "turn-server-171",
  title = "ECN comes out as it came, or as Not-ECT",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "ip4" },
  run = function(t)
    unchanged(t)
    local k, p = with_four(t)
    if not k then return end
    -- by what came: Not-ECT, ECT(0), CE; a server that manages its queue may mark ECT(0) as CE (RFC8656:14#3b)
    local allowed = { [0] = { [0] = true }, [2] = { [0] = true, [2] = true, [3] = true },
      [3] = { [0] = true, [3] = true } }
    for _, ecn in ipairs { 0, 2, 3 } do
      for _, way in ipairs { down, up } do
        local ev = way(t, k, p, "RFC8656:14#1a", { tos = ecn })
        if not ev then return end
        local what = ("ECN %d came out as %d"):format(ecn, ev.tos & 3)
        t:check("RFC8656:14#1a", allowed[ecn][ev.tos & 3], what, ev)
        t:check("RFC8656:14#1b", allowed[ecn][ev.tos & 3], what .. ", which is not the alternate either", ev)
      end
    end
    k:leave()
  end
}

case {
  id = "turn-server-172",
  title = "DF is set for a Send indication with DONT-FRAGMENT; else it is that of the datagram that came, or 0",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "ip4" },
  run = function(t)
    if not t.sim then t:skip("the system does not tell DF") end
    local k, p = with_four(t, { { type = "DONT-FRAGMENT" } })
    if not k then return end
    local ev = sends(t, k, p, "RFC8656:14#1a", {}, { { type = "DONT-FRAGMENT" } })
    if ev then
      t:check("RFC8656:14#1a", ev.dont_fragment, "DF is not set for DONT-FRAGMENT", ev)
      t:check("RFC8656:11.2#a5", ev.dont_fragment, "relayed, and DF is not set", ev)
    end
    for _, way in ipairs { sends, down, up } do
      ev = way(t, k, p, "RFC8656:14#1a", { dont_fragment = false })
      if ev then t:check("RFC8656:14#1a", not ev.dont_fragment, "DF is set where nobody set it", ev) end
    end
    k:leave()
  end
}

case {
  id = "turn-server-173",
  title = "what comes by TCP goes to a peer as Not-ECT",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "tcp" },
  run = function(t)
    unchanged(t)
    local k, p = with_four(t)
    if not k then return end
    for _, way in ipairs { sends, down } do
      local ev = way(t, k, p, "RFC8656:15#1a", {})
      if ev then
        t:check("RFC8656:15#1a", ev.tos & 3 == 0, "ECN is " .. (ev.tos & 3), ev)
        t:check("RFC8656:15#1b", ev.tos & 3 == 0, "ECN is " .. (ev.tos & 3) .. ", and the alternate is Not-ECT too", ev)
      end
    end
    k:leave()
  end
}

case {
  id = "turn-server-174",
  title = "what comes by TCP goes to a peer with DF for DONT-FRAGMENT alone",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "tcp", "ip4" },
  run = function(t)
    if not t.sim then t:skip("the system does not tell DF") end
    local k, p = with_four(t, { { type = "DONT-FRAGMENT" } })
    if not k then return end
    local ev = sends(t, k, p, "RFC8656:15#1a", {}, { { type = "DONT-FRAGMENT" } })
    if ev then t:check("RFC8656:15#1a", ev.dont_fragment, "DF is not set for DONT-FRAGMENT", ev) end
    for _, way in ipairs { sends, down } do
      ev = way(t, k, p, "RFC8656:15#1a", {})
      if ev then t:check("RFC8656:15#1a", not ev.dont_fragment, "DF is set without DONT-FRAGMENT", ev) end
    end
  end
}

-- The families of relayed addresses whose packets section 13 is about.
local function translated(t) return t.family == "ip6" and { 4, 6 } or { 6 } end

-- The hop limit is one less than it was, whatever it was (more than one where there are routers); or the system's own:
-- for every datagram, or for those alone whose hop limit it cannot set, above a bound.
local function hops(t, k, p, way)
  local a = way(t, k, p, "RFC8656:13#1b", { ttl = 50 })
  local b = a and way(t, k, p, "RFC8656:13#1b", { ttl = 90 })
  if not b then return end
  local lawful = a.ttl == b.ttl or (a.ttl < 50 and b.ttl - a.ttl == 40)
  if not lawful and a.ttl < 50 then
    local c = way(t, k, p, "RFC8656:13#1b", { ttl = 120 })
    lawful = c and c.ttl == b.ttl
  end
  local what = ("a hop limit of 50 came out as %d, of 90 as %d"):format(a.ttl, b.ttl)
  t:check("RFC8656:13#1a", lawful, what, b)
  t:check("RFC8656:13#1b", lawful, what .. ", which is not the alternate either", b)
end

case {
  id = "turn-server-175",
  title = "between families, and within IPv6, the hop limit is one less or the system's own",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "turn-ip6" },
  run = function(t)
    unchanged(t)
    local refused = 0
    for _, family in ipairs(translated(t)) do
      local k, p = with_channel(t, family)
      if k then
        hops(t, k, p, down)
        hops(t, k, p, up)
        k:leave()
      elseif p then
        refused = refused + 1
      end
    end
    if refused == #translated(t) then t:skip("the server has no relayed address of that family") end
  end
}

case {
  id = "turn-server-176",
  title = "between families, and within IPv6, a server that took DONT-FRAGMENT relays a Send indication that has it",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "turn-ip6" },
  run = function(t)
    local refused = 0
    for _, family in ipairs(translated(t)) do
      local clause = t.family == "ip4" and "RFC8656:13.1#1" or family == 4 and "RFC8656:13.3#2" or "RFC8656:13.2#4"
      local k, p = with_channel(t, family, { { type = "DONT-FRAGMENT" } })
      if k then
        local words = lib(t).words()
        k:send(p.addr, words, { { type = "DONT-FRAGMENT" } })
        lib(t).reaches(t, k, p, clause, words, "a Send indication with DONT-FRAGMENT")
        k:leave()
      elseif p then
        refused = refused + 1
      end
    end
    if refused == #translated(t) then t:skip("the server refuses DONT-FRAGMENT, or the family") end
  end
}

case {
  id = "turn-server-177",
  title = "a datagram of a peer that takes several fragments comes to a client over a stream whole",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "tcp", "tls" },
  run = function(t)
    local k, p = with_four(t)
    if not k then return end
    local octets = ("fragment"):rep(375)
    p:send(k.relayed, octets)
    local whole = lib(t).comes_back(t, k, "RFC8656:16#a3", octets, "3000 octets") ~= nil
    t:check("RFC8656:16#1a", whole, "fragments are not put together")
    t:check("RFC8656:16#1b", whole, "fragments are not put together, and there is no alternate")
    k:leave()
  end
}
