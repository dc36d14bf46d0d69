-- Long-term credentials and redirection: RFC 8489 sections 9.2 and 10.

local function challenge(t, c) return t:lib("stun").challenge(t, c) end
local function signed(t, c, r, opts) return t:lib("stun").signed(t, c, r, opts) end

case {
  id = "stun-server-101",
  title = "a request without credentials is challenged with 401, REALM and NONCE",
  role = "stun-server",
  type = "V",
  needs = { "auth-long" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    t:expect(r, { { error = 401, clause = "RFC8489:9.2.4#2" } }, "a request without credentials")
    if r.code ~= 401 then return end
    t:check("RFC8489:9.2.4#3", r:attribute("REALM") ~= nil, "no REALM", r)
    t:check("RFC8489:9.2.4#4", r:attribute("NONCE") ~= nil, "no NONCE", r)
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
    local ok = r and signed(t, c, r)
    local served = { { success = true, clause = "RFC8489:9.2.4#a8" } }
    if not ok or not t:expect(ok, served, "right credentials") then return end
    if r:attribute("PASSWORD-ALGORITHMS") then
      t:check("RFC8489:9.2.4#26", ok.integrity256 == "good",
        "MESSAGE-INTEGRITY-SHA256 under the key of the request is " .. ok.integrity256, ok)
    else
      t:check("RFC8489:9.2.4#27a", ok.integrity == "good" and ok.integrity256 == "absent",
        "MESSAGE-INTEGRITY under the key of the request is " .. ok.integrity, ok)
    end
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
    local got = r and signed(t, c, r, { password = "not the password" })
    if not got then return end
    if got.kind == "success" then
      t:check("RFC8489:9.2.4#19", false, "a request with a wrong password was served", got)
      return
    end
    if not t:expect(got, { { error = 401, clause = "RFC8489:9.2.4#20" } }, "a wrong password") then return end
    t:check("RFC8489:9.2.4#21a", got:attribute("REALM") ~= nil and got:attribute("NONCE") ~= nil,
      "REALM or NONCE is missing", got)
    t:sanity(c, "RFC8489:9.2.4#a8")
  end
}

case {
  id = "stun-server-104",
  title = "a nonce that is not valid any more is answered by 438 with one that is",
  role = "stun-server",
  type = "I",
  needs = { "auth-long", "accounts", "nonce-lifetime" },
  run = function(t)
    local c = t:actor("client", "stun")
    local life = t.profile.timers.nonce_s
    if not t.sim and life > 10 then t:skip("a nonce lives " .. life .. " s: too long to wait for") end
    local r = challenge(t, c)
    if not r then return end
    t:pass(life + 2)
    local stale = c:request(r:credentials(t.profile.accounts[1]))
    if not t:expect(stale, { { error = 438, clause = "RFC8489:9.2.4#22" } }, "a nonce of long ago") then return end
    t:check("RFC8489:9.2.4#23a", stale:attribute("NONCE") and stale:attribute("REALM") and
      (stale:attribute("PASSWORD-ALGORITHMS") or not r:attribute("PASSWORD-ALGORITHMS")),
      "NONCE, REALM or PASSWORD-ALGORITHMS is missing", stale)
    if not stale:attribute("NONCE") then return end
    local again = c:request(stale:credentials(t.profile.accounts[1]))
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
      if not args then return end
      local got = c:request(args)
      if t:expect(got, { { error = 400, clause = "RFC8489:9.2.4#10" } }, "no " .. name) then
        t:check("RFC8489:9.2.4#a2", not got:attribute("MESSAGE-INTEGRITY") and
          not got:attribute("MESSAGE-INTEGRITY-SHA256"), "the 400 is signed", got)
        t:check("RFC8489:9.2.4#11", not got:attribute("NONCE") and not got:attribute("REALM"),
          "the 400 carries NONCE or REALM", got)
      end
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
    local nx, ny = x:attribute("NONCE").value, y:attribute("NONCE").value
    if nx ~= ny then
      t:check("RFC8489:9.2.4#5", true)
    elseif t:lib("stun").nonce(nx) then
      t:check("RFC8489:9.2.4#5", false,
        "clients at " .. x["local"] .. " and " .. y["local"] .. " got the same nonce", y)
    else -- RFC 5389 did not forbid it, and the nonce does not say that this is a server of RFC 8489
      t:inconc("RFC8489:9.2.4#5", "two clients got the same nonce, which has no nonce cookie: RFC 5389 allowed that", y)
    end
  end
}

case {
  id = "stun-server-108",
  title = "where password algorithms are offered, half a choice, another list or another algorithm is a bad request",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = challenge(t, c)
    if not r then return end
    local offered = r:attribute("PASSWORD-ALGORITHMS")
    local cookie, bit = t:lib("stun").nonce(r:attribute("NONCE").value)
    if offered then
      t:check("RFC8489:9.2.4#7", cookie and bit, "PASSWORD-ALGORITHMS, but the nonce does not have its bit", r)
    end
    if not offered or not offered.algorithms or not bit then
      if not offered then t:skip("the server offers no password algorithms") end
      return
    end
    local function bad(clause, what, opts)
      local args = r:credentials(t.profile.accounts[1], opts)
      if args then t:expect(c:request(args), { { error = 400, clause = clause } }, what) end
    end
    bad("RFC8489:9.2.4#12a", "PASSWORD-ALGORITHMS alone", { without = "PASSWORD-ALGORITHM" })
    bad("RFC8489:9.2.4#12a", "PASSWORD-ALGORITHM alone", { without = "PASSWORD-ALGORITHMS" })
    bad("RFC8489:9.2.4#12b", "another list", { algorithms = { { algorithm = "MD5" }, { algorithm = "MD5" } } })
    bad("RFC8489:9.2.4#12c", "an algorithm that is not in the list", { algorithm = 0x7777 })
  end
}
