-- Allocate, as a client asks for it: RFC 8656 sections 5 and 7.1.

local function lib(t) return t:lib("turn") end

case {
  id = "turn-client-001",
  title = "an Allocate request asks for UDP, with reserved bits that are zero",
  role = "turn-client",
  type = "V",
  needs = { "ask" },
  run = function(t)
    local s = lib(t).server(t)
    local r = s:signed()
    if not r then return end
    local a = r:attribute("REQUESTED-TRANSPORT")
    if not t:check("RFC8656:7.1#4", a ~= nil, "no REQUESTED-TRANSPORT", r) then return end
    t:check("RFC8656:7.1#a1", a.value == 17, "it asks for protocol " .. tostring(a.value), r)
    t:check("RFC8656:18.8#a2", a.value == 17, "it names protocol " .. tostring(a.value), r)
    t:check("RFC8656:18.8#1a", (a.reserved or 0) == 0, "its reserved bits are not zero", r)
    s:grant(r)
  end
}

case {
  id = "turn-client-002",
  title = "after a challenge the request comes again with user name, realm and nonce, signed, in a new transaction",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    local asked = s:ask()
    local first = s:first()
    if not first then return end
    s:challenge(first, 401, "the-nonce-of-the-case")
    local id = first.message.transaction
    local r
    repeat r = s:request() until not r.message or r.message.transaction ~= id
    if not t:check("RFC8656:5#1b", r.message ~= nil, "no request follows the challenge", r) then return end
    local nonce = r:attribute("NONCE")
    t:check("RFC8489:9.2.5#3", nonce and nonce.value == "the-nonce-of-the-case",
      "the nonce is not that of the challenge", r)
    t:check("RFC8489:9.2.5#7", r.integrity == "good" or r.integrity256 == "good",
      "it is not signed by the account's key", r)
    s:grant(r)
    t:expect(asked:wait(60), { { success = true, clause = "RFC8656:7.3#1" } }, "a signed Allocate success response")
  end
}

case {
  id = "turn-client-003",
  title = "what follows an allocation comes from the same port and the same user",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    local said, r = s:allocate()
    if not said then return end
    local seen = s:serve()
    local peer = "192.0.2.33:7000"
    t:ask_start("permit", { peer = peer }):wait(60)
    t:ask_start("bind", { peer = peer }):wait(60)
    t:ask_start("refresh"):wait(60)
    if not t:check("RFC8656:5#a4", seen.n > 0, "nothing follows the allocation that a user asked about") then return end
    local name = r:attribute("USERNAME") or r:attribute("USERHASH")
    for _, later in ipairs(seen) do
      local now = later:attribute("USERNAME") or later:attribute("USERHASH")
      t:check("RFC8656:3.2#a1", later.from == r.from, "a request comes on another 5-tuple", later)
      t:check("RFC8656:7.3#a2", later.from == r.from,
        "a request comes from " .. tostring(later.from) .. ", not from " .. tostring(r.from), later)
      t:check("RFC8656:5#a4", now and now.value == name.value, "a request is of another user", later)
    end
  end
}

case {
  id = "turn-client-004",
  title = "Allocate and Refresh requests carry SOFTWARE",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    local said, r = s:allocate()
    if not said then return end
    t:check("RFC8656:5#8a", r:attribute("SOFTWARE") ~= nil, "no SOFTWARE in Allocate", r)
    local seen = s:serve()
    t:ask_start("refresh"):wait(60)
    local again = seen.refresh and seen.refresh[1]
    if again then t:check("RFC8656:5#8a", again:attribute("SOFTWARE") ~= nil, "no SOFTWARE in Refresh", again) end
  end
}

