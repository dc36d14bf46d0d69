-- Short-term credentials: RFC 8489 section 9.1, and the order of the checks around them.

-- A request under the profile's first account, and its answer.
local function ask(t, c, opts)
  return c:request(t:lib("stun").short(t.profile.accounts[1], opts))
end

-- Whether `r` is the refusal that is due; `unsigned` is the clause that has it carry no proof.
local function refused(t, r, code, clause, what, unsigned)
  if not t:expect(r, { { error = code, clause = clause } }, what) then return false end
  return t:check(unsigned, t:lib("stun").unsigned(r), "a refusal carries USERNAME or an integrity attribute", r)
end

case {
  id = "stun-server-301",
  title = "a request with MESSAGE-INTEGRITY-SHA256 is served, and its answer signed in the same way",
  role = "stun-server",
  type = "V",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c)
    if not t:expect(r, { { success = true, clause = "RFC8489:9.1.3#a4" } }, "right credentials") then return end
    t:check("RFC8489:9.1.3#10", r.integrity256 ~= "absent", "no MESSAGE-INTEGRITY-SHA256", r)
    t:check("RFC8489:9.1.3#a5", r.integrity == "absent", "MESSAGE-INTEGRITY is there as well", r)
    t:check("RFC8489:9.1.3#12", r:attribute("USERNAME") == nil, "the response carries USERNAME", r)
  end
}

case {
  id = "stun-server-302",
  title = "a request with MESSAGE-INTEGRITY alone is served, and its answer signed in the same way",
  role = "stun-server",
  type = "V",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { integrity = { "MESSAGE-INTEGRITY" } })
    if not t:expect(r, { { success = true, clause = "RFC8489:9.1.3#a3" } }, "MESSAGE-INTEGRITY alone") then return end
    t:check("RFC8489:9.1.3#11", r.integrity ~= "absent", "no MESSAGE-INTEGRITY", r)
    t:check("RFC8489:9.1.3#a5", r.integrity256 == "absent", "MESSAGE-INTEGRITY-SHA256 is there as well", r)
    t:check("RFC8489:9.1.3#12", r:attribute("USERNAME") == nil, "the response carries USERNAME", r)
  end
}

case {
  id = "stun-server-303",
  title = "a request with both is answered with MESSAGE-INTEGRITY-SHA256 alone",
  role = "stun-server",
  type = "V",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { integrity = { "MESSAGE-INTEGRITY", "MESSAGE-INTEGRITY-SHA256" } })
    if not t:expect(r, { { success = true, clause = "RFC8489:9.1.3#a4" } }, "both integrity attributes") then return end
    t:check("RFC8489:9.1.3#10", r.integrity256 == "good", "MESSAGE-INTEGRITY-SHA256 is " .. r.integrity256, r)
    t:check("RFC8489:9.1.3#a5", r.integrity == "absent", "MESSAGE-INTEGRITY is there as well", r)
  end
}

case {
  id = "stun-server-304",
  title = "a request without an integrity attribute is a bad request",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { integrity = {} })
    t:check("RFC8489:9.1.3#1", r.kind == "error", "it was not answered by an error response", r)
    refused(t, r, 400, "RFC8489:9.1.3#2", "no integrity attribute", "RFC8489:9.1.3#13")
    t:sanity(c, "RFC8489:9.1.3#a4")
  end
}

case {
  id = "stun-server-305",
  title = "a request without USERNAME is a bad request",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { without = "USERNAME" })
    t:check("RFC8489:9.1.3#1", r.kind == "error", "it was not answered by an error response", r)
    refused(t, r, 400, "RFC8489:9.1.3#2", "no USERNAME", "RFC8489:9.1.3#13")
    t:sanity(c, "RFC8489:9.1.3#a4")
  end
}

case {
  id = "stun-server-306",
  title = "a user that the server does not know is refused with 401",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    for _, name in ipairs { "no such user", t.profile.accounts[1].username .. "x" } do
      local r = ask(t, c, { username = name })
      t:check("RFC8489:9.1.3#4", r.kind == "error", "it was not answered by an error response", r)
      refused(t, r, 401, "RFC8489:9.1.3#5", "the user name '" .. name .. "'", "RFC8489:9.1.3#13")
    end
    t:sanity(c, "RFC8489:9.1.3#a4")
  end
}

case {
  id = "stun-server-307",
  title = "a wrong password is refused with 401, under either integrity attribute",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    for _, name in ipairs { "MESSAGE-INTEGRITY-SHA256", "MESSAGE-INTEGRITY" } do
      local r = ask(t, c, { password = "not the password", integrity = { name } })
      t:check("RFC8489:9.1.3#7", r.kind == "error", "it was not answered by an error response", r)
      refused(t, r, 401, "RFC8489:9.1.3#8", "a wrong " .. name, "RFC8489:9.1.3#13")
    end
    t:sanity(c, "RFC8489:9.1.3#a4")
  end
}

