-- An HTTP server that wants to know who asks: RFC 7616 (Digest), RFC 7617 (Basic).

local function lib(t) return t:lib("http") end

-- The challenges of a request without credentials; nil, with a check made, where there is none of the scheme.
local function challenge(t, c, what, clause)
  local r = c:request { target = lib(t).path(t, what), fresh = true }
  if not t:expect(r, { { error = 401, clause = clause } }, "a request without credentials") then return nil end
  t:check("RFC9110:15.5.2#1", r:field("WWW-Authenticate") ~= nil, "there is no WWW-Authenticate", r)
  local list = lib(t).challenges(r, what)
  if #list == 0 then
    t:check(clause, false, "no challenge is of " .. what, r)
    return nil
  end
  return list, r
end

-- The challenge by SHA-256; the case ends where there is none.
local function sha256(t, c)
  local list, r = challenge(t, c, "digest", "RFC7616:3.3#a1")
  for _, one in ipairs(list or {}) do
    if (one.p.algorithm or ""):lower() == "sha-256" and one.p.nonce and one.p.realm then return one.p, r end
  end
  if list then t:skip("it offers no SHA-256") end
end

local function with(t, c, value, args)
  args = args or {}
  args.target = args.target or lib(t).path(t, "digest")
  args.headers = { { name = "Authorization", value = value } }
  return c:request(args)
end

case {
  id = "http-server-060",
  title = "a challenge of Digest has what a response takes, in the form that is asked for",
  role = "http-server",
  type = "V",
  needs = { "tcp", "tls", "http-digest" },
  run = function(t)
    local c = t:actor("client", "http")
    local list, r = challenge(t, c, "digest", "RFC7616:3.3#a1")
    if not list then return end
    local again = challenge(t, c, "digest", "RFC7616:3.3#a1")
    for i, one in ipairs(list) do
      local p, quoted = one.p, one.quoted
      t:check("RFC7616:3.3#a2", p.realm ~= nil and p.nonce ~= nil, "realm or nonce is missing", r)
      t:check("RFC7616:3.3#9", p.qop ~= nil, "qop is missing", r)
      for _, name in ipairs { "realm", "domain", "nonce", "opaque", "qop" } do
        t:check("RFC7616:3.3#13", p[name] == nil or quoted[name], name .. " is no quoted string", r)
      end
      for _, name in ipairs { "stale", "algorithm" } do
        t:check("RFC7616:3.3#14", p[name] == nil or not quoted[name], name .. " is a quoted string", r)
      end
      t:check("RFC7616:3.3#6", (p.stale or ""):lower() ~= "true", "stale is true, and there was no nonce", r)
      if again and again[i] then
        t:check("RFC7616:3.3#a4", again[i].p.nonce ~= p.nonce, "the next challenge has the same nonce", r)
      end
    end
  end
}

case {
  id = "http-server-061",
  title = "the right credentials are taken, again and again, and the server shows that it knows the password",
  role = "http-server",
  type = "V",
  needs = { "tcp", "tls", "http-digest", "accounts" },
  run = function(t)
    local a = t.profile.accounts[1]
    local c = t:actor("client", "http", { username = a.username, password = a.password })
    for _ = 1, 3 do
      local r = c:request { target = lib(t).path(t, "digest"), login = true }
      if not t:expect(r, { { success = true, clause = "RFC7616:3.6#2" } }, "the right password") then return end
      if r:field("Authentication-Info") then
        t:check("RFC7616:3.5#a1", r.verified ~= "bad", "rspauth is not what the password gives", r)
      end
    end
  end
}

case {
  id = "http-server-062",
  title = "wrong credentials are refused, and not for their nonce",
  role = "http-server",
  type = "X",
  needs = { "tcp", "http-digest", "accounts" },
  run = function(t)
    local a = t.profile.accounts[1]
    for _, who in ipairs { { a.username, "wrong" }, { "nobody", a.password } } do
      local c = t:actor("client", "http", { username = who[1], password = who[2] })
      local r = c:request { target = lib(t).path(t, "digest"), login = true }
      t:expect(r, { { error = 401, clause = "RFC7616:3.6#2" } }, "wrong credentials")
      for _, one in ipairs(lib(t).challenges(r, "digest")) do
        t:check("RFC7616:3.3#6", (one.p.stale or ""):lower() ~= "true", "stale is true, and the password was wrong", r)
      end
    end
  end
}