case {
  id = "turn-client-005",
  title = "families are asked for by one attribute alone, and both by that for IPv6",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-families" },
  run = function(t)
    for _, family in ipairs { 4, 6, 46 } do
      local s = lib(t).server(t)
      local r, asked = s:signed(nil, { family = family })
      if not r then return end
      local one, more = r:attributes("REQUESTED-ADDRESS-FAMILY"), r:attributes("ADDITIONAL-ADDRESS-FAMILY")
      t:check("RFC8656:7.1#5", #one <= 1, "several REQUESTED-ADDRESS-FAMILY", r)
      t:check("RFC8656:7.1#8", #one == 0 or #more == 0, "both REQUESTED- and ADDITIONAL-ADDRESS-FAMILY", r)
      for _, a in ipairs(more) do
        t:check("RFC8656:7.1#7", a.value == 2, "ADDITIONAL-ADDRESS-FAMILY is " .. tostring(a.value), r)
      end
      t:check("RFC8656:7.1#a3", #more == 0 or family == 46, "it asks for both families unasked", r)
      local want = family == 6 and 2 or 1
      for _, a in ipairs(one) do
        t:check("RFC8656:7.1#a2", family == 46 or a.value == want, "it asks for the other family", r)
        t:check("RFC8656:18.6#1a", (a.reserved or 0) == 0, "reserved bits of REQUESTED-ADDRESS-FAMILY are set", r)
      end
      s:grant(r, { relayed = family == 6 and "[2001:db8::15]:50000" or "192.0.2.15:50000" })
      asked:wait(60)
    end
  end
}

case {
  id = "turn-client-006",
  title = "a reserved port is asked for by its token alone",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-pairs" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = s:signed(nil, { pair = true })
    if not r then return end
    local even = r:attribute("EVEN-PORT")
    t:check("RFC8656:18.7#a2", even == nil or even.value & 0x80 ~= 0, "the top bit of EVEN-PORT is not set", r)
    if not t:check("RFC8656:7.1#a5", even and even.value & 0x80 ~= 0, "no EVEN-PORT with the R bit", r) then return end
    t:check("RFC8656:18.7#a3", even.value & 0x7f == 0, "the other bits of EVEN-PORT are set", r)
    t:check("RFC8656:7.1#10", not r:attribute("ADDITIONAL-ADDRESS-FAMILY"), "ADDITIONAL-ADDRESS-FAMILY beside it", r)
    s:grant(r, { token = "8 octets" })
    if not t:expect(asked:wait(60), { { success = true, clause = "RFC8656:7.3#1" } }, "the first of two ports") then
      return
    end
    local other = s:signed(nil, { token = "8 octets" })
    if not other then return end
    local token = other:attribute("RESERVATION-TOKEN")
    t:check("RFC8656:7.1#14", not other:attribute("EVEN-PORT"), "EVEN-PORT beside RESERVATION-TOKEN", other)
    t:check("RFC8656:7.1#6", not other:attribute("REQUESTED-ADDRESS-FAMILY"),
      "REQUESTED-ADDRESS-FAMILY beside RESERVATION-TOKEN", other)
    t:check("RFC8656:7.1#9", not other:attribute("ADDITIONAL-ADDRESS-FAMILY"),
      "ADDITIONAL-ADDRESS-FAMILY beside RESERVATION-TOKEN", other)
    t:check("RFC8656:18.10#a1", token and token.length == 8, "RESERVATION-TOKEN is not of 8 octets", other)
    s:grant(other, { relayed = "192.0.2.15:50001" })
  end
}

case {
  id = "turn-client-007",
  title = "a second allocation is made from another port",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-several" },
  run = function(t)
    local s = lib(t).server(t)
    local said, first = s:allocate()
    if not said then return end
    local second = s:signed()
    if not second then return end
    t:check("RFC8656:3.2#a2", second.from ~= first.from, "both stand on one 5-tuple", second)
    t:check("RFC8656:7.1#1", second.from ~= first.from, "both come from " .. tostring(first.from), second)
    s:grant(second, { relayed = "192.0.2.15:50002" })
  end
}

case {
  id = "turn-client-034",
  title = "after 420 for DONT-FRAGMENT the request does not come again with it",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-df" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = s:signed(nil, { dont_fragment = true })
    if not r then return end
    if not r:attribute("DONT-FRAGMENT") then t:skip("it asks for no DONT-FRAGMENT") end
    s:refuse(r, 420, { { type = "UNKNOWN-ATTRIBUTES", types = { "DONT-FRAGMENT" } } })
    local again = s:request("allocate", 5)
    t:check("RFC8656:7.4#a1", not again.message or not again:attribute("DONT-FRAGMENT"),
      "it asks again with DONT-FRAGMENT", again)
    if again.message then s:grant(again) end
    asked:wait(60)
  end
}

case {
  id = "turn-client-038",
  title = "an allocation with an address of a family that was not asked for is deleted",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-families" },
  run = function(t)
    local s = lib(t).server(t)
    local r = s:signed(nil, { family = 4 })
    if not r then return end
    s:grant(r, { relayed = "[2001:db8::15]:50000" })
    local gone = s:request("refresh", 5)
    local a = gone.message and gone:attribute("LIFETIME")
    t:check("RFC8656:7.3#2a", a and a.value == 0, "no Refresh request with LIFETIME 0 follows", gone)
    if gone.message then s:success(gone, { { type = "LIFETIME", value = 0 } }) end
  end
}

case {
  id = "turn-client-070",
  title = "of MD5 and SHA-256 a client takes SHA-256",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "password-algorithms" },
  run = function(t)
    local s = lib(t).server(t)
    s:ask()
    local first = s:first()
    if not first then return end
    local nonce = t:lib("stun").client.nonce { algorithms = true }
    s:refuse(first, 401, t:lib("stun").client.challenge(t, { nonce = nonce, algorithms = { "MD5", "SHA-256" } }))
    local id = first.message.transaction
    local r
    repeat r = s:request("allocate") until not r.message or r.message.transaction ~= id
    local chosen = r.message and r:attribute("PASSWORD-ALGORITHM")
    t:check("RFC8656:6#3", chosen and chosen.algorithm == "SHA-256",
      "PASSWORD-ALGORITHM is " .. tostring(chosen and chosen.algorithm), r)
    t:check("RFC8489:9.2.5#7", r.integrity == "good" or r.integrity256 == "good", "it is not signed by that key", r)
    if r.message then s:refuse(r, 400) end
  end
}

case {
  id = "turn-client-071",
  title = "DONT-FRAGMENT stands in Send indications only where it stood in the Allocate request",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-df" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = s:signed(nil, { dont_fragment = true })
    if not r then return end
    local had = r:attribute("DONT-FRAGMENT") ~= nil
    s:grant(r)
    asked:wait(60)
    s:serve()
    t:ask_start("send", { peer = "192.0.2.33:7000", data = "whole", indication = true })
    local got = s:data(5)
    if got.via ~= "indication" then t:skip("it sends no Send indications") end
    t:check("RFC8656:7.1#12", had or not got.event:attribute("DONT-FRAGMENT"),
      "it was not in the Allocate request", got.event)
  end
}

case {
  id = "turn-client-072",
  title = "a lifetime that is wanted is asked for by LIFETIME",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-lifetime" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate { lifetime = 1200 } then return end
    t:ask_start("refresh", { lifetime = 900 })
    local again = s:request("refresh", 5)
    local a = again.message and again:attribute("LIFETIME")
    t:check("RFC8656:8.1#a6", a and a.value == 900, "LIFETIME is " .. tostring(a and a.value), again)
    local family = again.message and again:attribute("REQUESTED-ADDRESS-FAMILY")
    t:check("RFC8656:8.1#1", not family or family.value == 1, "it names a family that was not allocated", again)
    if again.message then s:success(again, { { type = "LIFETIME", value = 900 } }) end
  end
}

case {
  id = "turn-client-066",
  title = "a client of RFC 6156 names no family in Refresh requests",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-families", "turn-rfc6156" }, -- RFC8656:8.1#1 lets it name one
  run = function(t)
    for _, family in ipairs { 4, 6 } do
      local s = lib(t).server(t)
      local relayed = family == 6 and "[2001:db8::15]:50000" or "192.0.2.15:50000"
      if not s:allocate { ask = { family = family }, relayed = relayed } then return end
      for _, verb in ipairs { "refresh", "release" } do
        local asked = t:ask_start(verb)
        local r = s:request("refresh", 10)
        if not r.message then break end
        t:check("RFC6156:5.1#1", not r:attribute("REQUESTED-ADDRESS-FAMILY"), "it names a family", r)
        s:success(r, { { type = "LIFETIME", value = verb == "release" and 0 or 600 } })
        asked:wait(60)
      end
    end
  end
}
