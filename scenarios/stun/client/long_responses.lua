-- A STUN client with long-term credentials: which responses it follows, RFC 8489 section 9.2.5.

-- Ask for a Binding, and lead the IUT to its first authenticated request. Returns the promise and that request.
local function authenticated(t, lib, s, opts)
  local asked = lib.ask(t, s.addr)
  local first = lib.request(t, s)
  if not first then return nil end
  lib.refuse(s, first, 401, lib.challenge(t, opts))
  local r = lib.request(t, s, lib.not_of(first.message.transaction))
  if not r then return nil end
  return asked, r
end

local code = function(n) return { type = "ERROR-CODE", code = n, reason = "" } end

-- After what has to be dropped: the request comes again, and its right answer is taken.
local function goes_on(t, lib, s, asked, r, clause, what)
  local again = s:receive { timeout = 40, where = lib.of(r.message.transaction) }
  if not t:check(clause, again.message ~= nil, what .. ": no retransmission followed", r) then return end
  lib.reply(s, again, lib.signed(again))
  t:expect(asked:wait(60), { { success = true, clause = clause } }, what .. ", then the right response")
end

case {
  id = "stun-client-047",
  title = "a 401 whose nonce tells of algorithms that it does not list is not followed",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-long" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    lib.refuse(s, r, 401, lib.challenge(t, { nonce = lib.nonce { algorithms = true } }))
    t:never(s, 3, lib.not_of(r.message.transaction), "RFC8489:9.2.5#2", "a bid-down was followed")
    lib.fails(t, s, asked, "RFC8489:9.2.5#2", "401 without the PASSWORD-ALGORITHMS that its nonce tells of")
  end
}

case {
  id = "stun-client-048",
  title = "any other response whose nonce tells of algorithms that it does not list is ignored",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-long", "udp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked, r = authenticated(t, lib, s, { nonce = "a1b2" })
    if not asked then return end
    local list, more = lib.signed(r, { code(420), { type = "NONCE", value = lib.nonce { algorithms = true } } })
    more.id, more.class, more.attributes = r.id, "error", list
    s:reply(more)
    goes_on(t, lib, s, asked, r, "RFC8489:9.2.5#14", "a signed 420 whose nonce tells of algorithms")
  end
}

case {
  id = "stun-client-049",
  title = "a 401 to the right credentials is not followed by the same",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-long" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked, r = authenticated(t, lib, s, { nonce = "a1b2" })
    if not asked then return end
    lib.refuse(s, r, 401, lib.challenge(t, { nonce = "a1b2" }))
    t:never(s, 3, function(ev) return lib.not_of(r.message.transaction)(ev) and ev:attribute("REALM") ~= nil end,
      "RFC8489:9.2.5#11", "the same credentials were sent again")
    lib.fails(t, s, asked, "RFC8489:9.2.5#11", "401 to authenticated requests")
  end
}

case {
  id = "stun-client-050",
  title = "a 400 without integrity is as if it had not come",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-long", "udp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked, r = authenticated(t, lib, s, { nonce = "a1b2" })
    if not asked then return end
    s:reply { id = r.id, class = "error", attributes = { code(400) } }
    goes_on(t, lib, s, asked, r, "RFC8489:9.2.5#15", "an unsigned 400")
  end
}

case {
  id = "stun-client-051",
  title = "over UDP a response with a wrong integrity value, or none, is as if it had not come",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-long", "udp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked, r = authenticated(t, lib, s, { nonce = "a1b2" })
    if not asked then return end
    s:reply { id = r.id, class = "error", attributes = lib.forged(r, { code(420) }) }
    s:reply { id = r.id, class = "error", attributes = { code(420) } }
    goes_on(t, lib, s, asked, r, "RFC8489:9.2.5#16", "a forged and an unsigned 420")
  end
}

case {
  id = "stun-client-052",
  title = "where all responses were forged, that is told: it was no timeout",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-long", "udp", "tells" },
  tags = { "slow" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked, r = authenticated(t, lib, s, { nonce = "a1b2" })
    if not asked then return end
    s:reply { id = r.id, attributes = lib.forged(r) }
    local said = asked:wait(700)
    t:check("RFC8489:9.2.5#17", said.kind == "failed",
      "all responses had wrong integrity values, and the IUT says '" .. said.kind .. "'", r)
  end
}

case {
  id = "stun-client-053",
  title = "over a stream a response without integrity ends the transaction at once, and is told as such",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-long", "tcp", "tells" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked, r = authenticated(t, lib, s, { nonce = "a1b2" })
    if not asked then return end
    lib.reply(s, r)
    local said = asked:wait(5)
    t:check("RFC8489:9.2.5#18a", said.kind ~= "success", "an unsigned response is taken", r)
    if not t:check("RFC8489:9.2.5#18b", said.kind ~= "hung", "5 s later the transaction has not ended", r) then
      return
    end
    if said.kind ~= "success" then
      t:check("RFC8489:9.2.5#18c", said.kind == "failed", "the IUT says '" .. said.kind .. "'", r)
    end
  end
}

case {
  id = "stun-client-067",
  title = "a 400 without integrity is not told to the user: the transaction times out",
  role = "stun-client",
  type = "T",
  needs = { "ask", "auth-long", "udp", "tells" },
  tags = { "slow" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked, r = authenticated(t, lib, s, { nonce = "a1b2" })
    if not asked then return end
    s:reply { id = r.id, class = "error", attributes = { code(400) } }
    local said = asked:wait(700)
    t:check("RFC8489:9.2.5#a2", said.kind == "timeout", "the IUT says '" .. said.kind .. "'", r)
  end
}
