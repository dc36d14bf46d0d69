-- Credentials: what needs them, whose they are, and what becomes of nonces. RFC 8656 sections 5, 6 and 7.2.

local function lib(t) return t:lib("turn") end

-- A client that was challenged and has no allocation; nil, with a check made, where no challenge comes.
local function challenged(t, config)
  local k = lib(t).client(t, config)
  local r = lib(t).judged(t, k:challenged())
  if t:expect(r, { { error = 401, clause = "RFC8656:7.2#2" } }, "an Allocate request without credentials") and
    t:check("RFC8489:9.2.4#4", k.challenge ~= nil, "no NONCE", r) then return k end
  if r.kind == "success" then k:leave() end
  return nil
end

-- The requests that go to an allocation: what they are called, and how a client sends each.
local requests = {
  { "a Refresh request", function(k, _, opts) return k:refresh(nil, nil, opts) end },
  { "a CreatePermission request", function(k, address, opts) return k:permit(address, opts) end },
  { "a ChannelBind request", function(k, address, opts) return k:bind(0x4000, address, opts) end },
}

case {
  id = "turn-server-030",
  title = "an Allocate request without credentials is challenged with 401, REALM and NONCE",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    local r = lib(t).judged(t, k:challenged())
    if t:expect(r, { { error = 401, clause = "RFC8656:7.2#2" } }, "an Allocate request without credentials") then
      t:check("RFC8489:9.2.4#3", r:attribute("REALM") ~= nil, "no REALM", r)
      t:check("RFC8489:9.2.4#4", r:attribute("NONCE") ~= nil, "no NONCE", r)
      -- the long-term mechanism and RFC 7635 have both
      local known = r:attribute("REALM") and r:attribute("NONCE")
      t:check("RFC8656:7.2#3", known, "the challenge is of no mechanism that is known", r)
      if not known then return end
      if lib(t).allocated(t, k:allocate(), "RFC8656:5#1a", "an Allocate request by the long-term mechanism") then
        k:leave()
      end
    elseif r.kind == "success" then
      k:leave()
    end
  end
}

case {
  id = "turn-server-031",
  title = "a request under a wrong password is refused with 401, and does nothing",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = challenged(t)
    if not k then return end
    local wrong = { password = "not the password" }
    local function refused(r, what)
      t:check("RFC8489:9.2.4#19", r.kind == "error", what .. ": no error response but " .. tostring(r.kind), r)
      return t:expect(r, { { error = 401, clause = "RFC8489:9.2.4#20" } }, what)
    end
    local r = lib(t).judged(t, k:allocate(nil, wrong))
    if not refused(r, "an Allocate request under a wrong password") then return end
    k = lib(t).with_allocation(t)
    if not k then return end
    refused(k:refresh(0, nil, wrong), "a Refresh request under a wrong password")
    t:expect(k:refresh(), { { success = true, clause = "RFC8489:9.2.4#19" } },
      "a Refresh request under the right password after that")
    k:leave()
  end
}

case {
  id = "turn-server-032",
  title = "a user that the server does not know is refused with 401",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = challenged(t)
    if not k then return end
    local r = lib(t).judged(t, k:allocate(nil, { username = "nobody" }))
    t:expect(r, { { error = 401, clause = "RFC8489:9.2.4#13" } }, "an Allocate request of an unknown user")
  end
}

case {
  id = "turn-server-033",
  title = "a nonce that is not valid is refused with 438, which brings one that is",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    if not k.challenge then t:skip("the server asks for no credentials") end
    local offered = k.challenge:attribute("PASSWORD-ALGORITHMS") ~= nil
    local cookie = k.challenge:attribute("NONCE").value:match("^obMatJos2....") or ""
    local r = k:refresh(nil, nil, { nonce = cookie .. "made-up-by-the-client" })
    if t:expect(r, { { error = 438, clause = "RFC8489:9.2.4#22" } }, "a nonce that the server never gave") then
      t:check("RFC8489:9.2.4#23a", r:attribute("NONCE") and r:attribute("REALM") and
        (r:attribute("PASSWORD-ALGORITHMS") or not offered), "NONCE, REALM or PASSWORD-ALGORITHMS is missing", r)
      if r:attribute("NONCE") then
        k.challenge = r
        t:expect(k:refresh(nil, nil, { once = true }), { { success = true, clause = "RFC8489:9.2.4#24" } },
          "the nonce of the 438")
      end
    end
    k:leave()
  end
}