case {
  id = "http-server-063",
  title = "credentials for another URI are refused with 400",
  role = "http-server",
  type = "X",
  needs = { "tcp", "http-digest", "accounts" },
  run = function(t)
    local c = t:actor("client", "http")
    local p = sha256(t, c)
    if not p then return end
    local a, path = t.profile.accounts[1], lib(t).path(t, "digest")
    local r = with(t, c, lib(t).credentials(t, p, a, path, { uri = path .. "other" }))
    t:check("RFC7616:3.4.6#3a", r.kind == "error", "they are taken", r)
    t:check("RFC7616:3.4.6#3b", r.code == 400, "it is answered by " .. tostring(r.code), r)
    r = with(t, c, lib(t).credentials(t, p, a, path))
    t:expect(r, { { success = true, clause = "RFC7616:3.6#2" } }, "the right ones")
  end
}

case {
  id = "http-server-064",
  title = "credentials with both forms of a user name are refused",
  role = "http-server",
  type = "X",
  needs = { "tcp", "http-digest", "accounts" },
  run = function(t)
    local c = t:actor("client", "http")
    local p = sha256(t, c)
    if not p then return end
    local a, path = t.profile.accounts[1], lib(t).path(t, "digest")
    local r = with(t, c, lib(t).credentials(t, p, a, path, { extra = ", username*=UTF-8''" .. a.username }))
    t:check("RFC7616:3.4#1", r.kind == "error", "they are taken", r)
  end
}

case {
  id = "http-server-065",
  title = "credentials that lack something, or are malformed, get a 4xx",
  role = "http-server",
  type = "X",
  needs = { "tcp", "http-digest", "accounts" },
  run = function(t)
    local c = t:actor("client", "http")
    local p = sha256(t, c)
    if not p then return end
    local a, path = t.profile.accounts[1], lib(t).path(t, "digest")
    local good = lib(t).credentials(t, p, a, path)
    for _, value in ipairs { "Digest", "Digest username", 'Digest realm="x"', (good:gsub(", nc=%x+", "")),
      (good:gsub('cnonce="%x+", ', "")), (good:gsub("nc=%x+", "nc=1")), (good:gsub('response="%x+"', 'response="0"')),
      (good:gsub(' nonce="[^"]+"', ' nonce="made up"')) } do
      local r = with(t, c, value)
      t:check("RFC7616:3.4#a12", r:refused(), value:sub(1, 60) .. " gets " .. tostring(r.code or r.kind), r)
    end
    lib(t).sanity(t, c, "RFC7616:3.4#a12")
  end
}

case {
  id = "http-server-066",
  title = "credentials that come a second time are taken, or refused for their nonce",
  role = "http-server",
  type = "I",
  needs = { "tcp", "http-digest", "accounts" },
  run = function(t)
    local c = t:actor("client", "http")
    local p = sha256(t, c)
    if not p then return end
    local value = lib(t).credentials(t, p, t.profile.accounts[1], lib(t).path(t, "digest"))
    local r = with(t, c, value)
    t:expect(r, { { success = true, clause = "RFC7616:3.6#2" } }, "the right ones")
    r = with(t, c, value)
    t:expect(r, { { success = true, clause = "RFC7616:3.6#2" }, { error = 401, clause = "RFC7616:3.6#2" } }, "again")
  end
}

case {
  id = "http-server-070",
  title = "Basic: a challenge with a realm, the right password, others",
  role = "http-server",
  type = "V",
  needs = { "tcp", "tls", "http-basic", "accounts" },
  run = function(t)
    local a = t.profile.accounts[1]
    local c = t:actor("client", "http", { username = a.username, password = a.password })
    local list, r = challenge(t, c, "basic", "RFC7617:2#a6")
    if not list then return end
    for _, one in ipairs(list) do t:check("RFC7617:2#1", one.p.realm ~= nil, "there is no realm", r) end
    r = c:request { target = lib(t).path(t, "basic"), login = true }
    t:expect(r, { { success = true, clause = "RFC7617:2#a7" } }, "the right password")
    for _, who in ipairs { { a.username, "wrong" }, { "nobody", a.password } } do
      local d = t:actor("client", "http", { username = who[1], password = who[2] })
      r = d:request { target = lib(t).path(t, "basic"), login = true }
      t:expect(r, { { error = 401, clause = "RFC7617:2#a7" } }, "wrong credentials")
    end
  end
}
