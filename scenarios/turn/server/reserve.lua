-- EVEN-PORT and RESERVATION-TOKEN: even ports, and the port above that is held. RFC 8656 sections 7.2, 18.7 and 18.10.

local function lib(t) return t:lib("turn") end

local RESERVE = 0x80 -- the R bit of EVEN-PORT

local function even(value) return { type = "EVEN-PORT", value = value } end
local function by(token) return { type = "RESERVATION-TOKEN", value = token } end

-- A client with an allocation, and the response; nil, with a check made, where none comes about.
local function allocate(t, attributes, config, clause)
  local k = lib(t).client(t, config)
  local r = k:allocate(attributes)
  if r.code == 420 then t:skip("the server does not know EVEN-PORT") end
  if lib(t).allocated(t, r, clause) and
    t:check("RFC8656:7.2#a28", k.relayed ~= nil, "no XOR-RELAYED-ADDRESS", r) then return k, r end
end

local function check_even(t, k, r)
  t:check("RFC8656:7.2#a21", lib(t).port(k.relayed) % 2 == 0, k.relayed .. " has an odd port", r)
end

-- A client whose allocation has the port above it reserved, and the token for that; nil, with a check made.
local function reserve(t, config)
  local k, r = allocate(t, { even(RESERVE) }, config)
  if not k then return nil end
  local token = r:attribute("RESERVATION-TOKEN")
  if t:check("RFC8656:7.2#a23", token and token.value, "no RESERVATION-TOKEN", r) then return k, token.value, r end
end

-- The address that is reserved beside that of `k`.
local function above(t, k) return lib(t).at(k.relayed, lib(t).port(k.relayed) + 1) end

-- A client that has used the token, and the response; nil, with a check made, where the server refuses it. Other than
-- without a token, 508 says that this one does not count.
local function redeem(t, token, clause, config)
  local k = lib(t).client(t, config)
  local r = k:allocate { by(token) }
  if r.code ~= 508 and not lib(t).allocated(t, r, clause, "an Allocate request with a token") then return nil end
  if t:expect(r, { { success = true, clause = clause } }, "an Allocate request with a token") then return k, r end
end

-- The token of `k` yields what was reserved.
local function yields(t, k, token, clause, config)
  local other, r = redeem(t, token, clause, config)
  if not other then return end
  t:check("RFC8656:7.2#a19", other.relayed == above(t, k),
    ("%s was reserved, and the token yields %s"):format(above(t, k), tostring(other.relayed)), r)
  other:leave()
end

case {
  id = "turn-server-065",
  title = "EVEN-PORT without its R bit: the port is even, and there is no token",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    for _ = 1, 10 do
      local k, r = allocate(t, { even(0) })
      if not k then return end
      check_even(t, k, r)
      t:check("RFC8656:7.2#a30", not r:attribute("RESERVATION-TOKEN"), "a token that nobody asked for", r)
      k:leave()
    end
  end
}

case {
  id = "turn-server-066",
  title = "EVEN-PORT with its R bit: the port is even, and there is a token of 8 octets",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, token, r = reserve(t)
    if not k then return end
    check_even(t, k, r)
    t:check("RFC8656:18.10#a1", #token == 8, ("a token of %d octets"):format(#token), r)
    k:leave()
  end
}

case {
  id = "turn-server-067",
  title = "the token yields the next port of the same IP address",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, token = reserve(t)
    if not k then return end
    yields(t, k, token, "RFC8656:7.2#a19")
    k:leave()
  end
}

case {
  id = "turn-server-068",
  title = "the token holds server-wide: for a client of another port and another transport",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "tcp" },
  run = function(t)
    local transport = t.stream and "udp" or "tcp"
    local has = false
    for _, name in ipairs(t.profile.transports or {}) do has = has or name == transport end
    if not has then t:skip("the profile has no other transport") end
    local k, token = reserve(t)
    if not k then return end
    yields(t, k, token, "RFC8656:7.2#a20", { actor = { transport = transport } })
    k:leave()
  end
}

case {
  id = "turn-server-069",
  title = "a token serves once: then it is refused with 508",
  role = "turn-server",
  type = "I",
  needs = { "accounts" },
  run = function(t)
    local k, token = reserve(t)
    local other = k and redeem(t, token, "RFC8656:7.2#a19")
    if not other then return end
    local third = lib(t).client(t)
    lib(t).refused(t, third:allocate { by(token) }, 508, "RFC8656:7.2#a9", "a token that has been used")
    third:leave()
    other:leave()
    k:leave()
  end
}

