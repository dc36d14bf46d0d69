-- Long-term credentials: who is refused, how, and in which order. RFC 8489 section 9.2.4.

local function lib(t) return t:lib("stun") end

-- The challenge, where it is one of RFC 8489: its nonce has the nonce cookie. RFC 5389 has another order of checks.
local function modern(t, c)
  local r = lib(t).challenge(t, c)
  if r and not lib(t).nonce(r:attribute("NONCE").value) then
    t:skip("the nonce has no nonce cookie: this is a server of RFC 5389")
  end
  return r
end

case {
  id = "stun-server-109",
  title = "a user that the server does not know is challenged anew with 401",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = lib(t).challenge(t, c)
    local got = r and lib(t).signed(t, c, r, { username = "nobody" })
    if not got or not t:expect(got, { { error = 401, clause = "RFC8489:9.2.4#13" } }, "an unknown user") then return end
    t:check("RFC8489:9.2.4#14", got:attribute("REALM") ~= nil, "no REALM", got)
    t:check("RFC8489:9.2.4#15", got:attribute("NONCE") ~= nil, "no NONCE", got)
    if r:attribute("PASSWORD-ALGORITHMS") then
      t:check("RFC8489:9.2.4#16", got:attribute("PASSWORD-ALGORITHMS") ~= nil, "no PASSWORD-ALGORITHMS", got)
    end
    t:check("RFC8489:9.2.4#17", not got:attribute("USERNAME") and not got:attribute("USERHASH"),
      "it carries USERNAME or USERHASH", got)
    t:sanity(c, "RFC8489:9.2.4#a8")
  end
}

case {
  id = "stun-server-110",
  title = "the refusal of a wrong password is a 401 that challenges anew and is not signed",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local got = lib(t).authenticated(t, c, { password = "not the password" })
    if not got then return end
    t:check("RFC8489:14.8#a9", got.code == 401, "the code is " .. tostring(got.code), got)
    if not t:expect(got, { { error = 401, clause = "RFC8489:9.2.4#20" } }, "a wrong password") then return end
    t:check("RFC8489:9.2.4#21a", got:attribute("REALM") and got:attribute("NONCE"), "no REALM or no NONCE", got)
    t:check("RFC8489:9.2.4#21b", lib(t).unsigned(got) and not got:attribute("USERHASH"),
      "it carries USERNAME, USERHASH or an integrity attribute", got)
    t:sanity(c, "RFC8489:9.2.4#a8")
  end
}

case {
  id = "stun-server-111",
  title = "a nonce counts for nothing before the user and the password do",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = modern(t, c)
    if not r then return end
    local made_up = r:attribute("NONCE").value:sub(1, 13) .. "made-up-by-the-client"
    local function ask(opts)
      opts.nonce = made_up
      local args = r:credentials(t.profile.accounts[1], opts)
      return args and c:request(args)
    end
    local got = ask { username = "nobody" }
    if not got then t:skip("the server offers no algorithm that is known") end
    t:expect(got, { { error = 401, clause = "RFC8489:9.2.4#a1" } }, "an unknown user and a nonce that is not valid")
    got = ask { password = "not the password" }
    t:expect(got, { { error = 401, clause = "RFC8489:9.2.4#a1" } }, "a wrong password and a nonce that is not valid")
    t:sanity(c, "RFC8489:9.2.4#a8")
  end
}

