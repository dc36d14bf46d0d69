-- Permissions: who gets one, what it lets through, how long it lasts. RFC 8656 sections 9, 10.2 and 12.2.

local function lib(t) return t:lib("turn") end

-- The peer sends (from `flow`, unless its first), and the client gets it: checked against `clause`.
local function passes(t, k, p, clause, what, flow)
  local words = lib(t).words("peer")
  p:send(k.relayed, words, { flow = flow })
  return lib(t).comes_back(t, k, clause, words, what)
end

-- The peer sends, and nothing comes to the client.
local function stays_out(t, k, p, clause, what)
  p:send(k.relayed, lib(t).words("peer"))
  return lib(t).client_silent(t, k, clause, what)
end

case {
  id = "turn-server-096",
  title = "a CreatePermission request is answered by success, and lets data of the peer through",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    passes(t, k, p, "RFC8656:10.2#a4", "a datagram of a peer that has a permission")
    lib(t).comes_by(t, k, p, nil, "RFC8656:12#a5", "from a peer that the client has bound no channel to")
    k:leave()
  end
}

case {
  id = "turn-server-097",
  title = "one CreatePermission request installs a permission for each address in it",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local peers, list = {}, {}
    for i = 1, 3 do
      peers[i] = lib(t).peer(t, { apart = i })
      list[i] = peers[i].addr
    end
    if not lib(t).permitted(t, k:permit(list), "RFC8656:10.2#a6", "permissions for three peers") then return end
    for i, p in ipairs(peers) do
      passes(t, k, p, "RFC8656:10.2#a4", "a datagram of peer " .. i .. " of three in the request")
    end
    k:leave()
  end
}

case {
  id = "turn-server-098",
  title = "an address may stand twice in a CreatePermission request",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local a, b = lib(t).peer(t), lib(t).peer(t, { apart = 1 })
    local r = k:permit { a.addr, b.addr, a.addr }
    if not lib(t).permitted(t, r, "RFC8656:10.2#a4", "permissions for two peers, one of them named twice") then
      return
    end
    passes(t, k, a, "RFC8656:10.2#a4", "a datagram of the peer that was named twice")
    passes(t, k, b, "RFC8656:10.2#a4", "a datagram of the peer that was named once")
    k:leave()
  end
}

case {
  id = "turn-server-099",
  title = "a CreatePermission request that names no peer is a bad request",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    t:expect(k:request("create-permission", {}), { { error = 400, clause = "RFC8656:10.2#a1" } },
      "CreatePermission without XOR-PEER-ADDRESS")
    k:leave()
  end
}

-- Values of XOR-PEER-ADDRESS that are no address.
local broken = {
  { "of no octets", "" },
  { "of 2 octets", "\0\1" },
  { "of 7 octets", "\0\1\x21\x1a\xe1\x12\xa6" },
  { "of IPv4, of 9 octets", "\0\1\x21\x1a\xe1\x12\xa6\x43\0" },
  { "of family 0", "\0\0\x21\x1a\xe1\x12\xa6\x43", true },
  { "of family 5", "\0\5\x21\x1a\xe1\x12\xa6\x43", true },
}

case {
  id = "turn-server-100",
  title = "a CreatePermission request for what is no address is a bad request",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    for _, b in ipairs(broken) do
      local outcomes = { { error = 400, clause = "RFC8656:10.2#a2" } }
      -- a family that is unknown is none of the relayed address's either
      if b[3] then outcomes[2] = { error = 443, clause = "RFC8656:10.2#2" } end
      local r = k:request("create-permission", { { type = "XOR-PEER-ADDRESS", value = b[2] } })
      t:expect(r, outcomes, "XOR-PEER-ADDRESS " .. b[1])
      if r.kind == "timeout" or r.kind == "closed" then return end -- one says it
    end
    k:leave()
  end
}

case {
  id = "turn-server-101",
  title = "one address that is none spoils a CreatePermission request",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local r = k:request("create-permission", { lib(t).to(p.addr), { type = "XOR-PEER-ADDRESS", value = "\0\1" } })
    t:expect(r, { { error = 400, clause = "RFC8656:10.2#a2" } }, "a good address, then one of 2 octets")
    k:leave()
  end
}

case {
  id = "turn-server-102",
  title = "the port in CreatePermission does not count, whatever it is",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local p = lib(t).peer(t)
    local flow = p:open()
    for _, port in ipairs { 0, 1 } do
      local r = k:permit(lib(t).at(p.addr, port))
      if not lib(t).permitted(t, r, "RFC8656:10.2#a5", "a permission with port " .. port) then return end
      passes(t, k, p, "RFC8656:9#a1", "with a permission of port " .. port .. ", a datagram of the peer")
      passes(t, k, p, "RFC8656:10.2#a5", "with a permission of port " .. port .. ", one of its second port", flow)
    end
    k:leave()
  end
}

case {
  id = "turn-server-103",
  title = "a permission is for one IP address: what comes from another is dropped",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local other = lib(t).peer(t, { apart = 1 })
    local k, p = lib(t).with_permission(t)
    if not k then return end
    stays_out(t, k, other, "RFC8656:9#a6", "a datagram of a peer without permission came to the client")
    passes(t, k, p, "RFC8656:9#a2", "a datagram of the peer with permission")
    k:leave()
  end
}