case {
  id = "turn-server-070",
  title = "a token that the server has not given is refused with 508",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    local r = k:allocate { by("made up!") }
    if r.code == 420 then t:skip("the server does not know RESERVATION-TOKEN") end
    lib(t).refused(t, r, 508, "RFC8656:7.2#a9", "a token that is made up")
    k:leave()
  end
}

case {
  id = "turn-server-071",
  title = "a token that is cut, or goes on, is none",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k, token = reserve(t)
    if not k then return end
    for _, octets in ipairs { token:sub(1, 7), token .. "\0" } do
      local other = lib(t).client(t)
      local r = other:allocate { by(octets) }
      local what = ("a token of %d octets"):format(#octets)
      if r.kind == "success" or r.kind == "error" then
        t:check("RFC8656:18.10#a1", r.kind == "error", what .. " is taken", r)
      else
        t:inconc("RFC8656:18.10#a1", what .. " is not answered", r)
      end
      other:leave()
    end
    k:leave()
  end
}

-- A valid token beside an attribute that may not stand there is refused with 400.
local function not_beside(t, attribute, clause)
  local k, token = reserve(t)
  if not k then return end
  local other = lib(t).client(t)
  local r = other:allocate { by(token), attribute }
  if r.code == 420 then t:skip("the server does not know " .. attribute.type) end
  lib(t).refused(t, r, 400, clause, "a token beside " .. attribute.type)
  other:leave()
  k:leave()
end

case {
  id = "turn-server-072",
  title = "RESERVATION-TOKEN beside EVEN-PORT is refused with 400",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t) not_beside(t, even(0), "RFC8656:7.2#a6") end
}

case {
  id = "turn-server-073",
  title = "RESERVATION-TOKEN beside REQUESTED-ADDRESS-FAMILY is refused with 400",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t) not_beside(t, { type = "REQUESTED-ADDRESS-FAMILY", value = 1 }, "RFC8656:7.2#a7") end
}

case {
  id = "turn-server-074",
  title = "RESERVATION-TOKEN beside ADDITIONAL-ADDRESS-FAMILY is refused with 400",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-dual" },
  run = function(t)
    lib(t).knows_additional(t)
    not_beside(t, { type = "ADDITIONAL-ADDRESS-FAMILY", value = 2 }, "RFC8656:7.2#a8")
  end
}

case {
  id = "turn-server-075",
  title = "a reserved port is held for 30 seconds",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "udp", "virtual-time" },
  run = function(t)
    local k, token = reserve(t)
    if not k then return end
    t:pass(29)
    yields(t, k, token, "RFC8656:7.2#10a")
    k:leave()
  end
}

case {
  id = "turn-server-076",
  title = "a reserved port is given to nobody who has no token for it",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp" },
  run = function(t)
    local k = reserve(t)
    if not k then return end
    local others, taken = {}, nil
    for i = 1, 30 do
      local other = lib(t).client(t, { over = k })
      local r = other:allocate()
      if i == 1 and not lib(t).allocated(t, r) then return end
      if r.kind ~= "success" then break end -- it may have a quota
      others[i] = other
      if other.relayed == above(t, k) then taken = r end
    end
    t:check("RFC8656:7.2#a22", not taken, above(t, k) .. " was reserved, and another client has got it",
      taken or k.allocated)
    for _, other in ipairs(others) do other:leave() end
    k:leave()
  end
}

case {
  id = "turn-server-077",
  title = "the reserved bits of EVEN-PORT are ignored",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    for _, value in ipairs { 0x7f, 0xff } do
      local k, r = allocate(t, { even(value) }, nil, "RFC8656:18.7#a4")
      if not k then return end
      check_even(t, k, r)
      local token = r:attribute("RESERVATION-TOKEN") ~= nil
      t:check("RFC8656:18.7#a4", token == (value & RESERVE ~= 0),
        ("EVEN-PORT 0x%x is answered with%s a token"):format(value, token and "" or "out"), r)
      k:leave()
    end
  end
}

case {
  id = "turn-server-078",
  title = "no two reserved ports have the same token",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, token = reserve(t)
    if not k then return end
    local other, another, r = reserve(t)
    if other then
      t:check("RFC8656:18.10#a2", token ~= another, "two reservations have one token", r)
      other:leave()
    end
    k:leave()
  end
}
