-- A client of HTTP that is asked who it is: RFC 7616 (Digest), RFC 7617 (Basic).

local function lib(t) return t:lib("http").client end

local digest = 'Digest realm="interop.test", qop="auth, auth-int", algorithm=SHA-256, nonce="%s", opaque="5ccc069c"'

-- Whether the credentials `p` of the request `r` are what RFC 7616 wants, `nc` in decimal.
local function check(t, r, p, quoted, nonce, nc)
  local a = t.profile.accounts[1]
  for _, name in ipairs { "username", "realm", "nonce", "uri", "response", "cnonce", "opaque" } do
    t:check("RFC7616:3.4#6", p[name] == nil or quoted[name], name .. " is no quoted string", r)
  end
  for _, name in ipairs { "algorithm", "qop", "nc" } do
    t:check("RFC7616:3.4#7", p[name] == nil or not quoted[name], name .. " is a quoted string", r)
  end
  t:check("RFC7616:3.4#a3", p.realm == "interop.test" and p.nonce == nonce, "realm or nonce is another", r)
  t:check("RFC7616:3.4#a2", p.opaque == "5ccc069c" and p.algorithm == "SHA-256", "opaque or algorithm is another", r)
  t:check("RFC7616:3.4.6#1", p.uri == r.message.target, "uri is " .. tostring(p.uri), r)
  t:check("RFC7616:3.4#2", p.qop == "auth" or p.qop == "auth-int", "qop is " .. tostring(p.qop), r)
  t:check("RFC7616:3.4#3", p.cnonce ~= nil, "there is no cnonce", r)
  t:check("RFC7616:3.4#4", p.nc ~= nil, "there is no nc", r)
  t:check("RFC7616:3.4#a4", (p.response or ""):match("^%x+$") ~= nil and #p.response == 64,
    "the response is no digest by SHA-256: " .. tostring(p.response), r)
  t:check("RFC7616:3.4#a9", tonumber(p.nc or "", 16) == nc, "nc is " .. tostring(p.nc), r)
  if p.qop == "auth" and p.cnonce and p.nc and p.username == a.username then
    t:check("RFC7616:3.4.1#a1", p.response == t:lib("http").response(t, p, a.username, a.password, r.message.method),
      "the response is not what the password gives", r)
  end
end

case {
  id = "http-client-030",
  title = "a challenge of Digest is answered, and so are later requests, with nc raised",
  role = "http-client",
  type = "V",
  needs = { "tcp", "tls", "ask", "accounts", "http-digest" },
  run = function(t)
    local s = lib(t).server(t)
    local a = t.profile.accounts[1]
    local asked, r, p, quoted = lib(t).login(t, s, { digest:format("n1") }, { target = "/a?b" })
    if not asked then return end
    check(t, r, p, quoted, "n1", 1)
    s:reply { id = r.id, body = "one" }
    if not t:expect(asked:wait(20), { { success = true, clause = "RFC7616:3.4#a1" } }, "the right credentials") then
      return
    end
    if not lib(t).session(t) then return end
    lib(t).ask(t, s, { username = a.username, password = a.password, target = "/c" })
    r = lib(t).request(t, s)
    if not r then return end
    p, quoted = lib(t).credentials(r)
    t:check("RFC7616:3.6#3", p ~= nil, "the next request has no credentials", r)
    if p then check(t, r, p, quoted, "n1", 2) end
    s:reply { id = r.id }
  end
}

