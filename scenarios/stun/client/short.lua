-- A STUN client with short-term credentials: RFC 8489 section 9.1.

local SHA1, SHA256 = "MESSAGE-INTEGRITY", "MESSAGE-INTEGRITY-SHA256"

-- A success response under the integrity attributes that are named.
local function answer(lib, s, r, attributes, more)
  local list = { { type = "XOR-MAPPED-ADDRESS", address = r.from } }
  for _, a in ipairs(attributes) do list[#list + 1] = a end
  lib.reply(s, r, list, more)
end

case {
  id = "stun-client-033",
  title = "a request under short-term credentials has USERNAME and both integrity attributes, and not the password",
  role = "stun-client",
  type = "V",
  needs = { "ask", "auth-short" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "short" })
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    local account = t.profile.accounts[1]
    local user = t:opaque(account.username) or account.username
    local name = r:attribute("USERNAME")
    for _, type in ipairs { "USERNAME", SHA1, SHA256 } do
      t:check("RFC8489:9.1.2#1", r:attribute(type) ~= nil, "the request has no " .. type, r)
    end
    if name then
      t:check("RFC8489:14.3#a1", name.value == user, "USERNAME is that of somebody else", r)
    end
    -- a password that is part of the name, or so short that chance may write it, says nothing
    if #account.password > 3 and not user:find(account.password, 1, true) then
      t:check("RFC8489:9.1.2#a1", not r.octets:find(account.password, 1, true), "the password is in the request", r)
    end
    if name and name.value == user then
      t:check("RFC8489:9.1.2#a2", r.integrity ~= "bad", SHA1 .. " does not fit the password", r)
      t:check("RFC8489:9.1.1#a1", r.integrity ~= "bad" and r.integrity256 ~= "bad", "the password is not the key", r)
      t:check("RFC8489:9.1.2#a2", r.integrity256 ~= "bad", SHA256 .. " does not fit the password", r)
    end
    local has = r:attribute(SHA256) and SHA256 or r:attribute(SHA1) and SHA1
    if not has then return end
    answer(lib, s, r, { has }) -- another one than the request has it would discard: 9.1.4#1
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:9.1.4#a1" } }, "a signed success response")
  end
}

case {
  id = "stun-client-034",
  title = "where the algorithm is known a request has USERNAME and one integrity attribute",
  role = "stun-client",
  type = "V",
  needs = { "ask", "auth-short-known" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "short" })
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    local sha1, sha256 = r:attribute(SHA1) ~= nil, r:attribute(SHA256) ~= nil
    t:check("RFC8489:9.1.2#2", r:attribute("USERNAME") ~= nil, "the request has no USERNAME", r)
    if t:check("RFC8489:9.1.2#2", sha1 or sha256, "the request has no integrity attribute", r) then
      answer(lib, s, r, { sha256 and SHA256 or SHA1 })
      t:expect(asked:wait(60), { { success = true, clause = "RFC8489:9.1.4#a1" } }, "a signed success response")
    end
  end
}

case {
  id = "stun-client-035",
  title = "over UDP a response with a wrong integrity value is as if it had not come",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-short", "udp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "short" })
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    local refusal = { { type = "ERROR-CODE", code = 420, reason = "" } }
    s:reply { id = r.id, class = "error", attributes = lib.forged(r, refusal) }
    local again = s:receive { timeout = 40, where = lib.of(r.message.transaction) }
    if not t:check("RFC8489:9.1.4#2", again.message ~= nil, "no retransmission after a forged response", r) then
      return
    end
    answer(lib, s, again, { SHA256 })
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:9.1.4#2" } },
      "a forged response, then the right one")
  end
}

case {
  id = "stun-client-036",
  title = "where no response had the right integrity value, that is told: it was no timeout",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-short", "udp", "tells" },
  tags = { "slow" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "short" })
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    s:reply { id = r.id, attributes = lib.forged(r) }
    local said = asked:wait(700)
    t:check("RFC8489:9.1.4#3", said.kind == "failed",
      "all responses had wrong integrity values, and the IUT says '" .. said.kind .. "'", r)
  end
}

case {
  id = "stun-client-037",
  title = "over a stream a response without integrity ends the transaction at once, and is told as such",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-short", "tcp", "tells" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "short" })
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    lib.reply(s, r)
    local said = asked:wait(5)
    t:check("RFC8489:9.1.4#4a", said.kind ~= "success", "an unsigned response is taken", r)
    if not t:check("RFC8489:9.1.4#4b", said.kind ~= "hung", "5 s later the transaction has not ended", r) then
      return
    end
    if said.kind ~= "success" then
      t:check("RFC8489:9.1.4#4c", said.kind == "failed", "the IUT says '" .. said.kind .. "'", r)
    end
  end
}

case {
  id = "stun-client-038",
  title = "later requests have the one integrity attribute that the first response had, and ask for it",
  role = "stun-client",
  type = "V",
  needs = { "ask", "auth-short", "udp", "session" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "short" })
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    answer(lib, s, r, { SHA256 })
    if not t:expect(asked:wait(60), { { success = true, clause = "RFC8489:9.1.4#a1" } }, "the first response") then
      return
    end
    asked = lib.ask(t, s.addr)
    local later = lib.request(t, s, lib.not_of(r.message.transaction))
    if not later then return end
    t:check("RFC8489:9.1.5#1", later:attribute(SHA256) ~= nil and later:attribute(SHA1) == nil,
      "the first response had " .. SHA256 .. ", the next request has not that alone", later)
    if later:attribute(SHA1) then return end
    -- HMAC-SHA1 was never asked for: a right value of it is no answer
    lib.refuse(s, later, 420, { SHA1 })
    answer(lib, s, later, { SHA256 }, { after_us = 50000 })
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:9.1.4#1" } },
      "a response under " .. SHA1 .. ", then one under " .. SHA256)
  end
}

case {
  id = "stun-client-039",
  title = "integrity is looked at before unknown attributes",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-short", "udp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "short" })
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    local list = { { type = "XOR-MAPPED-ADDRESS", address = r.from }, { type = 0x7ffe, value = "?" } }
    s:reply { id = r.id, attributes = lib.forged(r, list) }
    answer(lib, s, r, { SHA256 }, { after_us = 50000 })
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:6.3#a9" } },
      "a forged response with an unknown attribute, then the right one")
  end
}

case {
  id = "stun-client-066",
  title = "what stands behind the integrity attributes of a response is not looked at",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-short" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "short" })
    for _, v in ipairs { { SHA1, "RFC8489:9#1" }, { SHA256, "RFC8489:9#2" } } do
      local asked = lib.ask(t, s.addr)
      local r = lib.request(t, s, function(ev) return lib.is_request(ev) and ev:attribute(v[1]) ~= nil end)
      if not r then return end
      s:reply { id = r.id, attributes = { { type = "XOR-MAPPED-ADDRESS", address = r.from }, v[1],
        { type = 0x7ffe, value = "?" } } }
      t:expect(asked:wait(60), { { success = true, clause = v[2] } }, "attribute 0x7ffe behind " .. v[1])
      s = lib.server(t, { auth = "short" }) -- the first one's algorithm is settled
    end
  end
}
