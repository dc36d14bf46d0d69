-- A STUN client with long-term credentials: what it sends, RFC 8489 sections 9.2.3 and 9.2.5.

local SHA1, SHA256 = "MESSAGE-INTEGRITY", "MESSAGE-INTEGRITY-SHA256"

-- Ask for a Binding and challenge its first request by 401. Returns the promise, that request, and the next
-- one; nil where none comes, which is checked against `clause`.
local function challenged(t, lib, s, opts, clause)
  local asked = lib.ask(t, s.addr)
  local first = lib.request(t, s)
  if not first then return nil end
  lib.refuse(s, first, 401, lib.challenge(t, opts))
  local r = s:receive { timeout = 5, where = function(ev)
    return lib.is_request(ev) and ev:attribute("NONCE") ~= nil or lib.not_of(first.message.transaction)(ev)
  end }
  if not r.message then
    t:check(clause, false, "no request followed on a challenge", first)
    t:check("RFC8489:6.3.4#a3", false, "a challenge is taken for a failure", first)
    return nil
  end
  return asked, first, r
end

case {
  id = "stun-client-040",
  title = "the first request to a server has nothing of authentication in it",
  role = "stun-client",
  type = "V",
  needs = { "ask", "auth-long" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    for _, type in ipairs { "USERNAME", "USERHASH", SHA1, SHA256, "REALM", "NONCE", "PASSWORD-ALGORITHMS",
      "PASSWORD-ALGORITHM" } do
      t:check("RFC8489:9.2.3.1#1", r:attribute(type) == nil, "the first request has " .. type, r)
    end
    t:check("RFC8489:9.2.3.1#a1", r.integrity == "absent" and r.integrity256 == "absent",
      "the first request is signed", r)
    lib.reply(s, r)
    asked:wait(60)
  end
}

case {
  id = "stun-client-041",
  title = "after 401 the request is sent again, in a new transaction, as the challenge asks",
  role = "stun-client",
  type = "V",
  needs = { "ask", "auth-long" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local account = t.profile.accounts[1]
    local asked, first, r = challenged(t, lib, s, { nonce = "f//499k954d6OL34oL9FSTvy64sA" }, "RFC8489:9.2.5#3")
    if not asked then return end
    t:check("RFC8489:6.3.4#a3", true) -- not a failure, as 4xx is by itself
    t:check("RFC8489:9.2.5#3", r.message.transaction ~= first.message.transaction, "it is the same transaction", r)
    local name, realm, nonce = r:attribute("USERNAME"), r:attribute("REALM"), r:attribute("NONCE")
    t:check("RFC8489:9.2.5#4", name ~= nil or r:attribute("USERHASH") ~= nil, "it has no user name", r)
    t:check("RFC8489:9.2.5#5b", r:attribute("USERHASH") == nil, "it has USERHASH, which nobody asked for", r)
    t:check("RFC8489:9.2.5#6", realm ~= nil and realm.value == account.realm, "its REALM is not that of the 401", r)
    t:check("RFC8489:9.2.5#7", nonce ~= nil and nonce.value == "f//499k954d6OL34oL9FSTvy64sA",
      "its NONCE is not that of the 401", r)
    if name then
      t:check("RFC8489:14.3#a1", name.value == account.username, "USERNAME is that of somebody else", r)
    end
    if not name or name.value ~= account.username then return end
    t:check("RFC8489:9.2.2#a1", r.integrity ~= "bad" and r.integrity256 ~= "bad",
      "the key is not the MD5 of name, realm and password", r)
    lib.reply(s, r, lib.signed(r))
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:9.2.5#a1" } }, "a signed success response")
  end
}

case {
  id = "stun-client-042",
  title = "PASSWORD-ALGORITHMS comes back as it was, with the first that the client has, and a key made by it",
  role = "stun-client",
  type = "V",
  needs = { "ask", "auth-long", "password-algorithms" },
  run = function(t)
    local lib = t:lib("stun").client
    for i, order in ipairs { { "SHA-256", "MD5" }, { 0x7777, "MD5", "SHA-256" } } do
      local s = lib.server(t, { auth = "long", name = "server" .. i })
      local offer = { nonce = lib.nonce { algorithms = true }, algorithms = order }
      local asked, _, r = challenged(t, lib, s, offer, "RFC8489:9.2.5#3")
      if not asked then return end
      local back, chosen = r:attribute("PASSWORD-ALGORITHMS"), r:attribute("PASSWORD-ALGORITHM")
      local same = back ~= nil and #back.algorithms == #order
      for k, a in ipairs(order) do same = same and back.algorithms[k].algorithm == a end
      t:check("RFC8489:9.2.5#8", same, "PASSWORD-ALGORITHMS is not that of the 401", r)
      local first = i == 1 and "SHA-256" or "MD5"
      t:check("RFC8489:9.2.5#9", chosen ~= nil and chosen.algorithm == first,
        "PASSWORD-ALGORITHM is not " .. first .. ", the first that it has", r)
      t:check("RFC8489:9.2.5#19", r:attribute(SHA1) == nil and r:attribute(SHA256) ~= nil,
        "it is not signed by " .. SHA256 .. " alone", r)
      if chosen and r:attribute("USERNAME") then
        t:check("RFC8489:14.12#a2", r.integrity256 == "good",
          SHA256 .. " does not fit the key of " .. tostring(chosen.algorithm), r)
      end
      lib.reply(s, r, lib.signed(r))
      asked:wait(60)
    end
  end
}

case {
  id = "stun-client-043",
  title = "where no algorithm of PASSWORD-ALGORITHMS is known, nothing is tried",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-long" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    local offer = { nonce = lib.nonce { algorithms = true }, algorithms = { 0x7777, 0x7778 } }
    lib.refuse(s, r, 401, lib.challenge(t, offer))
    t:never(s, 3, lib.not_of(r.message.transaction), "RFC8489:9.2.5#10", "a request followed, by unknown algorithms")
    lib.fails(t, s, asked, "RFC8489:9.2.5#10", "401 with unknown algorithms alone")
  end
}

case {
  id = "stun-client-044",
  title = "a nonce that asks for it gets USERHASH, and no USERNAME",
  role = "stun-client",
  type = "V",
  needs = { "ask", "auth-long" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local offer = { nonce = lib.nonce { algorithms = true, anonymity = true }, algorithms = { "SHA-256" } }
    local asked, _, r = challenged(t, lib, s, offer, "RFC8489:9.2.5#3")
    if not asked then return end
    local hash = r:attribute("USERHASH")
    t:check("RFC8489:9.2.5#5a", hash ~= nil and r:attribute("USERNAME") == nil, "the user name is not hashed", r)
    t:check("RFC8489:14.4#a1", r:attribute("USERNAME") == nil, "USERNAME is there", r)
    if hash then
      t:check("RFC8489:14.4#a2", #hash.value == 32, "USERHASH has " .. #hash.value .. " octets", r)
      -- the server finds its user by the hash alone, and then the integrity value fits
      t:check("RFC8489:14.4#a3", r.integrity256 == "good", "USERHASH is not that of the user and the realm", r)
    end
    lib.reply(s, r, lib.signed(r))
    asked:wait(60)
  end
}

case {
  id = "stun-client-045",
  title = "a later request uses what the first exchange gave: nonce, realm, name, and how the answer was signed",
  role = "stun-client",
  type = "V",
  needs = { "ask", "auth-long", "udp", "session" },
  run = function(t)
    local lib = t:lib("stun").client
    for i, algorithms in ipairs { false, { "SHA-256", "MD5" } } do
      local s = lib.server(t, { auth = "long", name = "server" .. i })
      local nonce = algorithms and lib.nonce { algorithms = true } or "nonce-of-5389"
      local r = lib.login(t, s, { nonce = nonce, algorithms = algorithms or nil })
      if not r then return end
      local asked = lib.ask(t, s.addr)
      local later = lib.request(t, s, lib.not_of(r.message.transaction))
      if not later then return end
      if not t:check("RFC8489:9.2.3.2#1", later:attribute("REALM") ~= nil or later:attribute(SHA1) ~= nil
        or later:attribute(SHA256) ~= nil, "the credentials of before are not used", later) then
        return
      end
      for _, type in ipairs { "REALM", "NONCE", "PASSWORD-ALGORITHM" } do
        local was, is = r:attribute(type), later:attribute(type)
        if was then
          t:check("RFC8489:9.2.3.2#2", is ~= nil and is.value == was.value and is.algorithm == was.algorithm,
            type .. " is not that of before", later)
        end
      end
      t:check("RFC8489:9.2.3.2#2", later:attribute("USERNAME") ~= nil or later:attribute("USERHASH") ~= nil,
        "it has no user name", later)
      local signed = later:attribute(SHA1) ~= nil or later:attribute(SHA256) ~= nil
      t:check("RFC8489:9.2.3.2#3", signed and later.integrity ~= "bad" and later.integrity256 ~= "bad",
        "it is not signed under the password", later)
      if signed and algorithms then
        t:check("RFC8489:9.2.5#19", later:attribute(SHA1) == nil, "it is not signed by " .. SHA256 .. " alone", later)
      elseif signed then
        t:check("RFC8489:9.2.3.2#a1", later:attribute(SHA1) ~= nil,
          "it is not signed as the first response was, by " .. SHA1, later)
      end
      lib.reply(s, later, lib.signed(later))
      asked:wait(60)
    end
  end
}

case {
  id = "stun-client-046",
  title = "after 438 the request is sent again with the new nonce",
  role = "stun-client",
  type = "V",
  needs = { "ask", "auth-long" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked, first, r = challenged(t, lib, s, { nonce = "old-nonce" }, "RFC8489:9.2.5#3")
    if not asked then return end
    lib.refuse(s, r, 438, lib.challenge(t, { nonce = "new-nonce" }))
    local again = s:receive { timeout = 5, where = function(ev) -- the first one, sent again, may be under way
      return lib.not_of(r.message.transaction)(ev) and lib.not_of(first.message.transaction)(ev)
    end }
    if not t:check("RFC8489:9.2.5#12a", again.message ~= nil, "no request followed on 438", r) then return end
    local nonce = again:attribute("NONCE")
    t:check("RFC8489:9.2.5#12b", nonce ~= nil and nonce.value == "new-nonce", "its NONCE is not that of the 438", again)
    t:check("RFC8489:9.2.5#13", again:attribute("USERNAME") ~= nil or again:attribute("USERHASH") ~= nil,
      "it has no user name", again)
    t:check("RFC8489:9.2.5#13", again:attribute("REALM") ~= nil, "it has no REALM", again)
    t:check("RFC8489:9.2.5#13", again:attribute(SHA1) ~= nil or again:attribute(SHA256) ~= nil,
      "it is not signed", again)
    lib.reply(s, again, lib.signed(again))
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:9.2.5#a1" } }, "a signed success response")
  end
}

-- Challenge the IUT so that its user name comes hashed. Returns the request and the hash in it; nil where the IUT
-- does not come so far, which other cases are about.
local function hashed(t, lib, s, account, realm)
  local asked = lib.ask(t, s.addr, { account = account })
  local first = lib.request(t, s)
  if not first then return nil end
  local offer = { nonce = lib.nonce { algorithms = true, anonymity = true }, algorithms = { "SHA-256" },
    realm = realm }
  lib.refuse(s, first, 401, lib.challenge(t, offer))
  local r = s:receive { timeout = 5, where = lib.not_of(first.message.transaction) }
  local hash = r.message and r:attribute("USERHASH")
  if not hash then return nil end
  lib.reply(s, r, lib.signed(r))
  asked:wait(60)
  return r, hash.value
end

case {
  id = "stun-client-068",
  title = "a user name goes into USERHASH as OpaqueString makes it",
  role = "stun-client",
  type = "V",
  needs = { "ask", "unicode-name", "accounts", "password-algorithms" },
  run = function(t)
    local lib = t:lib("stun").client
    local account
    for _, a in ipairs(t.profile.accounts) do
      if t:opaque(a.username) and t:opaque(a.username) ~= a.username then account = a end
    end
    if not account then t:skip("no account of the profile has a name that OpaqueString changes") end
    local s = lib.server(t, { auth = "long", account = account })
    local r, hash = hashed(t, lib, s, account)
    if not r then t:skip("it sends no USERHASH") end
    local function made_of(name) return hash == t:sha256(name .. ":" .. t:opaque(account.realm)) end
    if made_of(t:opaque(account.username)) then
      t:check("RFC8489:14.4#1a", true)
      t:check("RFC8489:9.2.2#a2", r.integrity256 == "good", "the key is not made of name and password as prepared", r)
    elseif made_of(account.username) then
      t:check("RFC8489:14.4#1a", false, "the name was hashed as its user gave it", r)
    else
      t:check("RFC8489:14.4#a3", false, "USERHASH is not that of the user and the realm", r)
    end
  end
}

case {
  id = "stun-client-069",
  title = "a realm goes into USERHASH as OpaqueString makes it, and into REALM as it came",
  role = "stun-client",
  type = "V",
  needs = { "ask", "auth-long", "accounts", "password-algorithms" },
  run = function(t)
    local lib = t:lib("stun").client
    local account = t.profile.accounts[1]
    local realm = "cafe\u{301}.test" -- which a server should not send (14.9): to refuse it is no fault
    local s = lib.server(t, { auth = "long", account = { username = account.username, password = account.password,
      realm = realm } })
    local r, hash = hashed(t, lib, s, nil, realm)
    if not r then t:skip("it does not answer a challenge whose realm OpaqueString changes by USERHASH") end
    local function made_of(other) return hash == t:sha256(t:opaque(account.username) .. ":" .. other) end
    if made_of(t:opaque(realm)) then
      t:check("RFC8489:14.4#1b", true)
      local back = r:attribute("REALM")
      t:check("RFC8489:9.2.5#6", back ~= nil and back.value == realm, "REALM is not that of the 401", r)
      t:check("RFC8489:9.2.2#a2", r.integrity256 == "good", "the key is not made of the realm as prepared", r)
    elseif made_of(realm) then
      t:check("RFC8489:14.4#1b", false, "the realm was hashed as it came", r)
    else
      t:check("RFC8489:14.4#a3", false, "USERHASH is not that of the user and the realm", r)
    end
  end
}