case {
  id = "turn-server-104",
  title = "a permission counts for its allocation alone",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local other = lib(t).with_allocation(t)
    if not other then return end
    stays_out(t, other, p, "RFC8656:9#a7", "a peer got through by the permission of another allocation")
    passes(t, k, p, "RFC8656:9#a2", "a datagram to the allocation that has the permission")
    other:leave()
    k:leave()
  end
}

---------------------------------------------------------------- timers

case {
  id = "turn-server-105",
  title = "a permission lasts 300 seconds",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    t:pass(299)
    passes(t, k, p, "RFC8656:9#1", "a datagram of the peer 299 s after CreatePermission")
    t:pass(11)
    stays_out(t, k, p, "RFC8656:9#1", "a datagram of the peer 310 s after CreatePermission came to the client")
    k:leave()
  end
}

case {
  id = "turn-server-106",
  title = "CreatePermission sets a permission back to 300 seconds",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time", "udp" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    t:pass(200)
    if not lib(t).permitted(t, k:permit(p.addr)) then return end
    t:pass(200)
    passes(t, k, p, "RFC8656:9#a3", "a datagram of the peer 200 s after the second CreatePermission")
    t:pass(110)
    stays_out(t, k, p, "RFC8656:9#a4", "a datagram of the peer 310 s after the second one came to the client")
    k:leave()
  end
}

case {
  id = "turn-server-107",
  title = "ChannelBind refreshes a permission that CreatePermission has installed",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time", "udp" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    t:pass(200)
    local r = k:bind(0x4000, p.addr)
    if not lib(t).permitted(t, r, "RFC8656:12.2#a7", "ChannelBind for a peer with a permission") then return end
    t:pass(200)
    passes(t, k, p, "RFC8656:9#a5", "a datagram of the peer 400 s after CreatePermission, 200 s after ChannelBind")
    k:leave()
  end
}

case {
  id = "turn-server-108",
  title = "Send indications do not refresh a permission",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time", "udp" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    for _ = 1, 15 do
      k:send(p.addr, lib(t).words())
      t:pass(20)
    end
    p:pending()
    t:pass(10)
    stays_out(t, k, p, "RFC8656:11.2#a7", "a datagram of the peer 310 s after CreatePermission came to the client")
    k:leave()
  end
}

case {
  id = "turn-server-109",
  title = "ChannelData does not refresh a permission",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time", "udp" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local p = lib(t).peer(t)
    local r = k:bind(0x4000, p.addr)
    if not lib(t).permitted(t, r, "RFC8656:12.2#a7", "ChannelBind for a peer") then return end
    for _ = 1, 15 do
      k:channel(0x4000, lib(t).words())
      t:pass(20)
    end
    p:pending()
    t:pass(10)
    stays_out(t, k, p, "RFC8656:12.6#2b", "a datagram of the peer 310 s after ChannelBind came to the client")
    k:leave()
  end
}

case {
  id = "turn-server-110",
  title = "data of the peer do not refresh its permission",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time", "udp" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    for i = 1, 14 do
      t:pass(20)
      passes(t, k, p, "RFC8656:9#a2", "a datagram of the peer " .. 20 * i .. " s after CreatePermission")
    end
    t:pass(30)
    stays_out(t, k, p, "RFC8656:9#a4", "a datagram of the peer 310 s after CreatePermission came to the client")
    k:leave()
  end
}

---------------------------------------------------------------- who gets none, and who by ChannelBind

case {
  id = "turn-server-111",
  title = "a permission for an address that the server forbids is refused with 403",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-denied" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local denied = t.profile.turn.denied
    local r = k:permit(denied .. ":9")
    t:expect(r, { { error = 403, clause = "RFC8656:10.2#3b" } }, "a permission for " .. denied)
    t:check("RFC8656:19#a1", r.code == 403, "a permission for " .. denied .. ": no 403", r)
    k:leave()
  end
}

case {
  id = "turn-server-112",
  title = "ChannelBind installs a permission for the IP address, whatever the port",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local p = lib(t).peer(t)
    local flow = p:open()
    local r = k:bind(0x4000, p.addr)
    if not lib(t).permitted(t, r, "RFC8656:12.2#a7", "ChannelBind for a peer without permission") then return end
    passes(t, k, p, "RFC8656:12.2#a10", "a datagram from the port that is bound")
    passes(t, k, p, "RFC8656:12.2#a10", "a datagram from another port of that address", flow)
    k:leave()
  end
}

case {
  id = "turn-server-113",
  title = "a ChannelBind request that is refused installs no permission",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local p = lib(t).peer(t)
    local r = k:bind(0x3fff, p.addr)
    if not t:expect(r, { { error = 400, clause = "RFC8656:12.2#a3" }, { error = 403, clause = "RFC8656:12.2#2b" } },
      "ChannelBind for channel number 0x3fff") then
      return
    end
    stays_out(t, k, p, "RFC8656:9#a6", "a peer got through after ChannelBind for it was refused")
    k:leave()
  end
}
