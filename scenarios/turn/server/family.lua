-- Address families: of relayed addresses, of dual allocations, of peers. RFC 8656 sections 5, 7.2, 8, 10.2, 12.2, 18.6
-- and 18.12.

local function lib(t) return t:lib("turn") end

local ELSEWHERE = { [4] = "192.0.2.200:9", [6] = "[2001:db8::200]:9" } -- where no peer is

local function number(family) return family == 6 and 2 or 1 end
local function requested(value, reserved)
  return { type = "REQUESTED-ADDRESS-FAMILY", value = value, reserved = reserved }
end
local function additional(value) return { type = "ADDITIONAL-ADDRESS-FAMILY", value = value } end

-- A client and the response to its Allocate request. A server of RFC 5766 alone has no families.
local function ask(t, attributes)
  local k = lib(t).client(t)
  local r = k:allocate(attributes)
  if r.code == 420 then t:skip("the server does not know REQUESTED-ADDRESS-FAMILY") end
  return k, r
end

-- How many relayed addresses of IPv4 and of IPv6 there are in a response.
local function count(t, r)
  local n = { [4] = 0, [6] = 0 }
  for _, a in ipairs(r:attributes("XOR-RELAYED-ADDRESS")) do
    local family = a.address and lib(t).family(a.address) or 4
    n[family] = n[family] + 1
  end
  return n[4], n[6]
end

-- A client with a dual allocation; nil, with a check made, where none comes about.
local function dual(t)
  lib(t).knows_additional(t)
  local k, r = ask(t, { additional(2) })
  if not lib(t).allocated(t, r) then return nil end
  local ip4, ip6 = count(t, r)
  if ip4 ~= 1 or ip6 ~= 1 then t:skip("the server has not both families at the moment") end
  return k
end

case {
  id = "turn-server-079",
  title = "who asks for no family gets an IPv4 relayed address, by IPv6 too",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "ip6", "turn-ip6" },
  run = function(t)
    local k, r = ask(t)
    if r.code == 440 then t:skip("the server has no IPv4 to relay by") end
    if not lib(t).allocated(t, r, "RFC8656:7.2#6") then return end
    local ip4, ip6 = count(t, r)
    t:check("RFC8656:7.2#6", ip4 == 1 and ip6 == 0,
      ("%d relayed addresses of IPv4 and %d of IPv6"):format(ip4, ip6), r)
    k:leave()
  end
}

case {
  id = "turn-server-080",
  title = "REQUESTED-ADDRESS-FAMILY earns a relayed address of that family, or 440",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    for _, family in ipairs { 4, 6 } do
      local k, r = ask(t, { requested(number(family)) })
      local what = "an Allocate request for IPv" .. family
      if r.code == 440 then
        t:check("RFC8656:7.2#4a", true, what, r)
      elseif lib(t).allocated(t, r, "RFC8656:7.2#a28", what) then
        local ip4, ip6 = count(t, r)
        t:check("RFC8656:7.2#4a", ip4 == (family == 4 and 1 or 0) and ip6 == (family == 6 and 1 or 0),
          ("%s: %d relayed addresses of IPv4 and %d of IPv6"):format(what, ip4, ip6), r)
      end
      k:leave()
    end
  end
}

case {
  id = "turn-server-081",
  title = "a server of IPv4 alone refuses to relay IPv6 with 440",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-ip4-only" },
  run = function(t)
    local k, r = ask(t, { requested(2) })
    local what = "an Allocate request for IPv6"
    lib(t).refused(t, r, 440, "RFC8656:7.2#4a", what)
    -- whether it cannot or may not relay IPv6, the code is the same
    lib(t).refused(t, r, 440, "RFC8656:7.2#4b", what)
    t:check("RFC8656:19#a3", r.code == 440, what .. ": no 440", r)
    k:leave()
  end
}

case {
  id = "turn-server-082",
  title = "a family that does not exist is not allocated",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    for _, value in ipairs { 0, 3, 255 } do
      local k, r = ask(t, { requested(value) })
      local what = ("an Allocate request for family %d"):format(value)
      if r.kind == "success" or r.code == 440 or r.code == 400 then
        t:check("RFC8656:7.2#4a", r.kind ~= "success", what .. " succeeds", r)
      else
        t:inconc("RFC8656:7.2#4a", what .. " is refused neither with 440 nor with 400", r)
      end
      k:leave()
    end
  end
}

case {
  id = "turn-server-083",
  title = "the reserved bits of REQUESTED-ADDRESS-FAMILY are ignored, in Allocate and in Refresh",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, r = ask(t, { requested(1, 0xabcdef) })
    if r.code == 440 then t:skip("the server has no IPv4 to relay by") end
    if not lib(t).allocated(t, r, "RFC8656:18.6#1b", "an Allocate request with reserved bits set") then return end
    t:expect(k:refresh(nil, { requested(1, 0xabcdef) }), { { success = true, clause = "RFC8656:18.6#1b" } },
      "a Refresh request with reserved bits set")
    k:leave()
  end
}

