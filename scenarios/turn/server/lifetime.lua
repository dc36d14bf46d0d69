-- Lifetimes: what is granted, Refresh, deletion and expiry. RFC 8656 sections 6, 7.2, 8 and 18.2.

local function lib(t) return t:lib("turn") end

local LIMIT = 3600 -- RFC8656:7.2#14
local LATE = 11    -- seconds after its expiry an allocation is gone for certain
local CUT = 1      -- seconds: what is told is what is left of the time (RFC8656:7.2#a29), cut to whole ones
local HELD = 3     -- seconds that a server is given to clear away what was deleted

local function lifetime(seconds) return { type = "LIFETIME", value = seconds } end
local function family(value) return { type = "REQUESTED-ADDRESS-FAMILY", value = value } end
local function maximum(t) return (t.profile.turn or {}).max_lifetime end

-- The LIFETIME of a success response, checked to be there; nil: it is not.
local function told(t, r, clause)
  local a = r:attribute("LIFETIME")
  return t:check(clause, a and a.value, "no LIFETIME", r) and a.value or nil
end

-- The lifetime of a new allocation that asks for `seconds` (nil: for none), and the response; the allocation is
-- deleted again. nil, with a check made, where it does not come about.
local function granted(t, seconds)
  local k = lib(t).client(t)
  local r = k:allocate(seconds and { lifetime(seconds) })
  k:leave()
  if not lib(t).allocated(t, r) then return nil end
  return told(t, r, "RFC8656:7.2#a29"), r
end

-- The lifetime that a Refresh for `seconds` gives; nil, with a check made, where it is refused.
local function refreshed(t, k, seconds)
  local r = k:refresh(seconds)
  local what = seconds and "Refresh for " .. seconds .. " s" or "Refresh without LIFETIME"
  if not t:expect(r, { { success = true, clause = "RFC8656:8.2#a2" } }, what) then return nil end
  return told(t, r, "RFC8656:8.2#a5"), r
end

local function near(v, seconds) return math.abs(v - seconds) <= CUT end

-- A server may have a maximum of its own, down to the default (RFC8656:7.2#a27): between the default and what was
-- asked for all is lawful.
local function fits(t, clause, v, asked, default, r)
  t:check(clause, v >= default - CUT, ("%d s, less than the default, which is %d s"):format(v, default), r)
  t:check(clause, v <= math.max(asked, default + CUT), ("%d s, where %d s were asked for"):format(v, asked), r)
end

-- What is granted to one who asks for far too much.
local function bounded(t, clause, v, r)
  t:check("RFC8656:7.2#14", v <= LIMIT, v .. " s are granted", r)
  if maximum(t) then
    t:check(clause, v <= maximum(t), ("%d s, more than its maximum, which is %d s"):format(v, maximum(t)), r)
  end
end

-- The allocation is gone.
local function gone(t, k, clause, what)
  local r = k:refresh()
  if not t:check(clause, r.kind ~= "success", what .. ": the allocation is still there", r) then return false end
  return t:expect(r, { { error = 437, clause = "RFC8656:5#6a" } }, what .. ", and a Refresh request")
end

-- The allocation is there: seen by a request that does not refresh it.
local function lives(t, k, clause, what)
  local r = k:permit("192.0.2.254:9")
  local answered = r.kind == "success" or r.kind == "error"
  return t:check(clause, answered and r.code ~= 437, what .. ": the allocation is not there", r)
end

-- A client with an allocation and its lifetime; nil, with a check made, where that does not come about.
local function lasting(t)
  local k = lib(t).with_allocation(t)
  local seconds = k and told(t, k.allocated, "RFC8656:7.2#a29")
  if seconds then return k, seconds end
end

case {
  id = "turn-server-046",
  title = "an allocation that asks for no lifetime has the default one",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local want = (t.profile.turn or {}).default_lifetime or 600
    local v, r = granted(t)
    if not v then return end
    if v > want then t:skip(("its default lifetime is %d s, and the profile says %d s"):format(v, want)) end
    t:check("RFC8656:7.2#a26", v >= want - CUT, ("%d s, where the default is %d s"):format(v, want), r)
  end
}

case {
  id = "turn-server-047",
  title = "who asks for less than the default lifetime gets the default",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local default = granted(t)
    if not default then return end
    for _, asked in ipairs { 0, 1, default - 10 } do
      local v, r = granted(t, asked)
      if not v then return end
      t:check("RFC8656:7.2#a25", near(v, default),
        ("%d s were asked for, and %d s granted; the default is %d s"):format(asked, v, default), r)
    end
  end
}

case {
  id = "turn-server-048",
  title = "who asks for more than the default lifetime gets no more than that, and no less than the default",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local default = granted(t)
    if not default then return end
    for _, asked in ipairs { default + 1, 2 * default } do
      local v, r = granted(t, asked)
      if not v then return end
      fits(t, "RFC8656:7.2#a25", v, asked, default, r)
    end
  end
}

case {
  id = "turn-server-049",
  title = "no lifetime is over an hour, whatever is asked for",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local some = granted(t, LIMIT)
    if not some then return end
    for _, asked in ipairs { 0x80000000, 0xffffffff } do
      local v, r = granted(t, asked)
      if not v then return end
      bounded(t, "RFC8656:7.2#a25", v, r)
      t:check("RFC8656:7.2#a25", v >= some - CUT,
        ("%d s are granted for 0x%x, and %d s for %d"):format(v, asked, some, LIMIT), r)
    end
  end
}

case {
  id = "turn-server-050",
  title = "LIFETIME of a wrong length is not taken for a number of seconds",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local default = granted(t)
    if not default then return end
    local half, twice = string.pack(">I2", 2 * default), string.pack(">I4I4", 2 * default, 2 * default)
    for _, octets in ipairs { "", half, twice } do
      local k = lib(t).client(t)
      local r = k:allocate { { type = "LIFETIME", value = octets } }
      k:leave()
      local what = ("LIFETIME of %d octets"):format(#octets)
      local v = r.kind == "success" and told(t, r, "RFC8656:7.2#a29")
      if r.kind == "error" and r.code == 400 then
        t:check("RFC8656:18.2#a1", true, what, r)
      elseif v == 2 * default and octets == twice then -- the number is in there
        t:inconc("RFC8656:18.2#a1", what .. ": its first four count, and that they may not is not said", r)
      elseif v and not near(v, default) then
        t:check("RFC8656:18.2#a1", false, ("%s is taken for a number: %d s are granted"):format(what, v), r)
      else
        t:inconc("RFC8656:18.2#a1", what .. " is ignored, or refused otherwise than with 400: no code is named", r)
        if r.kind == "timeout" then return end
      end
    end
  end
}

case {
  id = "turn-server-051",
  title = "a Refresh request without LIFETIME sets the default lifetime, and the response tells it",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, default = lasting(t)
    if not k or not refreshed(t, k, default + 300) then return end
    local v, r = refreshed(t, k)
    if v then t:check("RFC8656:8.2#a3", near(v, default), ("%d s, where the default is %d s"):format(v, default), r) end
    k:leave()
  end
}

case {
  id = "turn-server-052",
  title = "a Refresh request with LIFETIME 0 succeeds, and the allocation is gone",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local r = k:refresh(0)
    if not t:expect(r, { { success = true, clause = "RFC8656:8.2#a1" } }, "Refresh for 0 s") then return end
    local a = r:attribute("LIFETIME")
    t:check("RFC8656:8.2#a1", not a or a.value == 0, "LIFETIME is not 0 in the answer to a deletion", r)
    t:pass(HELD)
    gone(t, k, "RFC8656:8.2#a1", "after a deletion")
  end
}

case {
  id = "turn-server-053",
  title = "permissions and channels go with their allocation: the next one of the 5-tuple has none",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k or not lib(t).permitted(t, k:bind(0x4000, p.addr), "RFC8656:12.2#a7", "a channel") then return end
    if not t:expect(k:leave(), { { success = true, clause = "RFC8656:8.2#a1" } }, "Refresh for 0 s") then return end
    t:pass(HELD)
    local r = k:allocate()
    if r.code == 437 then t:skip("the 5-tuple is still in use: nothing can be seen by it") end
    if not lib(t).allocated(t, r) then return end
    -- each as the end of an allocation has it, and as permissions and channels have it
    for _, clause in ipairs { "RFC8656:8.1#a5", "RFC8656:9#a8" } do
      p:send(k.relayed, lib(t).words("late"))
      lib(t).client_silent(t, k, clause, "a peer is heard by the permission of an allocation that was deleted")
    end
    for _, clause in ipairs { "RFC8656:8.1#a5", "RFC8656:12#a8" } do
      k:channel(0x4000, lib(t).words("late"))
      lib(t).peer_silent(t, k, p, clause, "a channel of an allocation that was deleted carries data")
    end
    k:leave()
  end
}

case {
  id = "turn-server-054",
  title = "what a peer sends to a relayed address that was deleted does not come to the client",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    if not t:expect(k:leave(), { { success = true, clause = "RFC8656:8.2#a1" } }, "Refresh for 0 s") then return end
    t:pass(HELD)
    t:allow(p.a) -- ICMP may say that there is no such port
    p:send(k.relayed, lib(t).words("late"))
    lib(t).client_silent(t, k, "RFC8656:8.2#a1", "the relayed address of an allocation that was deleted relays")
  end
}

case {
  id = "turn-server-055",
  title = "a retransmitted deletion is answered by success again, or with 437",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    if t.stream then t:skip("nothing is retransmitted over a stream") end
    local k = lib(t).with_allocation(t)
    if not k then return end
    local r, args
    for i = 1, 3 do -- 438 is followed, by another transaction
      args = k:form("refresh", { lifetime(0) }, { id = ("deletion%04d"):format(i) })
      if not args then return end
      r = k:raw(args)
      if r.code ~= 438 then break end
      k.challenge = r
    end
    if not t:expect(r, { { success = true, clause = "RFC8656:8.2#a1" } }, "Refresh for 0 s") then return end
    t:expect(k:raw(args), { { success = true, clause = "RFC8489:6.3.1#1" }, { error = 437, clause = "RFC8489:6.3.1#1" },
      { error = 438, clause = "RFC8489:6.3.1#1", note = "the nonce may be stale by now" } }, "the same request again")
  end
}

case {
  id = "turn-server-056",
  title = "Refresh grants lifetimes as Allocate does: from the default to the maximum",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, default = lasting(t)
    if not k then return end
    local v, r = refreshed(t, k, default + 1)
    if not v then return end
    fits(t, "RFC8656:8.2#a2", v, default + 1, default, r)
    v, r = refreshed(t, k, 0xffffffff)
    if not v then return end
    bounded(t, "RFC8656:8.2#a2", v, r)
    v, r = refreshed(t, k, 1)
    if not v then return end
    t:check("RFC8656:8.2#a2", near(v, default),
      ("1 s was asked for, and %d s granted; the default is %d s"):format(v, default), r)
    k:leave()
  end
}

case {
  id = "turn-server-057",
  title = "an allocation is kept for its lifetime, and is gone after it",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time" },
  run = function(t)
    local kept, seconds = lasting(t)
    local left = kept and lasting(t)
    if not left then return end
    t:pass(seconds - 1)
    t:expect(kept:refresh(), { { success = true, clause = "RFC8656:6#a5" } }, "Refresh, 1 s before the expiry")
    t:pass(1 + LATE)
    gone(t, left, "RFC8656:6#a5", LATE .. " s after its expiry")
    lives(t, kept, "RFC8656:18.2#a2", "an allocation that was refreshed")
    kept:leave()
  end
}

case {
  id = "turn-server-058",
  title = "a Refresh request sets the time anew, and adds nothing to what was left",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "udp", "virtual-time" },
  run = function(t)
    local k, seconds = lasting(t)
    if not k then return end
    t:pass(seconds - 100)
    local again = refreshed(t, k)
    if not again then return end
    t:pass(again - 50)
    local what = again - 50 .. " s after a Refresh for " .. again .. " s"
    lives(t, k, "RFC8656:8.2#a4", what)
    lives(t, k, "RFC8656:6#a3", what)
    t:pass(50 + LATE)
    gone(t, k, "RFC8656:8.2#a4", again + LATE .. " s after it")
  end
}

case {
  id = "turn-server-059",
  title = "neither data nor permissions and channels refresh an allocation",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "udp", "virtual-time" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    local seconds = k and told(t, k.allocated, "RFC8656:7.2#a29")
    if not seconds or not lib(t).relays(t, k, p, "RFC8656:11.2#a8", "the relay") then return end
    local due = t:now() + seconds
    while t:now() + 30 < due do
      k:send(p.addr, "a Send indication")
      k:channel(0x4000, "ChannelData")
      p:send(k.relayed, "a peer's data")
      lib(t).permitted(t, k:permit(p.addr))
      lib(t).permitted(t, k:bind(0x4000, p.addr), "RFC8656:12.2#a7")
      t:pass(30)
    end
    p:pending()
    k:pending()
    t:pass(due + LATE - t:now())
    gone(t, k, "RFC8656:6#a4", "without a Refresh request, " .. LATE .. " s after its expiry")
  end
}

case {
  id = "turn-server-060",
  title = "what a peer sends to a relayed address that has expired does not come to the client",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "udp", "virtual-time" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    local seconds = k and told(t, k.allocated, "RFC8656:7.2#a29")
    if not seconds then return end
    t:pass(seconds - 100) -- the permission has to outlive the allocation, else it is that which is missing
    if not lib(t).permitted(t, k:permit(p.addr)) or
      not lib(t).relays(t, k, p, "RFC8656:11.2#a8", "the relay before its expiry") then return end
    t:pass(100 + LATE)
    t:allow(p.a) -- ICMP may say that there is no such port
    p:send(k.relayed, lib(t).words("late"))
    lib(t).client_silent(t, k, "RFC8656:6#a5", "a relayed address that has expired relays")
  end
}

-- A server of RFC 5766 alone knows no families.
local function knows_families(t, r)
  if r.code == 420 then t:skip("the server does not know REQUESTED-ADDRESS-FAMILY") end
end

case {
  id = "turn-server-061",
  title = "a Refresh request for a family that the allocation has not is refused with 443",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local other = lib(t).family(k.relayed) == 4 and 2 or 1
    local r = k:refresh(nil, { family(other) })
    knows_families(t, r)
    t:expect(r, { { error = 443, clause = "RFC8656:8.2#1" } }, "Refresh for the other family")
    k:leave()
  end
}

case {
  id = "turn-server-062",
  title = "a Refresh request may name the family of the allocation",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local r = k:refresh(nil, { family(lib(t).family(k.relayed) == 4 and 1 or 2) })
    knows_families(t, r)
    t:expect(r, { { success = true, clause = "RFC8656:8.2#1" } }, "Refresh for the family of the allocation")
    k:leave()
  end
}

case {
  id = "turn-server-063",
  title = "an allocation may be refreshed at any time: fifty times in a row",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    for i = 1, 50 do
      local r = k:refresh()
      if not t:expect(r, { { success = true, clause = "RFC8656:8.2#a5" } }, "Refresh no. " .. i) then return end
    end
    k:leave()
  end
}

case {
  id = "turn-server-064",
  title = "a Refresh request from another port finds no allocation, though the user is the same",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local stranger = lib(t).client(t, { over = k })
    t:expect(stranger:refresh(), { { error = 437, clause = "RFC8656:5#6a" } }, "Refresh from another port")
    lives(t, k, "RFC8656:5#6a", "after a Refresh request from another port")
    k:leave()
  end
}
