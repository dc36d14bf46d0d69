-- What integrity attributes cover, and what may follow them: RFC 8489 sections 9, 14.5, 14.6 and 14.7, under
-- short-term credentials, so that one exchange is enough.

local function ask(t, c, opts)
  return c:request(t:lib("stun").short(t.profile.accounts[1], opts))
end

local SHA1, SHA256 = { "MESSAGE-INTEGRITY" }, { "MESSAGE-INTEGRITY-SHA256" }

case {
  id = "stun-server-321",
  title = "MESSAGE-INTEGRITY of an answer is the HMAC-SHA1 of all before it",
  role = "stun-server",
  type = "V",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { integrity = SHA1 })
    if not t:expect(r, { { success = true, clause = "RFC8489:9.1.3#a3" } }, "right credentials") then return end
    t:check("RFC8489:14.5#a1", r.integrity == "good", "MESSAGE-INTEGRITY is " .. r.integrity, r)
    t:check("RFC8489:14.5#a5", r.integrity ~= "bad", "it does not fit the message before it", r)
    t:check("RFC8489:9.1.3#11", r.integrity == "good", "it does not fit the key of the request", r)
  end
}

case {
  id = "stun-server-322",
  title = "MESSAGE-INTEGRITY-SHA256 of an answer is the whole HMAC-SHA256 of all before it",
  role = "stun-server",
  type = "V",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c)
    if not t:expect(r, { { success = true, clause = "RFC8489:9.1.3#a4" } }, "right credentials") then return end
    local value = t:lib("stun").raw(r.octets, 0x001c)
    local there = t:check("RFC8489:18.3.2#a1", value ~= nil, "no attribute 0x001c, MESSAGE-INTEGRITY-SHA256", r)
    if not there then return end
    t:check("RFC8489:14.6#a1", r.integrity256 == "good", "MESSAGE-INTEGRITY-SHA256 is " .. r.integrity256, r)
    t:check("RFC8489:14.6#a7", r.integrity256 ~= "bad", "it does not fit the message before it", r)
    t:check("RFC8489:14.6#a4", #value == 32, "of 32 octets it has " .. #value, r)
  end
}

case {
  id = "stun-server-323",
  title = "with FINGERPRINT behind it the HMAC-SHA1 is still under the length that ends with itself",
  role = "stun-server",
  type = "V",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { integrity = SHA1, behind = { "FINGERPRINT" } })
    if not t:expect(r, { { success = true, clause = "RFC8489:14.5#a8" } }, "MESSAGE-INTEGRITY, FINGERPRINT") then
      return
    end
    t:check("RFC8489:14.5#a7", #r.octets == r.message.length + 20, "the length is not that of the message", r)
    if r.fingerprint == "absent" then return end -- it may leave FINGERPRINT out
    t:check("RFC8489:14.5#a6", r.integrity == "good",
      "before FINGERPRINT MESSAGE-INTEGRITY is " .. r.integrity, r)
    t:check("RFC8489:14.7#a5", r.fingerprint == "good", "behind MESSAGE-INTEGRITY it is " .. r.fingerprint, r)
  end
}

case {
  id = "stun-server-324",
  title = "with FINGERPRINT behind it the HMAC-SHA256 is still under the length that ends with itself",
  role = "stun-server",
  type = "V",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { behind = { "FINGERPRINT" } })
    if not t:expect(r, { { success = true, clause = "RFC8489:14.6#a10" } },
      "MESSAGE-INTEGRITY-SHA256, FINGERPRINT") then return end
    t:check("RFC8489:14.6#a9", #r.octets == r.message.length + 20, "the length is not that of the message", r)
    if r.fingerprint == "absent" then return end
    t:check("RFC8489:14.6#a8", r.integrity256 == "good",
      "before FINGERPRINT MESSAGE-INTEGRITY-SHA256 is " .. r.integrity256, r)
    t:check("RFC8489:14.7#a5", r.fingerprint == "good", "behind the integrity it is " .. r.fingerprint, r)
  end
}