case {
  id = "http-client-031",
  title = "a stale nonce is replaced with the same password, wrong credentials are not tried again",
  role = "http-client",
  type = "V",
  needs = { "tcp", "ask", "accounts", "http-digest" },
  run = function(t)
    local s = lib(t).server(t)
    local asked, r = lib(t).login(t, s, { digest:format("n1") })
    if not asked then return end
    s:reply { id = r.id, status = 401, headers = lib(t).challenge { digest:format("n2") .. ", stale=TRUE" } }
    r = s:receive { timeout = 5, where = lib(t).is_request }
    if r.message then
      local p, quoted = lib(t).credentials(r)
      t:check("RFC7616:3.6#a1", p ~= nil and p.nonce == "n2", "the new nonce is not used", r)
      if not p then return end
      check(t, r, p, quoted, "n2", 1)
    else -- it "may wish" to try again: RFC 7616, section 3.3
      asked:wait(20)
      local a = t.profile.accounts[1]
      r, asked = lib(t).asked(t, s, { username = a.username, password = a.password })
      local p = r and lib(t).credentials(r)
      if p then
        t:check("RFC7616:3.6#a1", p.nonce == "n2", "the nonce is the one before", r)
      elseif r then
        s:reply { id = r.id, status = 401, headers = lib(t).challenge { digest:format("n1") } }
        r = lib(t).request(t, s, "RFC7616:3.4#a1")
      end
      if not r then return end
    end
    s:reply { id = r.id, status = 401, headers = lib(t).challenge { digest:format("n3") } }
    local again = s:receive { timeout = 3, where = lib(t).is_request }
    t:check("RFC7616:3.3#7", again.message == nil, "the credentials that were refused come again", again)
    if again.message then s:reply { id = again.id, status = 403 } end
    t:expect(asked:wait(20), { { kind = "error", clause = "RFC7616:3.3#7" },
      { kind = "failed", clause = "RFC7616:3.3#7" } },
      "refused")
  end
}

case {
  id = "http-client-032",
  title = "nextnonce is used for the next request",
  role = "http-client",
  type = "V",
  needs = { "tcp", "ask", "accounts", "http-digest" },
  run = function(t)
    local s = lib(t).server(t)
    local a = t.profile.accounts[1]
    local asked, r = lib(t).login(t, s, { digest:format("n1") })
    if not asked then return end
    s:reply { id = r.id, headers = { { name = "Authentication-Info", value = 'nextnonce="n2"' } } }
    asked:wait(20)
    lib(t).ask(t, s, { username = a.username, password = a.password })
    r = lib(t).request(t, s)
    if not r then return end
    local p = lib(t).credentials(r)
    if not p then t:skip("it keeps no credentials") end
    t:check("RFC7616:3.5#4", p.nonce == "n2", "the nonce is " .. tostring(p.nonce), r)
    s:reply { id = r.id }
  end
}

case {
  id = "http-client-033",
  title = "of several schemes the strongest is answered, and what is not known is passed over",
  role = "http-client",
  type = "V",
  needs = { "tcp", "ask", "accounts", "http-digest" },
  run = function(t)
    local s = lib(t).server(t)
    local asked, r, p = lib(t).login(t, s, { 'Newest realm="x", y=z, Basic realm="interop.test"', digest:format("n1") })
    if not asked then return end
    t:check("RFC7616:5.6#2", p.scheme == "digest", "the scheme is " .. p.scheme, r)
    s:reply { id = r.id }
    asked:wait(20)
  end
}

case {
  id = "http-client-034",
  title = "Basic: what is encoded, and where it goes unasked",
  role = "http-client",
  type = "V",
  needs = { "tcp", "tls", "ask", "accounts", "http-basic" },
  run = function(t)
    local s = lib(t).server(t)
    local a = t.profile.accounts[1]
    local asked, r = lib(t).login(t, s, { 'Basic realm="interop.test", charset="UTF-8"' }, { target = "/a/b" })
    if not asked then return end
    local text = (r:field("Authorization") or ""):match("^%a+ ([%w+/]+=*)$")
    t:check("RFC7617:2#a2", text ~= nil and #text % 4 == 0, "there is no token68", r)
    s:reply { id = r.id }
    asked:wait(20)
    r, asked = lib(t).asked(t, s, { username = a.username, password = a.password, target = "/c" })
    if not r then return end
    t:check("RFC7617:2.2#a1", r:field("Authorization") == nil, "credentials for /a/ go to /c", r)
    s:reply { id = r.id }
    asked:wait(20)
  end
}
