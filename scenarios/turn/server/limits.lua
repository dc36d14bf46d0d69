-- Quota, redirection, capacity, and addresses that are no good for a relay. RFC 8656 sections 5, 7.2 and 21.4.

local function lib(t) return t:lib("turn") end

local function leave(all)
  for _, k in ipairs(all) do k:leave() end
end

-- One more client, with a source port of its own.
local function another(t, all, account)
  return lib(t).client(t, { over = all[1], account = account })
end

-- Clients that have `n` allocations between them; skipped where the server has no more to give before.
local function fill(t, n)
  local all = {}
  for i = 1, n do
    local k = another(t, all)
    local r = k:allocate()
    if r.kind ~= "success" then leave(all) end
    if not lib(t).allocated(t, r) then return nil end
    all[i] = k
  end
  return all
end

-- Whether there is nothing to be judged: 300, 403 and 508 may come at any time.
local function busy(r) return r.code == 300 or r.code == 403 or r.code == 508 end

-- The same of one who takes all the ports that there are: 508 is what he waits for.
local function stopped(r) return r.code == 300 or r.code == 403 or r.code == 486 end

case {
  id = "turn-server-186",
  title = "a user who has as many allocations as the quota permits is refused with 486",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "turn-quota" },
  run = function(t)
    local all = fill(t, t.profile.turn.quota)
    if not all then return end
    local k = another(t, all)
    local r = k:allocate()
    local full = r.code == 300 or r.code == 403
    if r.code == 508 then -- it has no room left, unless another user has some
      local other = another(t, all, lib(t).second_account(t))
      full = other:allocate().kind ~= "success"
      other:leave()
    end
    if full then
      leave(all)
      t:skip("the server refuses with " .. r.code .. ", for a reason that is no quota")
    end
    t:expect(r, { { error = 486, clause = "RFC8656:5#12a" } }, "an allocation beyond the quota")
    t:check("RFC8656:19#a7", r.code == 486, "this user has as many as he may: no 486", r)
    all[#all + 1] = k
    leave(all)
  end
}

case {
  id = "turn-server-187",
  title = "the quota of one user does not count for another at the same address",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "turn-quota" },
  run = function(t)
    local other = lib(t).second_account(t)
    local all = fill(t, t.profile.turn.quota)
    if not all then return end
    local k = another(t, all, other)
    local r = k:allocate()
    all[#all + 1] = k
    if not busy(r) then t:expect(r, { { success = true, clause = "RFC8656:7.2#8" } }, "another user's allocation") end
    leave(all)
    if busy(r) then t:skip("the server has nothing to give to another user") end
  end
}