case {
  id = "stun-server-325",
  title = "what stands behind MESSAGE-INTEGRITY is ignored",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { integrity = SHA1, behind = { { type = 0x7ffe, value = "x" } } })
    t:expect(r, { { success = true, clause = "RFC8489:9#1" } }, "an unknown attribute behind MESSAGE-INTEGRITY")
    local args = t:lib("stun").short(t.profile.accounts[1], { integrity = SHA1 })
    args.attributes[1], args.attributes[2] = args.attributes[2], args.attributes[1]
    r = c:request(args)
    t:expect(r, { { error = 400, clause = "RFC8489:9#1" } }, "USERNAME behind MESSAGE-INTEGRITY")
    t:sanity(c, "RFC8489:9.1.3#a4")
  end
}

case {
  id = "stun-server-326",
  title = "what stands behind MESSAGE-INTEGRITY-SHA256 is ignored",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = ask(t, c, { integrity = SHA256, behind = { { type = 0x7ffe, value = "x" } } })
    t:expect(r, { { success = true, clause = "RFC8489:9#2" } }, "an unknown attribute behind it")
    local args = t:lib("stun").short(t.profile.accounts[1], { integrity = SHA256 })
    args.attributes[1], args.attributes[2] = args.attributes[2], args.attributes[1]
    r = c:request(args)
    t:expect(r, { { error = 400, clause = "RFC8489:9#2" } }, "USERNAME behind MESSAGE-INTEGRITY-SHA256")
    t:sanity(c, "RFC8489:9.1.3#a4")
  end
}

case {
  id = "stun-server-327",
  title = "a message that was changed after it was signed is refused",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local right = t:lib("stun").short(t.profile.accounts[1],
      { extra = { { type = "SOFTWARE", value = "original" } } })
    local sent = c:send(right)
    local function answer(id)
      local r = c:receive { timeout = 5,
        where = function(ev) return ev.message ~= nil and ev.message.transaction == id end }
      if r.message then r.kind = r.message.class end
      return r
    end
    t:expect(answer(sent.message.transaction), { { success = true, clause = "RFC8489:9.1.3#a4" } },
      "the message as it was signed")
    -- under ids of their own, so that no answer that the server remembers fits
    local head, tail = sent.octets:sub(1, 8), sent.octets:sub(21)
    local function changed(id, octets)
      c:send { octets = head .. id .. octets }
      t:expect(answer(id), { { error = 401, clause = "RFC8489:9.1.3#8" } }, id)
    end
    changed("another id..", tail)
    changed("other values", (tail:gsub("original", "Original")))
    changed("another hmac", tail:sub(1, -2) .. string.char(tail:byte(-1) ~ 1))
    t:sanity(c, "RFC8489:9.1.3#a4")
  end
}

case {
  id = "stun-server-328",
  title = "an HMAC-SHA256 cut below 16 octets, or not to a multiple of four, proves nothing",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    local function cut(n, clause)
      t:expect(ask(t, c, { cut256 = n }), {
        { error = 401, clause = clause }, { error = 400, clause = clause },
        { silence = true, clause = clause, verdict = "inconc" } }, "an HMAC-SHA256 of " .. n .. " octets")
    end
    for _, n in ipairs { 4, 12 } do cut(n, "RFC8489:14.6#1a") end
    for _, n in ipairs { 18, 30 } do cut(n, "RFC8489:14.6#1b") end
    t:sanity(c, "RFC8489:9.1.3#a4")
  end
}

case {
  id = "stun-server-329",
  title = "an HMAC-SHA256 cut to 16 octets or more is taken by usages that allow it, refused by the others",
  role = "stun-server",
  type = "X",
  needs = { "auth-short", "accounts" },
  run = function(t)
    local c = t:actor("client", "stun")
    for _, n in ipairs { 16, 20, 28 } do
      local r = ask(t, c, { cut256 = n })
      t:expect(r, { { success = true, clause = "RFC8489:14.6#a1" }, { error = 401, clause = "RFC8489:14.6#a4" },
        { error = 400, clause = "RFC8489:14.6#a4" } }, "an HMAC-SHA256 of " .. n .. " octets")
    end
    local r = ask(t, c)
    t:expect(r, { { success = true, clause = "RFC8489:9.1.3#a4" } }, "all 32 octets")
  end
}