-- Refresh with one nonce each five minutes, until it is refused with 438 or an hour is over; what came last.
local function use_up(t, k)
  local r
  for _ = 1, 13 do
    t:pass(290)
    r = k:refresh(nil, nil, { once = true })
    if r.kind ~= "success" then return r end
  end
  return r
end

case {
  id = "turn-server-034",
  title = "a nonce expires within the hour",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local r = use_up(t, k)
    t:expect(r, { { error = 438, clause = "RFC8656:5#4b" } }, "Refresh requests with one nonce for 62 minutes")
    k:leave()
  end
}

case {
  id = "turn-server-035",
  title = "whoever tries to allocate first gets a nonce of his own",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp" },
  run = function(t)
    local base, whose = lib(t).client(t), {}
    for i = 1, 16 do
      local k = challenged(t, { over = base })
      if not k then return end
      local nonce = tostring(k.challenge:attribute("NONCE").value)
      local what = ("clients %s and %d have the same nonce"):format(whose[nonce], i)
      t:check("RFC8656:5#4a", not whose[nonce], what, k.challenge)
      if t:lib("stun").nonce(nonce) then -- RFC 5389 had no such rule: RFC8489:9.2.4#a9
        t:check("RFC8489:9.2.4#5", not whose[nonce], what, k.challenge)
      end
      whose[nonce] = i
    end
  end
}

case {
  id = "turn-server-036",
  title = "success responses are signed with the key of the request",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    if not k.challenge then t:skip("the server asks for no credentials") end
    local function signed(r, what)
      if not t:expect(r, { { success = true, clause = "RFC8489:6.3.1#a4" } }, what) then return end
      t:check("RFC8489:6.3.1.1#4", r.integrity == "good" or r.integrity256 == "good",
        ("%s: MESSAGE-INTEGRITY of the answer is %s, MESSAGE-INTEGRITY-SHA256 %s"):format(what, r.integrity,
          r.integrity256), r)
      if k.challenge:attribute("PASSWORD-ALGORITHMS") then
        t:check("RFC8489:9.2.4#26", r.integrity256 == "good", what .. ": no good MESSAGE-INTEGRITY-SHA256", r)
      else
        t:check("RFC8489:9.2.4#27a", r.integrity == "good" and not r:attribute("MESSAGE-INTEGRITY-SHA256"),
          what .. ": not MESSAGE-INTEGRITY alone", r)
      end
    end
    signed(k.allocated, "an Allocate request")
    local address = lib(t).peer(t).addr
    for i, one in ipairs(requests) do
      local r = one[2](k, address)
      local free = i > 1 and (r.code == 403 or r.code == 508) -- RFC8656:10.2#3a
      if not free then signed(r, one[1]) end
    end
    k:leave()
  end
}

