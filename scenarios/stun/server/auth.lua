-- Long-term credentials and redirection: RFC 8489 sections 9.2 and 10.

-- The challenge that a request without credentials gets; nil, with the checks made, where it is none.
local function challenge(t, c)
  local r = c:request { class = "request" }
  if not t:expect(r, { { error = 401, clause = "RFC8489:9.2.4#2" } }, "a request without credentials") then return end
  local realm = t:check("RFC8489:9.2.4#3", r:attribute("REALM") ~= nil, "no REALM", r)
  local nonce = t:check("RFC8489:9.2.4#4", r:attribute("NONCE") ~= nil, "no NONCE", r)
  return realm and nonce and r or nil
end

case {
  id = "stun-server-101",
  title = "a request without credentials is challenged with 401, REALM and NONCE",
  role = "stun-server",
  type = "V",
  needs = { "auth-long" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = challenge(t, c)
    if not r then return end
    for _, name in ipairs { "USERNAME", "USERHASH", "MESSAGE-INTEGRITY", "MESSAGE-INTEGRITY-SHA256" } do
      t:check("RFC8489:9.2.4#9", r:attribute(name) == nil, "it carries " .. name, r)
    end
  end
}

case {
  id = "stun-server-102",
  title = "a request with the right credentials is served, and the answer is signed",
  role = "stun-server",
  type = "V",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = challenge(t, c)
    if not r then return end
    local args = r:credentials(t.profile.accounts[1])
    args.class = "request"
    local ok = c:request(args)
    if not t:expect(ok, { { success = true, clause = "RFC8489:9.2.4#a8" } }, "right credentials") then return end
    t:check("RFC8489:9.2.4#26", ok:signed(), "the answer is not signed with the key of the request", ok)
  end
}

case {
  id = "stun-server-103",
  title = "a request with a wrong password is refused with 401",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = challenge(t, c)
    if not r then return end
    local args = r:credentials(t.profile.accounts[1], { password = "not the password" })
    args.class = "request"
    local got = c:request(args)
    if got.kind == "success" then
      t:check("RFC8489:9.2.4#19", false, "a request with a wrong password was served", got)
      return
    end
    if not t:expect(got, { { error = 401, clause = "RFC8489:9.2.4#20" } }, "a wrong password") then return end
    t:check("RFC8489:9.2.4#21a", got:attribute("REALM") and got:attribute("NONCE"), "REALM or NONCE is missing", got)
    t:sanity(c, "RFC8489:9.2.4#a8")
  end
}

case {
  id = "stun-server-104",
  title = "a nonce that is not valid any more is answered by 438 with one that is",
  role = "stun-server",
  type = "I",
  needs = { "auth-long", "accounts", "virtual-time" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = challenge(t, c)
    if not r then return end
    t:pass(700)
    local args = r:credentials(t.profile.accounts[1])
    args.class = "request"
    local stale = c:request(args)
    if not t:expect(stale, { { error = 438, clause = "RFC8489:9.2.4#22" } }, "a nonce of long ago") then return end
    t:check("RFC8489:9.2.4#23a", stale:attribute("NONCE") and stale:attribute("REALM"), "NONCE or REALM is missing", stale)
    if not stale:attribute("NONCE") then return end
    args = stale:credentials(t.profile.accounts[1])
    args.class = "request"
    local again = c:request(args)
    t:expect(again, { { success = true, clause = "RFC8489:9.2.4#24" } }, "the nonce of the 438")
  end
}

case {
  id = "stun-server-105",
  title = "integrity without USERNAME, REALM or NONCE is a bad request: 400",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = challenge(t, c)
    if not r then return end
    for _, name in ipairs { "USERNAME", "REALM", "NONCE" } do
      local args = r:credentials(t.profile.accounts[1], { without = name })
      args.class = "request"
      local got = c:request(args)
      t:expect(got, { { error = 400, clause = "RFC8489:9.2.4#10" } }, "no " .. name)
    end
    t:sanity(c, "RFC8489:9.2.4#a8")
  end
}

case {
  id = "stun-server-106",
  title = "two clients are never given the same nonce",
  role = "stun-server",
  type = "V",
  needs = { "auth-long" },
  run = function(t)
    local a, b = t:actor("client", "stun"), t:actor("client", "stun")
    local x, y = challenge(t, a), challenge(t, b)
    if not x or not y then return end
    t:check("RFC8489:9.2.4#5", x:attribute("NONCE").value ~= y:attribute("NONCE").value,
      "clients at " .. x["local"] .. " and " .. y["local"] .. " got the same nonce", y)
  end
}

case {
  id = "stun-server-107",
  title = "a server that redirects says where to, in the client's address family, and signs it",
  role = "stun-server",
  type = "V",
  needs = { "alternate", "accounts", "ip4" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = challenge(t, c)
    if not r then return end
    local args = r:credentials(t.profile.accounts[1])
    args.class = "request"
    local got = c:request(args)
    if not t:expect(got, { { error = 300, clause = "RFC8489:10#a1" } }, "an authenticated request") then return end
    local alternate = got:attribute("ALTERNATE-SERVER")
    if t:check("RFC8489:10#1a", alternate ~= nil, "no ALTERNATE-SERVER", got) then
      t:check("RFC8489:10#1b", alternate.address and not alternate.address:find("%["),
        "the address is not of the request's family", got)
    end
    t:check("RFC8489:14.8#7a", got:signed(), "the redirection is not signed", got)
  end
}