case {
  id = "turn-server-084",
  title = "a dual allocation has a relayed address of IPv4 and one of IPv6",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-dual" },
  run = function(t)
    lib(t).knows_additional(t)
    local k, r = ask(t, { additional(2) })
    if not lib(t).allocated(t, r) then return end
    if r:attribute("ADDRESS-ERROR-CODE") then t:skip("the server has one family alone at the moment") end
    local ip4, ip6 = count(t, r)
    t:check("RFC8656:7.2#a16", ip4 == 1 and ip6 == 1,
      ("%d relayed addresses of IPv4 and %d of IPv6, and no ADDRESS-ERROR-CODE"):format(ip4, ip6), r)
    k:leave()
  end
}

case {
  id = "turn-server-085",
  title = "half of a dual allocation comes with the reason why there is no other half: 440 or 508",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-modern", "turn-ip4-only" },
  run = function(t)
    lib(t).knows_additional(t)
    local k, r = ask(t, { additional(2) })
    if not lib(t).allocated(t, r, "RFC8656:7.2#a15") then return end
    local ip4, ip6 = count(t, r)
    if ip6 > 0 then t:skip("the server relays IPv6") end
    t:check("RFC8656:7.2#a15", ip4 == 1, ip4 .. " relayed addresses of IPv4", r)
    local e = r:attribute("ADDRESS-ERROR-CODE")
    if t:check("RFC8656:7.2#a15", e ~= nil, "no ADDRESS-ERROR-CODE", r) then
      t:check("RFC8656:7.2#a15", e.family == 2, "ADDRESS-ERROR-CODE names the family " .. tostring(e.family), r)
      t:check("RFC8656:7.2#a15", e.code == 440 or e.code == 508,
        "the code in ADDRESS-ERROR-CODE is " .. tostring(e.code), r)
      t:check("RFC8656:18.12#a2", e.family == 1 or e.family == 2, "ADDRESS-ERROR-CODE names no family", r)
      t:check("RFC8656:18.12#a4", e.code == 440 or e.code == 508,
        "the code in ADDRESS-ERROR-CODE is neither 440 nor 508 but " .. tostring(e.code), r)
    end
    k:leave()
  end
}

case {
  id = "turn-server-290",
  title = "a server without IPv4 refuses who asks for no family with 440",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-ip6-only" },
  run = function(t)
    local k, r = ask(t)
    lib(t).refused(t, r, 440, "RFC8656:7.2#5", "an Allocate request without REQUESTED-ADDRESS-FAMILY")
    k:leave()
    k, r = ask(t, { requested(2) })
    if not lib(t).allocated(t, r, "RFC8656:7.2#4a", "an Allocate request for IPv6") then return end
    local ip4, ip6 = count(t, r)
    t:check("RFC8656:7.2#4a", ip4 == 0 and ip6 == 1,
      ("%d relayed addresses of IPv4 and %d of IPv6"):format(ip4, ip6), r)
    k:leave()
  end
}

-- What may not be asked for in a dual allocation is refused with 400.
local function not_dual(t, attributes, clause, what)
  lib(t).knows_additional(t)
  local k, r = ask(t, attributes)
  lib(t).refused(t, r, 400, clause, what)
  k:leave()
end

case {
  id = "turn-server-086",
  title = "ADDITIONAL-ADDRESS-FAMILY of IPv4 is refused with 400",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-dual" },
  run = function(t)
    not_dual(t, { additional(1) }, "RFC8656:7.2#a13", "ADDITIONAL-ADDRESS-FAMILY of IPv4")
  end
}

case {
  id = "turn-server-087",
  title = "REQUESTED-ADDRESS-FAMILY beside ADDITIONAL-ADDRESS-FAMILY is refused with 400",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-dual" },
  run = function(t)
    not_dual(t, { requested(1), additional(2) }, "RFC8656:7.2#a10", "both attributes of families")
  end
}

case {
  id = "turn-server-088",
  title = "a port cannot be reserved beside a dual allocation: 400",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-dual" },
  run = function(t)
    not_dual(t, { { type = "EVEN-PORT", value = 0x80 }, additional(2) }, "RFC8656:7.2#a11",
      "EVEN-PORT with its R bit and ADDITIONAL-ADDRESS-FAMILY")
  end
}

-- The IPv6 half of a dual allocation is deleted, checked.
local function delete_ip6(t, k)
  return t:expect(k:refresh(0, { requested(2) }), { { success = true, clause = "RFC8656:8.1#a4" } },
    "Refresh for 0 s and IPv6")
end

