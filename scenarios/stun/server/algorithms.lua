-- The nonce cookie, password algorithms and anonymous user names: RFC 8489 sections 9.2, 9.2.1, 9.2.2, 14.11, 18.

local function lib(t) return t:lib("stun") end

-- The 24 security feature bits of a nonce, bit 0 the topmost; nil: no nonce cookie.
local function features(t, nonce)
  if not nonce:find("^obMatJos2[%w+/][%w+/][%w+/][%w+/]") then return nil end
  local bits = 0
  for i = 10, 13 do bits = bits << 6 | lib(t).six(nonce:sub(i, i)) end
  return bits
end

case {
  id = "stun-server-121",
  title = "a nonce of RFC 8489 begins with its cookie: obMatJos2 and four characters of base64",
  role = "stun-server",
  type = "V",
  needs = { "auth-long" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = lib(t).challenge(t, c)
    if not r then return end
    local nonce, offered = r:attribute("NONCE").value, r:attribute("PASSWORD-ALGORITHMS")
    local cookie = nonce:sub(1, 9) == "obMatJos2"
    if not cookie and not offered then
      t:skip("neither nonce cookie nor PASSWORD-ALGORITHMS: this is a server of RFC 5389")
    end
    if not t:check("RFC8489:9.2#1", cookie, "PASSWORD-ALGORITHMS, but the nonce has no cookie", r) then return end
    local bits = features(t, nonce)
    if not t:check("RFC8489:9.2#a2", bits ~= nil, "what follows obMatJos2 is not base64: " .. nonce:sub(1, 13), r) then
      return
    end
    if offered then
      t:check("RFC8489:9.2.1#a1", bits & 0xc00000 ~= 0, "password algorithms are offered, and no bit is set", r)
      t:check("RFC8489:18.1#a1", bits & 0x800000 ~= 0, "password algorithms are offered, and bit 0 is not set", r)
    end
    t:check("RFC8489:18.1#a3", bits & 0x3fffff == 0, ("bits that nothing is assigned to are set: %06x"):format(bits), r)
  end
}

case {
  id = "stun-server-122",
  title = "a server without security features says so with 24 zero bits",
  role = "stun-server",
  type = "V",
  needs = { "auth-long", "no-features" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = lib(t).challenge(t, c)
    if not r then return end
    local bits = features(t, r:attribute("NONCE").value)
    if r:attribute("PASSWORD-ALGORITHMS") or (bits and bits & 0x400000 ~= 0) then
      t:skip("the server does use security features")
    elseif not bits then
      t:skip("the nonce has no nonce cookie: this is a server of RFC 5389")
    end
    t:check("RFC8489:9.2#2", bits == 0, ("the features are %06x"):format(bits), r)
  end
}

case {
  id = "stun-server-123",
  title = "a request that names no algorithm is taken as MD5, and its answer signed with MESSAGE-INTEGRITY alone",
  role = "stun-server",
  type = "V",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local got = lib(t).authenticated(t, c, { plain = true })
    if not got then return end
    if got.code == 401 then
      t:check("RFC8489:9.2.2#a1", false, "a key by MD5 is not taken", got)
      t:check("RFC8489:9.2.4#a6", false, "MESSAGE-INTEGRITY alone is not taken", got)
    end
    if not t:expect(got, { { success = true, clause = "RFC8489:9.2.4#a4" } }, "no password algorithm") then return end
    t:check("RFC8489:9.2.2#a1", true)
    t:check("RFC8489:9.2.4#a6", true)
    t:check("RFC8489:9.2.4#27a", got.integrity == "good" and got.integrity256 == "absent",
      "MESSAGE-INTEGRITY is " .. got.integrity .. ", MESSAGE-INTEGRITY-SHA256 " .. got.integrity256, got)
    for _, name in ipairs { "REALM", "NONCE", "USERNAME", "USERHASH" } do
      t:check("RFC8489:9.2.4#27b", got:attribute(name) == nil, "the answer carries " .. name, got)
    end
  end
}

case {
  id = "stun-server-124",
  title = "each password algorithm that is offered can be chosen",
  role = "stun-server",
  type = "V",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = lib(t).challenge(t, c)
    if not r then return end
    local offered = r:attribute("PASSWORD-ALGORITHMS")
    if not offered then t:skip("the server offers no password algorithms") end
    local any = false
    for _, a in ipairs(offered.algorithms or {}) do
      t:check("RFC8489:18.5#a1", a.algorithm ~= 0, "algorithm 0x0000, which is reserved, is offered", r)
      if a.algorithm == "MD5" or a.algorithm == "SHA-256" then
        any = true
        local got = lib(t).signed(t, c, r, { algorithm = a.algorithm })
        if not got then return end
        if a.algorithm == "SHA-256" and (got.code == 401 or got.kind == "success") then
          t:check("RFC8489:18.5.1.2#a1", got.kind == "success", "a key by SHA-256 is not taken", got)
          t:check("RFC8489:14.12#a2", got.kind == "success", "the key of what was named is not taken", got)
        end
        if t:expect(got, { { success = true, clause = "RFC8489:14.11#a2" } }, a.algorithm) then
          t:check("RFC8489:9.2.4#26", got.integrity256 == "good",
            "under " .. a.algorithm .. " MESSAGE-INTEGRITY-SHA256 is " .. got.integrity256, got)
        end
      end
    end
    if not any then t:skip("the server offers no algorithm that is known") end
  end
}

case {
  id = "stun-server-125",
  title = "where a nonce says that algorithms are offered, half a choice is a bad request before the nonce is stale",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = lib(t).challenge(t, c)
    if not r then return end
    local cookie, bit = lib(t).nonce(r:attribute("NONCE").value)
    if not r:attribute("PASSWORD-ALGORITHMS") or not cookie or not bit then
      t:skip("the server offers no password algorithms")
    end
    local args = r:credentials(t.profile.accounts[1], { without = "PASSWORD-ALGORITHM",
      nonce = r:attribute("NONCE").value:sub(1, 13) .. "made-up-by-the-client" })
    if not args then t:skip("the server offers no algorithm that is known") end
    t:expect(c:request(args), { { error = 400, clause = "RFC8489:9.2.4#a3" } }, "PASSWORD-ALGORITHMS alone")
    t:sanity(c, "RFC8489:9.2.4#a8")
  end
}

case {
  id = "stun-server-126",
  title = "a server for anonymous users says so by bit 1 and takes USERHASH, and USERNAME still",
  role = "stun-server",
  type = "V",
  needs = { "auth-long", "anonymity", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = lib(t).challenge(t, c)
    if not r then return end
    local bits = features(t, r:attribute("NONCE").value)
    if not bits then t:skip("the nonce has no nonce cookie: this is a server of RFC 5389") end
    t:check("RFC8489:9.2.4#8b", bits & 0x400000 ~= 0, "the bit for user name anonymity is not set", r)
    t:check("RFC8489:18.1#a2", bits & 0x7fffff == 0x400000, "it is not bit 1 that is set", r)
    if bits & 0x400000 == 0 then return end
    local got = lib(t).signed(t, c, r)
    if not got or not t:expect(got, { { success = true, clause = "RFC8489:9.2.4#a8" } }, "USERHASH") then return end
    t:check("RFC8489:9.2.4#26", got.integrity256 == "good" or not r:attribute("PASSWORD-ALGORITHMS"),
      "MESSAGE-INTEGRITY-SHA256 is " .. got.integrity256, got)
    got = lib(t).signed(t, c, r, { named = true })
    if got then t:expect(got, { { success = true, clause = "RFC8489:9.2.4#a8" } }, "USERNAME") end
    got = lib(t).signed(t, c, r, { username = "nobody" })
    if got then t:expect(got, { { error = 401, clause = "RFC8489:9.2.4#13" } }, "the hash of an unknown user") end
  end
}

case {
  id = "stun-server-127",
  title = "REALM and NONCE are text that OpaqueString and a quoted string allow",
  role = "stun-server",
  type = "V",
  needs = { "auth-long" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = lib(t).challenge(t, c)
    if not r then return end
    local realm, nonce = r:attribute("REALM").value, r:attribute("NONCE").value
    t:check("RFC8489:14.9#1c", t:opaque(realm) == realm, "OpaqueString would change the realm '" .. realm .. "'", r)
    t:check("RFC8489:14.9#a2", not realm:find('^".*"$'), "the realm has quotes around it", r)
    t:check("RFC8489:14.10#a2", not nonce:find('^".*"$'), "the nonce has quotes around it", r)
  end
}