case {
  id = "stun-server-112",
  title = "a nonce that is not valid is refused with 438, which names no user",
  role = "stun-server",
  type = "I",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = lib(t).challenge(t, c)
    if not r then return end
    local nonce = r:attribute("NONCE").value
    local last = nonce:sub(-1) == "0" and "1" or "0"
    local got = lib(t).signed(t, c, r, { nonce = nonce:sub(1, -2) .. last })
    if not got then return end
    if got.kind == "success" then
      t:inconc("RFC8489:9.2.4#22", "which nonces are valid is the server's choice: it took one with another end", got)
      return
    end
    t:check("RFC8489:14.8#a12", got.code == 438 or got.code == 401,
      "the code for a nonce that is not valid is " .. tostring(got.code), got)
    if got.code ~= 438 then return end -- a nonce that never was may be a wrong credential as well
    t:check("RFC8489:9.2.4#23a", got:attribute("NONCE") and got:attribute("REALM") and
      (got:attribute("PASSWORD-ALGORITHMS") or not r:attribute("PASSWORD-ALGORITHMS")),
      "NONCE, REALM or PASSWORD-ALGORITHMS is missing", got)
    t:check("RFC8489:9.2.4#23b", not got:attribute("USERNAME") and not got:attribute("USERHASH"),
      "it carries USERNAME or USERHASH", got)
    t:sanity(c, "RFC8489:9.2.4#a8")
  end
}

case {
  id = "stun-server-113",
  title = "credentials are looked at before unknown attributes",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local unknown = { { type = 0x7ffe, value = "" } }
    local r = c:request { class = "request", attributes = unknown }
    if not t:expect(r, { { error = 401, clause = "RFC8489:6.3#a9" } }, "an unknown attribute, no credentials") then
      return
    end
    local got = lib(t).signed(t, c, r, { password = "not the password", extra = unknown })
    if not got then return end
    t:expect(got, { { error = 401, clause = "RFC8489:6.3#a9" } }, "an unknown attribute, a wrong password")
    got = lib(t).signed(t, c, got, { extra = unknown })
    if not got or not t:expect(got, { { error = 420, clause = "RFC8489:6.3.1#a2" } }, "an unknown attribute") then
      return
    end
    t:check("RFC8489:6.3.1.1#4", got.integrity == "good" or got.integrity256 == "good",
      "the answer to an authenticated request is not signed", got)
  end
}

case {
  id = "stun-server-114",
  title = "a request that lacks something its integrity needs is a bad request, whatever signs it",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = lib(t).challenge(t, c)
    if not r then return end
    for _, name in ipairs { "USERNAME", "REALM", "NONCE" } do
      local args = r:credentials(t.profile.accounts[1],
        { plain = true, without = name, integrity = { "MESSAGE-INTEGRITY" } })
      local got = c:request(args)
      t:check("RFC8489:14.8#a8", got.code == 400, "without " .. name .. " the code is " .. tostring(got.code), got)
      if got.code == 400 then
        t:check("RFC8489:9.2.4#a2", lib(t).unsigned(got), "the 400 is signed", got)
        t:check("RFC8489:9.2.4#11", not got:attribute("USERHASH") and not got:attribute("USERNAME") and
          not got:attribute("NONCE") and not got:attribute("REALM"), "the 400 names user, nonce or realm", got)
      end
    end
    t:sanity(c, "RFC8489:9.2.4#a8")
  end
}

case {
  id = "stun-server-115",
  title = "of two integrity attributes MESSAGE-INTEGRITY-SHA256 decides",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = modern(t, c)
    if not r then return end
    local got = lib(t).signed(t, c, r, { integrity = { "MESSAGE-INTEGRITY",
      { type = "MESSAGE-INTEGRITY-SHA256", value = ("\0"):rep(32) } } })
    if not got then return end
    t:expect(got, { { error = 401, clause = "RFC8489:9.2.4#a5" } }, "a wrong SHA-256 beside a right SHA-1")
    got = lib(t).signed(t, c, got, { integrity = { { type = "MESSAGE-INTEGRITY", value = ("\0"):rep(20) },
      "MESSAGE-INTEGRITY-SHA256" } })
    if got then
      t:expect(got, { { success = true, clause = "RFC8489:9.2.4#a5" } }, "a right SHA-256 beside a wrong SHA-1")
    end
  end
}