case {
  id = "stun-server-308",
  title = "where both integrity attributes are there, MESSAGE-INTEGRITY-SHA256 decides",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { integrity = { "MESSAGE-INTEGRITY",
      { type = "MESSAGE-INTEGRITY-SHA256", value = ("\0"):rep(32) } } })
    t:expect(r, { { error = 401, clause = "RFC8489:9.1.3#a2" } }, "a wrong SHA-256 beside a right SHA-1")
    r = ask(t, c, { integrity = { { type = "MESSAGE-INTEGRITY", value = ("\0"):rep(20) },
      "MESSAGE-INTEGRITY-SHA256" } })
    t:expect(r, { { success = true, clause = "RFC8489:9.1.3#a2" } }, "a right SHA-256 beside a wrong SHA-1")
  end
}

case {
  id = "stun-server-309",
  title = "what is missing is told before who it is, and both before what is unknown",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local unknown = { { type = 0x7ffe, value = "" } }
    local r = ask(t, c, { username = "no such user", integrity = {} })
    t:expect(r, { { error = 400, clause = "RFC8489:9.1.3#a1" } }, "an unknown user without integrity")
    r = ask(t, c, { integrity = {}, extra = unknown })
    t:expect(r, { { error = 400, clause = "RFC8489:6.3#a9" } }, "an unknown attribute without integrity")
    r = ask(t, c, { password = "not the password", extra = unknown })
    t:expect(r, { { error = 401, clause = "RFC8489:6.3#a9" } }, "an unknown attribute under a wrong password")
    t:sanity(c, "RFC8489:9.1.3#a4")
  end
}

case {
  id = "stun-server-310",
  title = "an authenticated request with an unknown attribute gets a 420 that is signed",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { extra = { { type = 0x7ffe, value = "" } } })
    if not t:expect(r, { { error = 420, clause = "RFC8489:6.3.1#a2" } }, "an unknown attribute") then return end
    t:check("RFC8489:6.3.1.1#3", r:lists("UNKNOWN-ATTRIBUTES", 0x7ffe), "0x7ffe is not named", r)
    t:check("RFC8489:6.3.1.1#4", r.integrity256 == "good", "MESSAGE-INTEGRITY-SHA256 is " .. r.integrity256, r)
    t:check("RFC8489:9.1.3#12", r:attribute("USERNAME") == nil, "the response carries USERNAME", r)
    t:sanity(c, "RFC8489:9.1.3#a4")
  end
}

-- An indication that section 9.1.3 discards.
local function discarded(t, clause, what, opts)
  local c = t:actor("client", "stun")
  opts.class = "indication"
  c:send(t:lib("stun").short(t.profile.accounts[1], opts))
  t:silence(c, clause, what)
end

case {
  id = "stun-server-311",
  title = "an indication without USERNAME or integrity is not answered",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    discarded(t, "RFC8489:9.1.3#3", "an indication without integrity", { integrity = {} })
    discarded(t, "RFC8489:9.1.3#3", "an indication without USERNAME", { without = "USERNAME" })
  end
}

case {
  id = "stun-server-312",
  title = "an indication of an unknown user is not answered",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    discarded(t, "RFC8489:9.1.3#6", "an indication of an unknown user", { username = "no such user" })
  end
}

case {
  id = "stun-server-313",
  title = "an indication with a wrong integrity value is not answered",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    discarded(t, "RFC8489:9.1.3#9", "a forged indication", { password = "not the password" })
  end
}

case {
  id = "stun-server-314",
  title = "user names and passwords are compared as OpaqueString makes them",
  role = "stun-server",
  type = "V",
  needs = { "auth-short", "unicode" },
  run = function(t)
    local account = t:lib("stun").unicode(t)
    local c = t:actor("client", "stun")
    local r = c:request(t:lib("stun").short(account))
    if not t:expect(r, { { success = true, clause = "RFC8489:9.1.1#a1" } }, "a prepared password") then return end
    t:check("RFC8489:9.1.3#10", r.integrity256 == "good",
      "under the prepared password MESSAGE-INTEGRITY-SHA256 is " .. tostring(r.integrity256), r)
  end
}

case {
  id = "stun-server-315",
  title = "of two user names the first counts",
  role = "stun-server",
  type = "V",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { extra = { { type = "USERNAME", value = "no such user" } } })
    t:expect(r, { { success = true, clause = "RFC8489:14#6a" },
      { error = 400, clause = "RFC8489:14#6a", verdict = "inconc", note = "a second need not be ignored" } },
      "a second, unknown user name")
    r = ask(t, c, { username = "no such user", extra = { { type = "USERNAME",
      value = t.profile.accounts[1].username } } })
    t:expect(r, { { error = 401, clause = "RFC8489:14#6a" }, { error = 400, clause = "RFC8489:14#6a" } },
      "a second, known user name")
    t:sanity(c, "RFC8489:9.1.3#a4")
  end
}