case {
  id = "turn-server-089",
  title = "one family of a dual allocation can be deleted, and the other goes on with its permissions and channels",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-dual" },
  run = function(t)
    local k = dual(t)
    if not k then return end
    local p4, p6 = lib(t).peer(t), lib(t).peer(t, { family = 6 })
    if not lib(t).permitted(t, k:permit { p4.addr, p6.addr }) or
      not lib(t).permitted(t, k:bind(0x4000, p4.addr), "RFC8656:12.2#a7", "a channel") then return end
    local words = lib(t).words()
    k:send(p6.addr, words)
    if not lib(t).reaches(t, k, p6, "RFC8656:11.2#a9", words, "data for an IPv6 peer") then return end
    if not delete_ip6(t, k) then return end
    t:pass(3) -- for a server that deletes a little later
    t:expect(k:refresh(nil, { requested(1) }), { { success = true, clause = "RFC8656:8.1#a4" } }, "Refresh for IPv4")
    p6:send(k.relayed6, lib(t).words("late"))
    lib(t).client_silent(t, k, "RFC8656:8.1#a4", "the IPv6 relayed address relays after its deletion")
    k:send(p6.addr, lib(t).words("late"))
    lib(t).peer_silent(t, k, p6, "RFC8656:8.1#a4", "an IPv6 peer gets data after the deletion")
    lib(t).relays(t, k, p4, "RFC8656:8.1#2", "an IPv4 peer")
    words = lib(t).words("channel")
    k:channel(0x4000, words)
    lib(t).reaches(t, k, p4, "RFC8656:8.1#2", words, "the channel of an IPv4 peer")
    k:leave()
  end
}

case {
  id = "turn-server-090",
  title = "a deletion that names no family is one of both",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-dual" },
  run = function(t)
    local k = dual(t)
    if not k then return end
    if not t:expect(k:refresh(0), { { success = true, clause = "RFC8656:8.2#a1" } }, "Refresh for 0 s") then return end
    t:pass(3)
    t:check("RFC8656:8.1#a3", k:refresh().kind ~= "success", "one of both families is still there")
  end
}

case {
  id = "turn-server-091",
  title = "a family that has been deleted cannot be refreshed: 443",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-dual" },
  run = function(t)
    local k = dual(t)
    if not k or not delete_ip6(t, k) then return end
    t:pass(3)
    t:expect(k:refresh(nil, { requested(2) }), { { error = 443, clause = "RFC8656:8.2#1" } },
      "Refresh for a family that was deleted")
    k:leave()
  end
}

case {
  id = "turn-server-092",
  title = "a client of one family has data relayed by the other",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-ip6" },
  run = function(t)
    local own = t.family == "ip6" and 6 or 4
    local other = 10 - own
    local k, r = ask(t, { requested(number(other)) })
    if r.code == 440 then t:skip("the server has no IPv" .. other .. " to relay by") end
    if not lib(t).allocated(t, r) then return end
    local p = lib(t).peer(t, { family = other })
    if not lib(t).permitted(t, k:permit(p.addr)) then return end
    lib(t).relays(t, k, p, "RFC8656:5#a13", ("a client of IPv%d and a peer of IPv%d"):format(own, other))
    k:leave()
  end
}

-- A request that names a peer of a family without relayed address is refused with 443. A server may have something
-- against the peer as well.
local function mismatched(t, r, clause, what)
  if r.code == 403 then t:skip("the server forbids the peer (403), of whatever family") end
  t:expect(r, { { error = 443, clause = clause } }, what)
  t:check("RFC8656:19#a6", r.code == 443, what .. ": no 443", r)
end

local function other_family(t, k) return lib(t).family(k.relayed) == 4 and 6 or 4 end

case {
  id = "turn-server-093",
  title = "a peer of a family that the allocation has not is refused with 443",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local peer = ELSEWHERE[other_family(t, k)]
    mismatched(t, k:permit(peer), "RFC8656:10.2#2", "CreatePermission for a peer of the other family")
    mismatched(t, k:bind(0x4000, peer), "RFC8656:12.2#1", "ChannelBind for a peer of the other family")
    k:leave()
  end
}

case {
  id = "turn-server-094",
  title = "a CreatePermission request is refused with 443 where one of its peers is of another family",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local p = lib(t).peer(t, { family = lib(t).family(k.relayed) })
    mismatched(t, k:permit { p.addr, ELSEWHERE[other_family(t, k)] }, "RFC8656:10.2#2", "peers of both families")
    p:send(k.relayed, lib(t).words())
    local heard = k:receive(0.5).kind == "data"
    t:log("the peer of the right family has " .. (heard and "a" or "no") .. " permission now") -- RFC8656:10.2#a8
    k:leave()
  end
}

case {
  id = "turn-server-095",
  title = "a Send indication to a peer of another family is dropped without a word",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local p = lib(t).peer(t, { family = other_family(t, k) })
    k:send(p.addr, lib(t).words())
    lib(t).client_silent(t, k, "RFC8656:11.2#a6", "a Send indication to a peer of another family is answered")
    lib(t).peer_silent(t, k, p, "RFC8656:11.2#a6", "a peer of another family gets data")
    k:leave()
  end
}