case {
  id = "stun-server-116",
  title = "MESSAGE-INTEGRITY alone is verified too, and who named an algorithm is answered with SHA-256",
  role = "stun-server",
  type = "V",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = modern(t, c)
    if not r then return end
    local got, challenge = lib(t).signed(t, c, r, { integrity = { "MESSAGE-INTEGRITY" } })
    if not got then return end
    local refused = "a client that was offered algorithms must not do this"
    if not t:expect(got, { { success = true, clause = "RFC8489:9.2.4#a6" },
      { error = 401, clause = "RFC8489:9.2.4#a6", verdict = "inconc", note = refused },
      { error = 400, clause = "RFC8489:9.2.4#a6", verdict = "inconc", note = refused } },
      "MESSAGE-INTEGRITY alone") then return end
    if challenge:attribute("PASSWORD-ALGORITHMS") then
      t:check("RFC8489:9.2.4#26", got.integrity256 == "good",
        "MESSAGE-INTEGRITY-SHA256 of the answer is " .. got.integrity256, got)
    end
  end
}

case {
  id = "stun-server-117",
  title = "the nonce of a challenge serves for further requests, and a repeated one is answered alike",
  role = "stun-server",
  type = "V",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = lib(t).challenge(t, c)
    if not r then return end
    for _, id in ipairs { "transaction1", "transaction2", "transaction2" } do
      local got, by = lib(t).signed(t, c, r, { id = id })
      if not got then return end
      if not t:expect(got, { { success = true, clause = "RFC8489:9.2.4#a8" } }, id) then return end
      r = by
    end
  end
}

case {
  id = "stun-server-118",
  title = "a user name of 763 octets is read: nobody is called that, and so it is a 401",
  role = "stun-server",
  type = "V",
  needs = { "auth-long", "accounts" },
  run = function(t)
    for _, name in ipairs { ("n"):rep(508), ("\u{e9}"):rep(381) .. "e" } do
      local c = t:actor("client", "stun")
      local got = lib(t).authenticated(t, c, { username = name, named = true })
      if not got then return end
      t:expect(got, { { error = 401, clause = "RFC8489:14.3#2" } }, "a user name of " .. #name .. " octets")
      t:sanity(c, "RFC8489:9.2.4#a8")
    end
  end
}

case {
  id = "stun-server-119",
  title = "indications are outside of the long-term mechanism: none is challenged",
  role = "stun-server",
  type = "I",
  needs = { "auth-long" },
  run = function(t)
    local c = t:actor("client", "stun")
    c:send { class = "indication" }
    c:send { class = "indication", auth = "short", password = "x", attributes = { "MESSAGE-INTEGRITY" } }
    t:silence(c, "RFC8489:9.2#a1", "an indication")
  end
}

case {
  id = "stun-server-120",
  title = "realm and password enter the key as OpaqueString makes them",
  role = "stun-server",
  type = "V",
  needs = { "auth-long", "unicode" },
  run = function(t)
    local c = t:actor("client", "stun")
    local account = lib(t).unicode(t)
    local got = lib(t).authenticated(t, c, { account = account })
    if not got then return end
    t:expect(got, { { success = true, clause = "RFC8489:9.2.2#a2" } }, "a prepared password")
  end
}

case {
  id = "stun-server-128",
  title = "a user name with a space in it, which OpaqueString allows, is unknown like any other",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local got = lib(t).authenticated(t, c, { username = "no such user" })
    if not got then return end
    t:expect(got, { { error = 401, clause = "RFC8489:9.2.4#13" } }, "an unknown user whose name has spaces")
    t:sanity(c, "RFC8489:9.2.4#a8")
  end
}

case {
  id = "stun-server-129",
  title = "each request is judged by its own user name, whatever the client was called before",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = lib(t).challenge(t, c)
    for _, name in ipairs { "nobody", "somebody" } do
      local got = r and lib(t).signed(t, c, r, { username = name })
      if not got then return end
      t:expect(got, { { error = 401, clause = "RFC8489:9.2.4#13" } }, "the unknown user " .. name)
    end
    local got = lib(t).signed(t, c, r)
    if got then t:expect(got, { { success = true, clause = "RFC8489:9.2.4#a8" } }, "a user that is known") end
  end
}
