-- Redirection: RFC 8489 sections 10, 14.8 (300), 14.15, 14.16.

case {
  id = "stun-server-107",
  title = "a server that redirects says where to, in the client's address family, and signs it",
  role = "stun-server",
  type = "V",
  needs = { "alternate", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local got = t:lib("stun").authenticated(t, c)
    local redirected = { { error = 300, clause = "RFC8489:10#a1" } }
    if not got or not t:expect(got, redirected, "an authenticated request") then return end
    local alternate = got:attribute("ALTERNATE-SERVER")
    if t:check("RFC8489:10#1a", alternate ~= nil, "no ALTERNATE-SERVER", got) then
      t:check("RFC8489:10#1b",
        alternate.address ~= nil and (alternate.address:sub(1, 1) == "[") == (t.family == "ip6"),
        "the address is not of the request's family", got)
    end
    t:check("RFC8489:14.8#7a", got.integrity == "good" or got.integrity256 == "good",
      "the redirection is not signed", got)
  end
}

case {
  id = "stun-server-140",
  title = "a redirection names the address of the client's family first, then one of the other family",
  role = "stun-server",
  type = "V",
  needs = { "alternate", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local got = t:lib("stun").authenticated(t, c)
    if not got or not t:expect(got, { { error = 300, clause = "RFC8489:10#a1" } }, "an authenticated request") then
      return
    end
    local list = got:attributes("ALTERNATE-SERVER")
    if not t:check("RFC8489:10#1a", #list > 0, "no ALTERNATE-SERVER", got) then return end
    local six = {}
    for i, a in ipairs(list) do
      local port = tonumber((a.address or ""):match(":(%d+)$")) or 0
      t:check("RFC8489:14.15#a1", port > 0 and not a.address:find("^0%.0%.0%.0:") and not a.address:find("^%[::%]"),
        tostring(a.address) .. " is no transport address of a server", got)
      six[i] = (a.address or ""):sub(1, 1) == "["
    end
    local own = t.family == "ip6"
    t:check("RFC8489:10#1b", six[1] == own, "the first address is not of the request's family", got)
    local other = false
    for i = 2, #six do other = other or six[i] ~= own end
    t:check("RFC8489:10#2", other, "no address of the other family follows", got)
  end
}

case {
  id = "stun-server-141",
  title = "who has not proved who it is is never redirected",
  role = "stun-server",
  type = "X",
  needs = { "alternate", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    t:check("RFC8489:14.8#6a", r.code ~= 300, "a request without credentials is redirected", r)
    if r.code == 300 then return end
    if not t:expect(r, { { error = 401, clause = "RFC8489:9.2.4#2" } }, "no credentials") then return end
    local got = t:lib("stun").signed(t, c, r, { password = "not the password" })
    if not got then return end
    t:check("RFC8489:14.8#6a", got.code ~= 300, "a request with a wrong password is redirected", got)
    t:expect(got, { { error = 401, clause = "RFC8489:9.2.4#20" } }, "a wrong password")
    t:sanity(c, "RFC8489:9.2.4#a8")
  end
}

case {
  id = "stun-server-142",
  title = "a server that redirects but does not authenticate refuses by 400, or serves",
  role = "stun-server",
  type = "V",
  needs = { "alternate-open" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    t:check("RFC8489:14.8#6a", r.code ~= 300, "a request without credentials is redirected", r)
    if r.code == 300 then return end
    t:expect(r, { { error = 400, clause = "RFC8489:14.8#6b" }, { success = true, clause = "RFC8489:12#1" } },
      "a request that cannot be redirected")
  end
}

case {
  id = "stun-server-143",
  title = "an ALTERNATE-DOMAIN is a DNS name",
  role = "stun-server",
  type = "V",
  needs = { "alternate", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local got = t:lib("stun").authenticated(t, c)
    if not got or not t:expect(got, { { error = 300, clause = "RFC8489:10#a1" } }, "an authenticated request") then
      return
    end
    local domain = got:attribute("ALTERNATE-DOMAIN")
    if not domain then t:skip("the redirection carries no ALTERNATE-DOMAIN") end
    local name, good = domain.value:gsub("%.$", ""), true
    for label in (name .. "."):gmatch("(.-)%.") do
      good = good and #label > 0 and #label < 64 and label:find("^[%w%-]+$") ~= nil and
        label:sub(1, 1) ~= "-" and label:sub(-1) ~= "-"
    end
    t:check("RFC8489:14.16#1a", good, "'" .. name .. "' is no DNS name", got)
  end
}

case {
  id = "stun-server-144",
  title = "over TLS a redirection to a server with another certificate says whom that names",
  role = "stun-server",
  type = "V",
  needs = { "alternate", "alternate-domain", "accounts", "tls", "dtls" },
  run = function(t)
    local c = t:actor("client", "stun")
    local got = t:lib("stun").authenticated(t, c)
    if not got or not t:expect(got, { { error = 300, clause = "RFC8489:10#a1" } }, "an authenticated request") then
      return
    end
    if got.integrity256 ~= "good" then t:skip("the transaction is not authenticated by MESSAGE-INTEGRITY-SHA256") end
    local domain, name = got:attribute("ALTERNATE-DOMAIN"), t.profile.alternate_domain
    if t:check("RFC8489:10#4", domain ~= nil, "no ALTERNATE-DOMAIN", got) and name then
      t:check("RFC8489:10#4", domain.value:lower():gsub("%.$", "") == name:lower(),
        "ALTERNATE-DOMAIN is " .. domain.value .. ", the certificate is for " .. name, got)
    end
  end
}