case {
  id = "turn-server-037",
  title = "requests of another user on the 5-tuple are refused with 441, and do nothing",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local bob = lib(t).second_account(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local p = lib(t).peer(t)
    for _, one in ipairs(requests) do
      local r = one[2](k, p.addr, { account = bob })
      t:expect(r, { { error = 441, clause = "RFC8656:5#5" } }, one[1] .. " of another user")
    end
    t:expect(k:refresh(0, nil, { account = bob }), { { error = 441, clause = "RFC8656:5#5" } },
      "a Refresh request of another user with LIFETIME 0")
    local r = k:refresh(nil, nil, { account = bob })
    t:check("RFC8656:19#a4", r.code == 441, "a request other than Allocate, of another user: no 441", r)
    p:send(k.relayed, lib(t).words())
    lib(t).client_silent(t, k, "RFC8656:5#5", "another user's request has installed a permission")
    t:expect(k:refresh(), { { success = true, clause = "RFC8656:5#5" } }, "a Refresh request of the user after that")
    k:leave()
  end
}

case {
  id = "turn-server-038",
  title = "requests without credentials are refused with 401 after the Allocate request as before, and do nothing",
  role = "turn-server",
  type = "I",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    if not k.challenge then t:skip("the server asks for no credentials") end
    local p = lib(t).peer(t)
    for _, one in ipairs(requests) do
      local r = one[2](k, p.addr, { unsigned = true })
      t:expect(r, { { error = 401, clause = "RFC8489:9.2.4#2" } }, one[1] .. " without credentials")
    end
    t:expect(k:refresh(0, nil, { unsigned = true }), { { error = 401, clause = "RFC8489:9.2.4#2" } },
      "a Refresh request without credentials, with LIFETIME 0")
    p:send(k.relayed, lib(t).words())
    lib(t).client_silent(t, k, "RFC8489:9.2.4#2", "an unsigned request has installed a permission")
    t:expect(k:refresh(), { { success = true, clause = "RFC8489:9.2.4#2" } }, "a Refresh request with credentials")
    k:leave()
  end
}

case {
  id = "turn-server-039",
  title = "requests other than Allocate are refused with 437 where the 5-tuple has no allocation",
  role = "turn-server",
  type = "I",
  needs = { "accounts" },
  run = function(t)
    local base, p = lib(t).client(t), lib(t).peer(t)
    for _, one in ipairs(requests) do
      local k = challenged(t, { over = base })
      if not k then return end
      local r = one[2](k, p.addr)
      t:expect(r, { { error = 437, clause = "RFC8656:5#6a" } }, one[1] .. " without an allocation")
      t:check("RFC8656:19#a2", r.code == 437, one[1] .. " without an allocation: no 437", r)
    end
  end
}

case {
  id = "turn-server-040",
  title = "Send indications and ChannelData are not answered where the 5-tuple has no allocation",
  role = "turn-server",
  type = "I",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    k:send("192.0.2.1:9", lib(t).words())
    k:channel(0x4000, lib(t).words())
    lib(t).client_silent(t, k, "RFC8656:5#6b", "a Send indication or ChannelData was answered")
  end
}

case {
  id = "turn-server-041",
  title = "Send indications need no credentials",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local words = lib(t).words()
    k:send(p.addr, words)
    lib(t).reaches(t, k, p, "RFC8656:5#a3", words, "a Send indication without integrity")
    k:leave()
  end
}

case {
  id = "turn-server-042",
  title = "FINGERPRINT may stand in each request and in a Send indication",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = challenged(t)
    if not k then return end
    local offered = k.challenge:attribute("PASSWORD-ALGORITHMS")
    local opts = { integrity = { offered and "MESSAGE-INTEGRITY-SHA256" or "MESSAGE-INTEGRITY", "FINGERPRINT" } }
    local clause, with = "RFC8489:6.3.1#a4", " with FINGERPRINT"
    if not lib(t).allocated(t, k:allocate(nil, opts), clause, "an Allocate request" .. with) then return end
    local p = lib(t).peer(t)
    t:expect(k:refresh(nil, nil, opts), { { success = true, clause = clause } }, "a Refresh request" .. with)
    if lib(t).permitted(t, k:permit(p.addr, opts), clause, "a CreatePermission request" .. with) then
      local words = lib(t).words()
      k:send(p.addr, words, { "FINGERPRINT" })
      lib(t).reaches(t, k, p, "RFC8656:11.2#a8", words, "a Send indication" .. with)
    end
    lib(t).permitted(t, k:bind(0x4000, p.addr, opts), clause, "a ChannelBind request" .. with)
    k:leave()
  end
}

case {
  id = "turn-server-043",
  title = "SHA-256 serves where it is offered, and the answer is signed with it",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = challenged(t)
    if not k then return end
    local offered = false
    local list = k.challenge:attribute("PASSWORD-ALGORITHMS")
    for _, a in ipairs(list and list.algorithms or {}) do offered = offered or a.algorithm == "SHA-256" end
    if not offered then t:skip("the server does not offer SHA-256") end
    local r = k:allocate(nil, { algorithm = "SHA-256" })
    local what = "an Allocate request with PASSWORD-ALGORITHM SHA-256"
    if not lib(t).allocated(t, r, "RFC8489:9.2.4#a8", what) then return end
    t:check("RFC8489:9.2.4#26", r.integrity256 == "good",
      "MESSAGE-INTEGRITY-SHA256 of the answer is " .. tostring(r.integrity256), r)
    k:leave()
  end
}

case {
  id = "turn-server-044",
  title = "the nonce may change in the life of an allocation, which goes on under the new one",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local r = use_up(t, k)
    if r.code ~= 438 or not r:attribute("NONCE") then t:skip("the nonce does not change within the hour") end
    k.challenge = r
    t:expect(k:refresh(), { { success = true, clause = "RFC8656:6#a2" } }, "a Refresh request with the new nonce")
    local p = lib(t).peer(t)
    if lib(t).permitted(t, k:permit(p.addr), "RFC8656:6#a2", "a CreatePermission request with the new nonce") then
      lib(t).permitted(t, k:bind(0x4000, p.addr), "RFC8656:6#a2", "a ChannelBind request with the new nonce")
      local words = lib(t).words("back")
      p:send(k.relayed, words)
      lib(t).comes_back(t, k, "RFC8656:6#a2", words, "a datagram of a peer")
    end
    k:leave()
  end
}