case {
  id = "turn-server-188",
  title = "an allocation that is deleted does not count for the quota",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "turn-quota" },
  run = function(t)
    local all = fill(t, t.profile.turn.quota)
    if not all then return end
    all[#all]:leave()
    if not t.sim then t:pass(3) end -- some delete it a moment later
    local k = another(t, all)
    local r = k:allocate()
    all[#all] = k
    if not busy(r) then t:expect(r, { { success = true, clause = "RFC8656:8.2#a1" } }, "Allocate after a deletion") end
    leave(all)
    if busy(r) then t:skip("the server has nothing to give") end
  end
}

case {
  id = "turn-server-189",
  title = "a redirection is a 300 with ALTERNATE-SERVER of the family that the request came by",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-redirect" },
  run = function(t)
    local r = lib(t).client(t):allocate()
    if not t:expect(r, { { error = 300, clause = "RFC8656:7.2#a17" } }, "an Allocate request") then return end
    local all, fits = r:attributes("ALTERNATE-SERVER"), false
    local family = t.family == "ip6" and 6 or 4
    for _, a in ipairs(all) do fits = fits or (a.address and lib(t).family(a.address) == family) end
    t:check("RFC8656:7.2#a17", #all > 0, "no ALTERNATE-SERVER", r)
    t:check("RFC8489:10#1a", #all > 0, "no ALTERNATE-SERVER", r)
    if #all > 0 then
      t:check("RFC8656:7.2#a17", fits, "no ALTERNATE-SERVER of the request's family", r)
      t:check("RFC8489:10#1b", fits, "no ALTERNATE-SERVER of the request's family", r)
    end
  end
}

case {
  id = "turn-server-190",
  title = "where all relayed ports are taken an Allocate request is refused with 508",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "turn-ports" },
  run = function(t)
    local ports, all, r = t.profile.turn.ports, {}, nil
    local n = ports[2] - ports[1] + 1
    if n > 64 then t:skip("there are too many ports to take them all") end
    for i = 1, n + 1 do
      local k = another(t, all)
      r = k:allocate()
      if r.kind ~= "success" then break end
      all[i] = k
    end
    if r.kind ~= "success" and not stopped(r) then
      t:expect(r, { { error = 508, clause = "RFC8656:7.2#a12" } }, "no port is left")
      t:check("RFC8656:19#a8", r.code == 508, "no port is left: no 508", r)
    end
    leave(all)
    if r.kind == "success" then t:skip("the server has more ports than the profile says") end
    if stopped(r) then t:skip("the server refuses with " .. r.code .. " before that") end
  end
}

-- What no peer should have: addresses of the server, of nobody, of many. Each with what it is.
local function odd_addresses(t, k)
  return {
    { "the server itself", t.target }, { "the relayed address", k.relayed }, { "the loopback", "127.0.0.1:9" },
    { "a group", "224.0.0.1:9" }, { "no address", "0.0.0.0:9" }, { "all hosts", "255.255.255.255:9" },
    { "the loopback of IPv6", "[::1]:9" }, { "a group of IPv6", "[ff02::1]:9" }, { "no address of IPv6", "[::]:9" },
  }
end

case {
  id = "turn-server-191",
  title = "permissions and channels for addresses of the server itself and of nobody do no harm",
  role = "turn-server",
  type = "R",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    t:allow(k.c)
    for i, odd in ipairs(odd_addresses(t, k)) do
      local r, words = k:permit(odd[2]), lib(t).words()
      local b = k:bind(0x4000 + i, odd[2])
      t:log(("%s: CreatePermission %s, ChannelBind %s"):format(odd[1], r.code or r.kind, b.code or b.kind))
      k:send(odd[2], words)
      k:channel(0x4000 + i, words)
      local after = k:refresh()
      if not t:check("RFC8489:6.3.1#a4", after.kind == "success" or after.kind == "error",
        "no answer any more after a permission for " .. odd[1], after) then
        t:lost()
        return
      end
      local came = #k:pending()
      if not t:check("RFC8489:6.3.1#a4", came <= 4, "two datagrams to " .. odd[1] .. " came back as " .. came) then
        return
      end
    end
    k:leave()
  end
}

case {
  id = "turn-server-192",
  title = "a client with an address of a tunnel, Teredo or 6to4, gets no allocation",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "udp", "ip6", "virtual-time" },
  run = function(t)
    for _, host in ipairs { "[2002:c000:201::1]:0", "[2001:0:c000:201::1]:0" } do
      local k = lib(t).client(t, { actor = { host = host } })
      local r = k:allocate()
      t:check("RFC8656:21.4#2a", r.kind ~= "success", "a client at " .. host .. " is served", r)
      -- of what is known to be tunneled these are in any case
      t:check("RFC8656:21.4#1a", r.kind ~= "success", "a client with a tunneled address, " .. host .. ", is served", r)
    end
    local k = lib(t).client(t)
    if lib(t).allocated(t, k:allocate(), nil, "another client's Allocate request") then k:leave() end
  end
}

case {
  id = "turn-server-291",
  title = "where no port of either family is left a dual allocation is refused with 508",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "turn-ports", "turn-dual" },
  run = function(t)
    lib(t).knows_additional(t)
    local ports, all, r = t.profile.turn.ports, {}, nil
    local n = ports[2] - ports[1] + 1
    if n > 64 then t:skip("there are too many ports to take them all") end
    for i = 1, 2 * n + 1 do -- one may have half of what it asks for
      local k = another(t, all)
      r = k:allocate { { type = "ADDITIONAL-ADDRESS-FAMILY", value = 2 } }
      if r.kind ~= "success" then break end
      all[i] = k
    end
    local judged = r.kind ~= "success" and not stopped(r)
    if judged then t:expect(r, { { error = 508, clause = "RFC8656:7.2#a14" } }, "no port is left, of IPv4 and IPv6") end
    leave(all)
    if not judged then t:skip("the server has more ports than the profile says, or refuses before they are taken") end
  end
}

case {
  id = "turn-server-292",
  title = "where there is no room for one more permission or channel the request is refused with 508",
  role = "turn-server",
  type = "R",
  needs = { "accounts", "udp", "turn-room" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local room, r = t.profile.turn.permissions, nil
    for i = 0, room, 32 do
      local list = {}
      for n = i, math.min(i + 31, room) do list[#list + 1] = ("198.18.%d.%d:9"):format(n >> 8, n & 255) end
      r = k:permit(list)
      if r.kind ~= "success" then break end
    end
    if r.kind == "success" then t:skip("the server has room for more than the profile says") end
    if r.code == 403 then t:skip("the server forbids the peer (403)") end
    t:expect(r, { { error = 508, clause = "RFC8656:10.2#a3" } }, "CreatePermission where there is no room")
    r = k:bind(0x4000, "198.18.255.1:9") -- what would install a permission as well
    if r.kind == "success" then
      t:log("there is room for a channel")
    else
      t:expect(r, { { error = 508, clause = "RFC8656:12.2#a6" } }, "ChannelBind where there is no room")
    end
    k:leave()
  end
}

case {
  id = "turn-server-293",
  title = "no data are forwarded to a peer with a Teredo or 6to4 address",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-ip6", "virtual-time" },
  run = function(t)
    local k = lib(t).client(t)
    local r = k:allocate { { type = "REQUESTED-ADDRESS-FAMILY", value = 2 } }
    if r.code == 440 then t:skip("the server has no relayed address of IPv6 (440)") end
    if not lib(t).allocated(t, r) then return end
    for _, host in ipairs { "[2002:c000:201::9]:0", "[2001:0:c000:201::9]:0" } do
      local p = lib(t).peer(t, { family = 6, host = host })
      k:permit(p.addr) -- refused or not
      k:send(p.addr, lib(t).words())
      lib(t).peer_silent(t, k, p, "RFC8656:21.4#1b", "a peer at " .. p.addr .. " gets data")
    end
    k:leave()
  end
}
